# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeContactImporter(Component):
    _name = "acme.contact.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.res.partner"
    _version_path = "updated_at"

    def _match_domain(self, record):
        """The first of these that finds a record."""
        return self._first_match(
            [("email_normalized", "=", self._match_text("email").lower())],
        )


class AcmeContactBatchImporter(Component):
    _name = "acme.contact.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.res.partner"
