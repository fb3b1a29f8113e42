# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert


class AcmeMeetingImportMapper(Component):
    """Meeting of Acme -> values of calendar.event."""

    _name = "acme.meeting.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.calendar.event"

    direct = [
        (convert.plain("place", optional=True), "location"),
        (convert.plain("subject", required=True), "name"),
        (convert.relation("lead_id", "acme.crm.lead"), "opportunity_id"),
        (convert.datetime("starts_at"), "start"),
        (convert.datetime("ends_at"), "stop"),
    ]
