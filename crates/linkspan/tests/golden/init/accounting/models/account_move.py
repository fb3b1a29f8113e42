# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    acme_invoice_ids = fields.One2many(
        "acme.account.move",
        "odoo_id",
        string="Acme Invoice Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
