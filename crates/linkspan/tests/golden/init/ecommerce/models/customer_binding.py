# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeCustomer(models.Model):
    """Customer of Acme <-> res.partner."""

    _name = "acme.res.partner"
    _description = "Acme Customer"
    _inherit = "generic.binding"
    _inherits = {"res.partner": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", index=True
    )
