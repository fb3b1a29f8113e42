# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib.convert import take


class AcmeTransferTypeImporter(Component):
    """Imports a Transfer Type that stands inside another record."""

    _name = "acme.transfer_type.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.transfer.type"

    def _match_domain(self, record):
        """The first of these that finds a record."""
        return self._first_match(
            [("sequence_code", "=", self._match_text("code"))],
        )

    def _embedded_id(self, record, parent):
        return take(record, "code")
