# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class StockPickingType(models.Model):
    _inherit = "stock.picking.type"

    acme_transfer_type_ids = fields.One2many(
        "acme.transfer.type",
        "odoo_id",
        string="Acme Transfer Type Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
