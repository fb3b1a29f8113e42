# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeMeetingImporter(Component):
    _name = "acme.meeting.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.calendar.event"
    _version_path = "updated_at"


class AcmeMeetingBatchImporter(Component):
    _name = "acme.meeting.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.calendar.event"
