# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeTagImporter(Component):
    _name = "acme.tag.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.res.partner.category"

    def _match_domain(self, record):
        """The first of these that finds a record."""
        return self._first_match(
            [("name", "=", self._match_text("name"))],
        )


class AcmeTagBatchImporter(Component):
    _name = "acme.tag.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.res.partner.category"
    # Acme cannot tell what changed: every import walks the whole list.
    _incremental = False
