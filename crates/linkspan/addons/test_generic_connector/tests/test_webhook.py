# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestWebhook(TestConnectorCase):
    def webhook(self, topic="partner.updated", payload='{"id": 7}'):
        webhook = self.env["generic.webhook"].create(
            {
                "backend_id": self.backend.generic_backend_id.id,
                "event_type": topic,
                "payload": payload,
            }
        )
        self.env.flush_all()
        return webhook

    def test_a_webhook_queues_the_import_of_its_record(self):
        webhook = self.webhook()
        webhook.process_webhook()
        self.assertEqual(self.jobs("import_record").args[1], "7")
        self.assertEqual(webhook.processing_status, "processed")
        self.assertTrue(webhook.processed_at)

    def test_an_unknown_topic_is_ignored_with_the_reason(self):
        webhook = self.webhook(topic="weather.changed")
        webhook.process_webhook()
        self.assertEqual(webhook.processing_status, "ignored")
        self.assertIn("weather.changed", webhook.message)

    def test_a_failure_stays_although_the_job_is_rolled_back(self):
        webhook = self.webhook(payload="this is no JSON")
        with self.failing(json.JSONDecodeError), self.as_job(webhook) as job:
            job.process_webhook()
        self.assertEqual(webhook.processing_status, "failed")
        self.assertTrue(webhook.message)
        self.assertEqual(webhook.attempts, 1)

    def test_a_webhook_that_names_no_record_fails_once_and_is_not_tried_again(self):
        webhook = self.webhook(payload='{"message": "Invalid ID."}')
        def named(backend, hook):
            backend._import_from_webhook(hook, self.partners._name, "id")

        with patch.object(type(self.backend), "_on_partner", named):
            webhook.process_webhook()
        self.assertEqual(webhook.processing_status, "failed")
        self.assertEqual(webhook.attempts, 1)
        self.assertIn("has no id", webhook.message)
        self.assertFalse(self.jobs("import_record"))

    def test_a_handler_may_mark_and_raise(self):
        webhook = self.webhook()
        with self.failing(ValueError):
            with self.as_job(webhook) as job:
                job.mark_as_failed("no stock", "conflict")
                raise ValueError("no stock")
        self.assertEqual(webhook.processing_status, "failed")
        self.assertEqual(webhook.error_class, "conflict")

    def test_marked_and_raised_is_one_attempt(self):
        webhook = self.webhook()
        def fail(_backend, webhook):
            webhook.mark_as_failed("no stock", "conflict")
            raise ValueError("no stock")

        with patch.object(type(self.backend), "_on_partner", fail), self.failing(ValueError):
            with self.as_job(webhook) as job:
                job.process_webhook()
        self.assertEqual(webhook.processing_status, "failed")
        self.assertEqual(webhook.attempts, 1)

    def test_what_a_handler_has_marked_stays(self):
        def ignore(_backend, hook):
            hook.mark_as_ignored("not ours")

        def fail(_backend, hook):
            hook.mark_as_failed("no stock", "conflict")

        for handler, status in ((ignore, "ignored"), (fail, "failed")):
            webhook = self.webhook()
            with patch.object(type(self.backend), "_on_partner", handler):
                # A repeated attempt finds what the one before has left.
                for _attempt in range(2):
                    webhook.process_webhook()
                    self.assertEqual(webhook.processing_status, status)
            self.assertTrue(webhook.message)

    def test_retry_queues_it_again(self):
        webhook = self.webhook(topic="weather.changed")
        webhook.process_webhook()
        webhook.action_retry()
        self.assertEqual(self.jobs("process_webhook").records, webhook)
        self.assertEqual(webhook.processing_status, "pending")

    def test_a_processed_webhook_is_not_processed_again(self):
        webhook = self.webhook()
        webhook.mark_as_processed()
        webhook.process_webhook()
        webhook.action_retry()
        self.assertFalse(self.jobs())

    def test_old_webhooks_are_pruned_and_failed_ones_kept(self):
        old = self.webhook() | self.webhook()
        old[0].mark_as_processed()
        old[1].mark_as_failed("no")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE generic_webhook SET create_date = %s WHERE id IN %s",
            (fields.Datetime.now() - timedelta(days=40), tuple(old.ids)),
        )
        self.env.invalidate_all()
        self.env["generic.webhook"]._cron_prune()
        self.assertEqual(old.exists(), old[1])
