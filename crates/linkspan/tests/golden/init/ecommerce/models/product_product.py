# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    acme_product_ids = fields.One2many(
        "acme.product.product",
        "odoo_id",
        string="Acme Product Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
