# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeStockLevel(models.Model):
    """Stock Level of Acme <-> product.product."""

    _name = "acme.stock.level"
    _description = "Acme Stock Level"
    _inherit = "generic.binding"
    _inherits = {"product.product": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "product.product", required=True, ondelete="cascade", index=True
    )
