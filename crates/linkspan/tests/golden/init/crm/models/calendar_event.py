# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    acme_meeting_ids = fields.One2many(
        "acme.calendar.event",
        "odoo_id",
        string="Acme Meeting Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
