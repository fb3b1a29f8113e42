# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeInvoice(models.Model):
    """Invoice of Acme <-> account.move."""

    _name = "acme.account.move"
    _description = "Acme Invoice"
    _inherit = "generic.binding"
    _inherits = {"account.move": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "account.move", required=True, ondelete="cascade", index=True
    )
