# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib.expr import digest, join


class AcmeRecipientImporter(Component):
    """Imports a Recipient that stands inside another record."""

    _name = "acme.recipient.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.recipient"

    def _embedded_id(self, record, parent):
        return digest(
            join(
                "|",
                [record["name"], record["street"], record["city"], record["country"]],
            ).lower()
        )
