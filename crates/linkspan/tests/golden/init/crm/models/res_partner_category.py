# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    acme_tag_ids = fields.One2many(
        "acme.res.partner.category",
        "odoo_id",
        string="Acme Tag Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
