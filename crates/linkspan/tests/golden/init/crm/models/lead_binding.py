# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeLead(models.Model):
    """Lead of Acme <-> crm.lead."""

    _name = "acme.crm.lead"
    _description = "Acme Lead"
    _inherit = "generic.binding"
    _inherits = {"crm.lead": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", index=True)
