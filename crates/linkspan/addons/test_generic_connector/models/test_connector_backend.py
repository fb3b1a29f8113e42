# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class TestConnectorBackend(models.Model):
    _name = "test.connector.backend"
    _description = "Test Connector Backend"
    _inherit = "generic.backend.mixin"
    _inherits = {"generic.backend": "generic_backend_id"}

    generic_backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )

    @api.model
    def _sync_entities(self):
        return super()._sync_entities() + ["categories", "partners"]

    def sync_categories(self):
        return self._run_sync("categories")

    def _sync_categories_implementation(self):
        with self.work_on("test.connector.category") as work:
            return work.component(usage="batch.importer").run()

    def sync_partners(self):
        return self._run_sync("partners")

    def _sync_partners_implementation(self):
        with self.work_on("test.connector.partner") as work:
            return work.component(usage="batch.importer").run()

    def export_res_partner(self, record_ids):
        return self._export_to_bindings("test.connector.partner", record_ids)

    @api.model
    def _export_models(self):
        return super()._export_models() + ["test.connector.partner"]

    @api.model
    def _webhook_handlers(self):
        return {**super()._webhook_handlers(), "partner.updated": "_on_partner"}

    def _on_partner(self, webhook):
        external_id = webhook.payload_json()["id"]
        self.env["test.connector.partner"]._delay_import(self, external_id)
