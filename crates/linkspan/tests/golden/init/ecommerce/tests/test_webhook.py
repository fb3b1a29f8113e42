# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json

from odoo.tests import HttpCase
from odoo.tools import mute_logger

from odoo.addons.generic_connector.tests.common import proof_of


class TestWebhook(HttpCase):
    """At install: after it, Odoo would build all assets for a test of this kind."""

    def setUp(self):
        super().setUp()
        self.backend = self.env["acme.backend"].create(
            {
                "name": "Test",
                "api_url": "http://127.0.0.1",
                "webhook_secret": "shared",
            }
        )
        self.env.flush_all()

    def post(self, secret="shared", topic="order.created", body=b'{"data":{"id":7}}'):
        backend = self.backend
        headers = {
            "Content-Type": "application/json",
            **proof_of(backend, secret, body),
        }
        if backend.webhook_topic_header:
            headers[backend.webhook_topic_header] = topic
        if backend.webhook_delivery_header:
            headers[backend.webhook_delivery_header] = "delivery-1"
        path = "/acme/webhook/" + backend.webhook_token
        return self.url_open(path, data=body, headers=headers)

    def stored(self):
        self.env.invalidate_all()
        return self.env["generic.webhook"].search(
            [("backend_id", "=", self.backend.generic_backend_id.id)]
        )

    def test_a_signed_webhook_queues_the_import(self):
        self.assertEqual(self.post().status_code, 200)
        webhook = self.stored()
        self.assertEqual(json.loads(webhook.payload), json.loads(b'{"data":{"id":7}}'))
        webhook.process_webhook()
        self.assertEqual(webhook.processing_status, "processed")
        job = self.env["queue.job"].search(
            [("method_name", "=", "import_record")], order="id desc", limit=1
        )
        self.assertEqual(job.model_name, "acme.sale.order")
        self.assertEqual(job.args[1], "7")

    def test_a_wrong_signature_is_refused(self):
        with mute_logger("odoo.addons.generic_connector.controllers.webhook"):
            self.assertEqual(self.post(secret="guessed").status_code, 401)
        self.assertFalse(self.stored())

    def test_the_address_of_another_connector_is_unknown(self):
        self.assertTrue(self.backend.webhook_url.endswith(self.backend.webhook_token))
        self.assertIn("/acme/webhook/", self.backend.webhook_url)
        other = self.url_open("/acme/webhook/guessed", data=b"{}")
        self.assertEqual(other.status_code, 404)

    def test_an_unknown_topic_is_ignored(self):
        self.post(topic="nobody.knows")
        webhook = self.stored()
        webhook.process_webhook()
        self.assertEqual(webhook.processing_status, "ignored")
