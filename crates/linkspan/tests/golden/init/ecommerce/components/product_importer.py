# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeProductImporter(Component):
    _name = "acme.product.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.product.product"
    _version_path = "updated_at"

    def _match_domain(self, record):
        """The first of these that finds a record."""
        return self._first_match(
            [("default_code", "=", self._match_text("sku"))],
        )


class AcmeProductBatchImporter(Component):
    _name = "acme.product.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.product.product"
