# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib.errors import GoneError


class TestConnectorPartnerExporter(Component):
    _name = "test.connector.partner.exporter"
    _inherit = ["generic.record.exporter", "test.connector.component"]
    _apply_on = "test.connector.partner"
    _version_path = "updated_at"

    def _export_dependencies(self):
        self._export_dependency(self.binding.parent_id, self.model._name)

    def _look_up(self, data, key):
        try:
            return self.component(usage="backend.adapter").get(f"keys/{key}")["id"]
        except GoneError:
            return None


class TestConnectorPartnerBatchExporter(Component):
    _name = "test.connector.partner.batch.exporter"
    _inherit = ["generic.batch.exporter", "test.connector.component"]
    _apply_on = "test.connector.partner"


class TestConnectorCategoryExporter(Component):
    """An exporter as ``linkspan init`` writes them."""

    _name = "test.connector.category.exporter"
    _inherit = ["generic.definition.exporter", "test.connector.component"]
    _apply_on = "test.connector.category"
