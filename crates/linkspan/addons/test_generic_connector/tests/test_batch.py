# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import nullcontext
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.generic_connector.lib import errors

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
        self.assertEqual(next_page.kwargs["cursor"].split("/")[0], "2")
        self.assertTrue(next_page.identity_key)
        self.assertLess(next_page.priority, min(imports.mapped("priority")))
        self.assertFalse(self.checkpoint(self.partners._name))

    def test_no_second_walk_begins_while_pages_of_the_first_are_to_come(self):
        self.server.answer([{"id": 1}, {"id": 2}])
        self.backend.sync_partners()
        for _cron in range(2):
            self.assertEqual(self.backend.sync_partners(), 0)
        self.assertEqual(len(self.server.requests), 1)
        page = self.jobs("import_batch")
        self.assertEqual(len(page), 1)
        # Another kind of record is another walk.
        self.server.answer([])
        self.backend.sync_categories()
        self.assertEqual(len(self.server.requests), 2)
        # Its page runs in another worker.
        now = fields.Datetime.now()
        page.write({"state": "started", "date_started": now})
        self.env.flush_all()
        self.assertEqual(self.backend.sync_partners(), 0)
        # The worker has died, or the page has failed for good: the walk is over.
        long_ago = now - timedelta(hours=1)
        for state, started in [("started", long_ago), ("failed", now)]:
            page.write({"state": state, "date_started": started})
            self.env.flush_all()
            self.server.answer([{"id": 1}])
            self.assertEqual(self.backend.sync_partners(), 1)

    def test_a_walk_from_a_time_of_its_own_leaves_the_checkpoint_alone(self):
        since = "2026-02-03 04:05:06"
        self.server.answer([{"id": 1}, {"id": 2}])
        self.partners.import_batch(self.backend, filters={"since": since})
        page = self.jobs("import_batch")
        self.server.answer([{"id": 3}])
        self.partners.import_batch(self.backend, **page.kwargs)
        self.assertFalse(self.checkpoint(self.partners._name))
        # The others do not wait for it.
        self.server.answer([{"id": 1}])
        self.assertEqual(self.backend.sync_partners(), 1)

    def test_an_answer_of_another_shape_does_not_move_the_checkpoint(self):
        self.server.answer({"errors": "Service maintenance"})
        with self.failing(errors.ConfigError):
            self.backend.sync_partners()
        self.assertFalse(self.checkpoint(self.partners._name))

    def test_a_list_that_cannot_be_read_is_a_failure_until_it_can(self):
        for direction, wrong in (("import", 2), ("export", 1)):
            for _attempt in range(wrong):
                self.walk(direction, fails=True)
        lists = {failure.direction: failure for failure in self.failures()}
        for direction, attempts in (("import", 2), ("export", 1)):
            failure = lists[direction]
            self.assertEqual((failure.state, failure.attempts), ("open", attempts))
            self.assertEqual(failure.record_name, "The list")
            action = failure.action_retry()
            self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(self.jobs("import_batch").args[0], self.backend)
        self.assertEqual(self.jobs("export_changes").args[0], self.backend)
        for direction in ("import", "export"):
            self.walk(direction)
            self.assertEqual(lists[direction].state, "solved")

    def walk(self, direction, fails=False):
        """List what changed on the other side, or here, as a job does."""
        with self.failing(errors.AuthError) if fails else nullcontext():
            with self.as_job(self.backend) as backend:
                if direction == "import":
                    body = ({"error": "no"}, 401) if fails else ([], 200)
                    self.server.answer(*body)
                    backend.sync_partners()
                else:
                    refused = errors.AuthError("no") if fails else None
                    of_batch = "odoo.addons.generic_connector.components.batch_exporter"
                    with patch(
                        f"{of_batch}.GenericBatchExporter._bind_new", side_effect=refused
                    ):
                        backend.env[self.partners._name].export_changes(backend)

    def test_a_page_that_waits_its_turn_is_no_failure(self):
        self.backend.state_ids.paused_until = fields.Datetime.now() + timedelta(hours=1)
        with self.failing(errors.NotSentError), self.as_job(self.backend) as backend:
            backend.sync_partners()
        self.assertFalse(self.failures())

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
