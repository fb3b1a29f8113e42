# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeOrder(models.Model):
    """Order of Acme <-> sale.order."""

    _name = "acme.sale.order"
    _description = "Acme Order"
    _inherit = "generic.binding"
    _inherits = {"sale.order": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True
    )
