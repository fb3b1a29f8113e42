# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    acme_partner_ids = fields.One2many(
        "acme.res.partner",
        "odoo_id",
        string="Acme Partner Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
