# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping
from odoo.addons.generic_connector.lib import convert
from odoo.addons.generic_connector.lib.convert import take
from odoo.addons.generic_connector.lib.expr import decimal, round_half_up


class AcmeOrderImportMapper(Component):
    """Order of Acme -> values of sale.order."""

    _name = "acme.order.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.sale.order"

    direct = [
        ("number", "client_order_ref"),
        (convert.datetime("created_at"), "date_order"),
        (convert.relation("customer_id", "acme.res.partner"), "partner_id"),
    ]

    @mapping
    def order_line(self, record):
        lines = [("order.order_line", take(record, "items"))]
        return self.lines("order_line", lines, removed={"product_uom_qty": 0})


class AcmeOrderOrderLineMapper(Component):
    """A line -> values of sale.order.line."""

    _name = "acme.order.order_line.mapper"
    _inherit = ["generic.definition.line.mapper", "acme.component"]
    _apply_on = "sale.order.line"
    _usage = "order.order_line"

    direct = [
        ("title", "name"),
        (convert.relation("product_id", "acme.product.product"), "product_id"),
        (convert.decimal("quantity"), "product_uom_qty"),
    ]

    @mapping
    def price_unit(self, line):
        value = round_half_up(decimal(line["total"]) / decimal(line["quantity"]), 2)
        return self.put("price_unit", value)
