# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeRecipient(models.Model):
    """Recipient of Acme <-> res.partner."""

    _name = "acme.recipient"
    _description = "Acme Recipient"
    _inherit = "generic.binding"
    _inherits = {"res.partner": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", index=True
    )
