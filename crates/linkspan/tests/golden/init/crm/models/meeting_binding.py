# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeMeeting(models.Model):
    """Meeting of Acme <-> calendar.event."""

    _name = "acme.calendar.event"
    _description = "Acme Meeting"
    _inherit = "generic.binding"
    _inherits = {"calendar.event": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "calendar.event", required=True, ondelete="cascade", index=True
    )
