# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeLeadExportMapper(Component):
    """Values of crm.lead -> what Acme gets."""

    _name = "acme.lead.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.crm.lead"
    # Both sides may change these: path -> fields that an import makes of it.
    _shared = {
        "expected_close": ["date_deadline"],
        "note": ["description"],
        "value": ["expected_revenue"],
        "title": ["name"],
    }

    direct = [
        (convert_back.date("date_deadline"), "expected_close"),
        ("description", "note"),
        (convert_back.decimal("expected_revenue"), "value"),
        ("name", "title"),
    ]
    # Acme owns these: they go out with new records only.
    direct_on_create = [
        (convert_back.relation("partner_id", "acme.res.partner"), "contact_id"),
    ]


class AcmeLeadExporter(Component):
    _name = "acme.lead.exporter"
    _inherit = ["generic.definition.exporter", "acme.component"]
    _apply_on = "acme.crm.lead"
    _version_path = "updated_at"

    def _export_dependencies(self):
        if not self.binding.external_id:
            self._export_dependency(self.binding.partner_id, "acme.res.partner")


class AcmeLeadBatchExporter(Component):
    _name = "acme.lead.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.crm.lead"
