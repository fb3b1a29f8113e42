# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    acme_shipment_ids = fields.One2many(
        "acme.stock.picking",
        "odoo_id",
        string="Acme Shipment Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
