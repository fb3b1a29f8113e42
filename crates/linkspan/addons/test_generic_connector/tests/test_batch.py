# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields
from odoo.tests import tagged

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestBatch(TestConnectorCase):
    def checkpoint(self, model_name):
        return self.env["generic.checkpoint"].search([("model_name", "=", model_name)])

    def test_a_page_becomes_jobs_and_the_next_page_a_job(self):
        self.server.answer([{"id": 1}, {"id": 2}])
        self.backend.sync_partners()
        imports = self.jobs("import_record")
        self.assertEqual([job.args[1] for job in imports], ["1", "2"])
        self.assertTrue(all(imports.mapped("identity_key")))
        self.assertEqual(set(imports.mapped("channel")), {"root.connector.import"})
        next_page = self.jobs("import_batch")
        self.assertEqual(next_page.kwargs["cursor"], 2)
        self.assertFalse(self.checkpoint(self.partners._name))

    def test_the_checkpoint_moves_after_the_last_page_to_the_begin_of_the_walk(self):
        self.server.answer([{"id": 3}])
        began = "2026-02-03 04:05:06"
        self.partners.import_batch(self.backend, cursor=2, started_at=began)
        since = self.checkpoint(self.partners._name).since
        self.assertEqual(fields.Datetime.to_string(since), began)

    def test_the_next_import_asks_for_what_changed_since_less_the_overlap(self):
        self.env["generic.checkpoint"]._move(
            self.backend.generic_backend_id,
            self.partners._name,
            fields.Datetime.to_datetime("2026-02-03 04:05:06"),
        )
        self.server.answer([])
        self.backend.sync_partners()
        self.assertIn("since=2026-02-03+04%3A00%3A06", self.server.requests[0]["path"])

    def test_one_bad_record_does_not_stop_the_others(self):
        self.server.answer([{"id": 1}])
        self.server.answer({"error": "no"}, status=422)
        self.backend.sync_categories()
        failure = self.failures()
        self.assertEqual((failure.record_key, failure.error_class), ("1", "data"))
        self.server.answer([{"id": 1}, {"id": 2}])
        self.server.answer({"error": "no"}, status=422)
        self.server.answer({"id": 2, "name": "Engineers"})
        self.backend.sync_categories()
        category = self.env["test.connector.category"].search([])
        self.assertEqual(category.mapped("external_id"), ["2"])
        self.assertEqual(failure.attempts, 2)

    def test_batch_export_queues_what_has_not_gone_out(self):
        binding = self.partners.create({"backend_id": self.backend.id, "name": "Ada"})
        self.partners.create(
            {"backend_id": self.backend.id, "name": "Bo", "no_export": True}
        )
        with self.backend.work_on(self.partners._name) as work:
            self.assertEqual(work.component(usage="batch.exporter").run(), 1)
        self.assertEqual(self.jobs("_export_to_external").records, binding)
