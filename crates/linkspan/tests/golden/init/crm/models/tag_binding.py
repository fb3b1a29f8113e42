# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeTag(models.Model):
    """Tag of Acme <-> res.partner.category."""

    _name = "acme.res.partner.category"
    _description = "Acme Tag"
    _inherit = "generic.binding"
    _inherits = {"res.partner.category": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "res.partner.category", required=True, ondelete="cascade", index=True
    )
