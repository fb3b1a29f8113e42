# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    acme_payment_ids = fields.One2many(
        "acme.account.payment",
        "odoo_id",
        string="Acme Payment Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
