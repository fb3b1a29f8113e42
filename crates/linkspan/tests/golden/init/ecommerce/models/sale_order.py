# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    acme_order_ids = fields.One2many(
        "acme.sale.order",
        "odoo_id",
        string="Acme Order Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
