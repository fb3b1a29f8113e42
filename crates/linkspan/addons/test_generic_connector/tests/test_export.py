# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.generic_connector.lib import errors
from odoo.addons.queue_job.exception import RetryableJobError

from ..components.exporter import TestConnectorPartnerExporter
from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestExport(TestConnectorCase):
    def setUp(self):
        super().setUp()
        self.binding = self.partners.create(
            {"backend_id": self.backend.id, "name": "Ada", "email": "ada@example.com"}
        )
        self.env.flush_all()

    def export(self, binding=None):
        with self.as_job(binding or self.binding) as job:
            job._export_to_external()

    def intents(self):
        return self.env["generic.export.intent"].search([])

    def test_a_new_record_is_created_with_an_idempotency_key_and_bound(self):
        self.server.answer({"id": 41, "updated_at": "2026-01-01"}, status=201)
        self.export()
        request = self.server.requests[0]
        self.assertEqual((request["method"], request["path"]), ("POST", "/partners"))
        self.assertEqual(json.loads(request["body"])["name"], "Ada")
        self.assertTrue(request["headers"]["Idempotency-Key"])
        self.assertEqual(self.binding.external_id, "41")
        self.assertEqual(self.binding.external_version, "2026-01-01")
        self.assertEqual(self.binding.sync_state, "synced")

    def test_a_record_goes_out_in_the_language_of_the_backend(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        languages = []

        def run(_exporter, binding):
            languages.append(binding.env.lang)

        exporter = "odoo.addons.generic_connector.components.exporter"
        with patch(f"{exporter}.GenericExporter.run", run):
            self.binding.with_context(lang="fr_FR")._export_to_external()
            self.backend.lang = "fr_FR"
            self.binding._export_to_external()
        self.assertEqual(languages, ["en_US", "fr_FR"])

    def test_an_unchanged_record_is_not_sent_again(self):
        self.server.answer({"id": 41})
        self.export()
        self.export()
        self.assertEqual(len(self.server.requests), 1)

    def test_what_got_no_answer_may_be_under_way_as_long_as_a_call_takes(self):
        intents = self.env["generic.export.intent"]
        self.backend.timeout = 600
        self.assertEqual(intents._seconds_left(self.binding), 0)
        intents._begin(self.binding, "key-1")
        self.assertGreater(intents._seconds_left(self.binding), 500)
        self.backend.timeout = 1
        intents.search([]).flush_recordset()
        self.env.cr.execute(
            "UPDATE generic_export_intent SET write_date = '2026-01-01 00:00:00'"
        )
        self.env.invalidate_all()
        self.assertEqual(intents._seconds_left(self.binding), 0)

    def test_a_changed_record_is_updated(self):
        self.server.answer({"id": 41})
        self.export()
        self.binding.odoo_id.name = "Ada Lovelace"
        self.server.answer({"id": 41})
        self.export()
        request = self.server.requests[1]
        self.assertEqual((request["method"], request["path"]), ("PUT", "/partners/41"))

    def assert_looked_up(self, error_class):
        """The export fails; the next one looks its record up and does not repeat it."""
        with self.failing(error_class):
            self.binding._export_to_external()
        self.env.invalidate_all()
        key = self.intents().key
        self.server.answer({"id": 41})
        self.server.answer({"id": 41})
        self.export()
        paths = [request["path"] for request in self.server.requests]
        self.assertEqual(paths, ["/partners", f"/keys/{key}", "/partners/41"])
        self.assertEqual(self.binding.external_id, "41")

    def test_a_create_without_an_answer_is_looked_up_not_repeated(self):
        self.server.hang_up()
        self.assert_looked_up(errors.TransientError)

    def test_a_create_whose_answer_cannot_be_read_is_looked_up_not_repeated(self):
        self.server.answer("<br>Notice: deprecated{\"id\": 41}", status=201)
        self.assert_looked_up(errors.UnreadableError)

    def test_a_create_keeps_its_intent_where_the_record_may_have_been_made(self):
        self.backend.answer_max_bytes = 1000
        self.env.flush_all()
        for status, body in [(201, {"text": "x" * 1100}), (500, "down"), (200, None)]:
            with self.subTest(status=status):
                self.server.answer(body, status=status)
                with self.failing(errors.ExternalError):
                    self.binding._export_to_external()
                self.assertTrue(self.intents())
                self.intents().unlink()

    def test_a_create_that_was_not_sent_leaves_no_intent(self):
        later = fields.Datetime.now() + timedelta(seconds=60)
        self.backend.state_ids.paused_until = later
        self.env.flush_all()
        with self.failing(errors.NotSentError):
            self.binding._export_to_external()
        self.assertFalse(self.intents())
        self.backend.state_ids.paused_until = False
        self.env.flush_all()
        self.server.close()
        with self.failing(errors.NotSentError):
            self.binding._export_to_external()
        self.assertFalse(self.intents())

    def test_a_repeated_create_that_is_refused_keeps_the_key_of_the_first(self):
        self.server.hang_up()
        with self.failing(errors.TransientError):
            self.binding._export_to_external()
        self.env.invalidate_all()
        key = self.intents().key
        self.server.answer({}, status=404)
        self.server.answer("slow down", status=429)
        with self.failing(errors.ThrottledError):
            self.binding._export_to_external()
        self.env.invalidate_all()
        self.assertEqual(self.intents().key, key)

    def test_a_create_that_did_not_arrive_is_repeated_with_its_key(self):
        self.server.hang_up()
        with self.failing(errors.TransientError):
            self.binding._export_to_external()
        self.env.invalidate_all()
        self.server.answer({"error": "unknown"}, status=404)
        self.server.answer({"id": 42})
        self.export()
        first, last = self.server.requests[0], self.server.requests[-1]
        key = "Idempotency-Key"
        self.assertEqual(first["headers"][key], last["headers"][key])
        self.assertEqual(self.binding.external_id, "42")

    def test_a_refused_create_leaves_no_intent(self):
        self.server.answer({"error": "no name"}, status=422)
        with self.failing(errors.DataError):
            self.export()
        self.assertFalse(self.intents())
        self.assertEqual(self.binding.sync_state, "failed")
        self.assertEqual(self.failures().direction, "export")

    def test_no_export_is_respected(self):
        self.binding.no_export = True
        self.export()
        self.assertFalse(self.server.requests)

    def test_what_a_record_refers_to_goes_out_first_in_a_job_of_its_own(self):
        parent = self.env["res.partner"].create({"name": "Company"})
        self.binding.odoo_id.parent_id = parent
        with self.failing(RetryableJobError) as caught:
            self.binding._export_to_external()
        self.env.invalidate_all()
        self.assertTrue(caught.exception.ignore_retry)
        other = self.partners.search([("odoo_id", "=", parent.id)])
        self.assertTrue(other)
        job = self.jobs("_export_to_external")
        self.assertEqual(job.records, other)
        self.server.answer({"id": 1})
        self.export(other)
        self.server.answer({"id": 2})
        self.export()
        self.assertEqual(self.binding.external_id, "2")

    def test_an_archived_record_that_another_refers_to_is_exported_too(self):
        parent = self.env["res.partner"].create({"name": "Company", "active": False})
        other = self.partners.create(
            {"backend_id": self.backend.id, "odoo_id": parent.id}
        )
        self.binding.odoo_id.parent_id = parent
        self.env.flush_all()
        with self.failing(RetryableJobError):
            self.binding._export_to_external()
        self.assertEqual(self.jobs("_export_to_external").records, other)
        other.external_id = "1"
        self.server.answer({"id": 2})
        self.export()
        self.assertEqual(self.binding.external_id, "2")

    def test_a_record_waits_for_all_that_it_refers_to_at_once(self):
        parent_id = self.binding.odoo_id.id
        children = self.env["res.partner"].create(
            [
                {"name": "One", "parent_id": parent_id},
                {"name": "Two", "parent_id": parent_id},
            ]
        )
        self.env.flush_all()

        def dependencies(exporter):
            exporter._export_each("child_ids", exporter.model._name)

        exporter = TestConnectorPartnerExporter
        with patch.object(exporter, "_export_dependencies", dependencies):
            with self.failing(RetryableJobError):
                self.binding._export_to_external()
            self.env.invalidate_all()
            others = self.partners.search([("odoo_id", "in", children.ids)])
            self.assertEqual(others.odoo_id, children)
            self.assertEqual(len(self.jobs("_export_to_external")), 2)
            for number, other in enumerate(others):
                other.external_id = f"1{number}"
            self.server.answer({"id": 2})
            self.export()
        self.assertEqual(self.binding.external_id, "2")

    def test_what_waits_for_a_record_that_does_not_go_out_fails(self):
        parent = self.env["res.partner"].create({"name": "Company"})
        self.partners.create({"backend_id": self.backend.id, "odoo_id": parent.id})
        self.binding.odoo_id.parent_id = parent
        self.env.flush_all()
        exporter = "odoo.addons.generic_connector.components.exporter.GenericExporter"
        with patch(f"{exporter}._skip_reason", side_effect=[None, "not wanted"]):
            with self.failing(errors.DataError) as caught:
                self.binding._export_to_external()
        self.assertIn("Company has to be exported first", str(caught.exception))

    def test_the_webhook_of_our_own_export_changes_nothing(self):
        self.server.answer({"id": 41, "updated_at": "2026-01-01"})
        self.export()
        self.import_partner(id=41, name="Ada as they spell it", updated_at="2026-01-01")
        self.assertEqual(self.binding.odoo_id.name, "Ada")

    def test_what_was_imported_is_not_sent_back(self):
        binding = self.import_partner(id=7, email="other@example.com")
        requests = len(self.server.requests)
        self.export(binding)
        self.assertEqual(len(self.server.requests), requests)

    def test_a_change_that_matters_queues_the_export(self):
        self.binding.odoo_id.comment = "nothing that goes out"
        self.assertFalse(self.jobs("_export_to_external"))
        self.binding.odoo_id.with_context(connector_no_export=True).name = "Quiet"
        self.assertFalse(self.jobs("_export_to_external"))
        self.binding.odoo_id.name = "Ada Lovelace"
        self.binding.odoo_id.email = "lovelace@example.com"
        self.assertEqual(self.jobs("_export_to_external").records, self.binding)

    def test_intents_that_are_done_with_are_pruned(self):
        self.server.hang_up()
        with self.failing(errors.TransientError):
            self.binding._export_to_external()
        self.env.invalidate_all()
        self.env["generic.export.intent"]._cron_prune(days=-1)
        self.assertTrue(self.intents())
        self.binding.external_id = "41"
        self.env["generic.export.intent"]._cron_prune(days=-1)
        self.assertFalse(self.intents())

    def test_an_intent_of_a_connector_that_is_gone_does_not_stop_the_others(self):
        intents = self.env["generic.export.intent"]
        of = {"backend_id": self.backend.generic_backend_id.id, "key": "k"}
        gone = intents.create(
            [
                {**of, "model_name": "gone.partner", "binding_id": number}
                for number in range(1000)
            ]
        )
        intents.create(
            {**of, "model_name": self.partners._name, "binding_id": self.binding.id}
        )
        self.binding.external_id = "41"
        intents._cron_prune(days=-1)
        self.assertEqual(set(self.intents().ids), set(gone.ids))

    def test_a_failure_of_a_connector_that_is_gone_is_told(self):
        failures = self.env["generic.sync.failure"]
        error = errors.DataError("no")
        failures._record(
            self.backend, "export", self.partners._name, self.binding.id, error
        )
        failure = self.failures()
        gone = failure.copy({"model_name": "gone.partner"})
        action = (failure + gone).action_retry()
        self.assertIn("gone.partner", action["params"]["message"])
        self.assertIn("1 job(s) queued", action["params"]["message"])
        self.assertEqual(failure.record_name, self.binding.display_name)
        self.assertEqual(self.jobs("_export_to_external").records, self.binding)

    def test_a_failure_of_a_record_that_is_gone_is_to_be_dismissed(self):
        failures = self.env["generic.sync.failure"]
        error = errors.DataError("no")
        failures._record(
            self.backend, "export", self.partners._name, self.binding.id, error
        )
        self.binding.unlink()
        action = self.failures().action_retry()
        self.assertIn("dismiss", action["params"]["message"])
        self.assertFalse(self.jobs("_export_to_external"))
