# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert


class AcmeProductImportMapper(Component):
    """Product of Acme -> values of product.product."""

    _name = "acme.product.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.product.product"

    direct = [
        (convert.table("status", {"active": True, "archived": False}), "active"),
        (convert.trim("sku"), "default_code"),
        (convert.decimal("price"), "list_price"),
        (convert.html_to_text("title", required=True), "name"),
        (convert.decimal("weight_kg", optional=True), "weight"),
    ]

    @mapping
    @only_create
    def sale_ok(self, record):
        return {"sale_ok": True}
