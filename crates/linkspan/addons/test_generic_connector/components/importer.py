# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class TestConnectorCategoryImporter(Component):
    _name = "test.connector.category.importer"
    _inherit = ["generic.definition.importer", "test.connector.component"]
    _apply_on = "test.connector.category"


class TestConnectorPartnerImporter(Component):
    _name = "test.connector.partner.importer"
    _inherit = ["generic.importer", "test.connector.component"]
    _apply_on = "test.connector.partner"
    _version_path = "updated_at"

    def _import_dependencies(self):
        self._import_dependency(
            self.external_record.get("category"), "test.connector.category"
        )

    def _match_domain(self, record):
        return [("email", "=", record["email"])] if record.get("email") else []


class TestConnectorCategoryBatchImporter(Component):
    """Imports the records of a page in the job of the page."""

    _name = "test.connector.category.batch.importer"
    _inherit = ["generic.batch.importer", "test.connector.component"]
    _apply_on = "test.connector.category"
    _delayed = False


class TestConnectorPartnerBatchImporter(Component):
    _name = "test.connector.partner.batch.importer"
    _inherit = ["generic.batch.importer", "test.connector.component"]
    _apply_on = "test.connector.partner"
