# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmePayment(models.Model):
    """Payment of Acme <-> account.payment."""

    _name = "acme.account.payment"
    _description = "Acme Payment"
    _inherit = "generic.binding"
    _inherits = {"account.payment": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "account.payment", required=True, ondelete="cascade", index=True
    )
