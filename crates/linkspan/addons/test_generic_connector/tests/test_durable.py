# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from psycopg2.pool import PoolError

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.generic_connector.lib import errors
from odoo.addons.generic_connector.lib.transaction import (
    after_commit,
    in_own_transaction,
)
from odoo.addons.generic_connector.tests.common import CommittedCase
from odoo.addons.queue_job.exception import RetryableJobError


@tagged("post_install", "-at_install")
class TestDurable(CommittedCase):
    """What survives a rollback, and what several workers share."""

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            backend = env["test.connector.backend"].create(
                {"name": "Durable", "base_url": self.server.url}
            )
            self.remove_later(backend)
            self.backend_id = backend.id

    def backend(self, env):
        return env["test.connector.backend"].browse(self.backend_id)

    def make_binding(self):
        with self.transaction() as env:
            binding = env["test.connector.partner"].create(
                {"backend_id": self.backend_id, "name": "Durable Ada"}
            )
            self.remove_later(binding.odoo_id)
            return binding.id

    def export(self, binding_id, then=None):
        with self.transaction() as env:
            env["test.connector.partner"].browse(binding_id)._export_to_external()
            if then:
                raise then

    @mute_logger("odoo.addons.generic_connector.lib.transaction")
    def test_what_fails_after_the_commit_does_not_fail_the_job(self):
        def fail(_env):
            raise PoolError("The Connection Pool Is Full")

        with self.transaction() as env:
            self.backend(env).base_url = "https://shop.example"
            after_commit(env, fail)
        with self.transaction() as env:
            self.assertEqual(self.backend(env).base_url, "https://shop.example")

    def test_a_job_that_fails_after_the_create_does_not_create_again(self):
        binding_id = self.make_binding()
        self.server.answer({"id": 41})
        with self.failing(ValueError):
            self.export(binding_id, then=ValueError("afterwards"))
        with self.transaction() as env:
            intent = env["generic.export.intent"].search(
                [("binding_id", "=", binding_id)]
            )
            self.assertEqual(intent.external_id, "41")
            binding = env["test.connector.partner"].browse(binding_id)
            self.assertFalse(binding.external_id)
        self.server.answer({"id": 41})
        self.export(binding_id)
        methods = [request["method"] for request in self.server.requests]
        self.assertEqual(methods, ["POST", "PUT"])
        with self.transaction() as env:
            binding = env["test.connector.partner"].browse(binding_id)
            self.assertEqual(binding.external_id, "41")
            self.assertFalse(intent.with_env(env).exists())

    def test_a_failed_export_shows_on_the_binding_and_in_the_list(self):
        binding_id = self.make_binding()
        self.server.answer({"error": "no name"}, status=422)
        with self.failing(errors.DataError):
            self.export(binding_id)
        with self.transaction() as env:
            binding = env["test.connector.partner"].browse(binding_id)
            self.assertEqual(binding.sync_state, "failed")
            self.assertEqual(binding.last_error_class, "data")
            failure = env["generic.sync.failure"].search(
                [("record_key", "=", str(binding_id)), ("direction", "=", "export")]
            )
            self.assertEqual(failure.state, "open")

    def test_all_workers_share_the_limit(self):
        with self.transaction() as env:
            self.backend(env).write({"rate_limit": 3, "rate_period": 3600.0})
        outcomes = []
        for _worker in range(5):
            with self.transaction() as env:
                try:
                    self.backend(env).state_ids._admit()
                    outcomes.append("admitted")
                except errors.ThrottledError:
                    outcomes.append("throttled")
                # What the job itself wrote is rolled back; the tokens stay taken.
                env.cr.rollback()
        self.assertEqual(outcomes, ["admitted"] * 3 + ["throttled"] * 2)

    def test_a_worker_that_meets_another_at_the_counters_tries_again(self):
        seen = []

        def work(env):
            env.cr.execute("SELECT 1")
            if not seen:
                # Another worker writes the row after this one has begun.
                with self.transaction() as other:
                    self.backend(other).state_ids.failures = 1
            seen.append(True)
            state = self.backend(env).state_ids._locked(env)
            state.failures = state.failures + 1

        with self.transaction() as env:
            in_own_transaction(env, work)
        with self.transaction() as env:
            self.assertEqual(self.backend(env).circuit_failures, 2)
        self.assertEqual(len(seen), 2)

    def test_two_jobs_do_not_import_the_same_record_at_once(self):
        with self.transaction() as env:
            with self.backend(env).work_on("test.connector.partner") as work:
                work.component(usage="record.importer")._lock("import", "7")
                with self.transaction() as other:
                    with self.backend(other).work_on("test.connector.partner") as work:
                        with self.failing(RetryableJobError) as caught:
                            work.component(usage="record.importer").run("7")
        self.assertTrue(caught.exception.ignore_retry)
        self.assertFalse(self.server.requests)

    def test_two_walks_of_one_list_do_not_begin_at_once(self):
        self.server.answer([{"id": 1}, {"id": 2}])
        with self.transaction() as late:
            late.cr.execute("SELECT 1")
            with self.transaction() as env:
                env["test.connector.partner"].import_batch(self.backend(env))
                jobs = env["queue.job"].search([("id", ">", self._last_job_id)])
                self.remove_later(jobs)
                with self.failing(RetryableJobError) as caught:
                    late["test.connector.partner"].import_batch(self.backend(late))
                self.assertTrue(caught.exception.ignore_retry)
            # What has begun meanwhile counts, although this transaction is older.
            listed = late["test.connector.partner"].import_batch(self.backend(late))
            self.assertEqual(listed, 0)
        self.assertEqual(len(self.server.requests), 1)

    def test_a_record_bound_since_the_job_began_is_not_imported_again(self):
        self.server.answer({"id": 7, "name": "Durable Ada"})
        self.server.answer({"id": 7, "name": "Durable Ada"})
        with self.transaction() as late:
            late.cr.execute("SELECT 1")
            with self.transaction() as env:
                binding = env["test.connector.partner"].import_record(
                    self.backend(env), "7"
                )
                self.remove_later(binding.odoo_id)
            with self.failing(RetryableJobError) as caught:
                late["test.connector.partner"].import_record(self.backend(late), "7")
        self.assertTrue(caught.exception.ignore_retry)
        with self.transaction() as env:
            count = env["test.connector.partner"].search_count(
                [("backend_id", "=", self.backend_id), ("external_id", "=", "7")]
            )
            self.assertEqual(count, 1)
