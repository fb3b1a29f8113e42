# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeLeadExportMapper(Component):
    """Values of crm.lead -> what Acme gets.

    Made by rules that have no way back, and not sent: priority, type.
    """

    _name = "acme.lead.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.crm.lead"

    direct = [
        (convert_back.date("date_deadline"), "expected_close"),
        ("description", "note"),
        (convert_back.decimal("expected_revenue"), "value"),
        ("name", "title"),
        (convert_back.relation("partner_id", "acme.res.partner"), "contact_id"),
    ]


class AcmeLeadExporter(Component):
    _name = "acme.lead.exporter"
    _inherit = ["generic.record.exporter", "acme.component"]
    _apply_on = "acme.crm.lead"
    _version_path = "updated_at"


class AcmeLeadBatchExporter(Component):
    _name = "acme.lead.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.crm.lead"
