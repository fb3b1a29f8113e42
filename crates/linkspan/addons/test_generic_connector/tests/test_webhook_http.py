# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
import time

from odoo.tests import HttpCase
from odoo.tools import mute_logger

from odoo.addons.generic_connector.lib import signature
from odoo.addons.generic_connector.tests.common import proof_of

REFUSALS = "odoo.addons.generic_connector.controllers.webhook"


class TestWebhookHttp(HttpCase):
    """The controller over HTTP: what it answers, what it stores.

    At install, because no page of the web client is needed: after it, Odoo would build
    all its assets for a test of this kind.
    """

    def setUp(self):
        super().setUp()
        self.backend = self.env["test.connector.backend"].create(
            {
                "name": "Test Shop",
                "webhook_secret": "shared",
                "webhook_header": "X-Signature",
                "webhook_delivery_header": "X-Delivery",
                "webhook_topic_header": "X-Topic",
                "webhook_max_bytes": 200,
            }
        )
        self.env.flush_all()
        self.path = "/generic_connector/webhook/" + self.backend.webhook_token

    def post(self, body=b'{"id": 7}', path=None, **headers):
        sent = {
            "Content-Type": "application/json",
            "X-Signature": signature.sign("hmac_sha256", "shared", body),
            "X-Delivery": "d-1",
            "X-Topic": "partner.updated",
        }
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        url = self.base_url() + (path or self.path)
        return self.opener.post(url, data=body, headers=sent, timeout=30)

    def stored(self):
        self.env.invalidate_all()
        return self.env["generic.webhook"].search(
            [("backend_id", "=", self.backend.generic_backend_id.id)]
        )

    def test_a_signed_webhook_is_stored_and_queued(self):
        self.assertEqual(self.post().status_code, 200)
        webhook = self.stored()
        self.assertEqual(webhook.event_type, "partner.updated")
        self.assertEqual(json.loads(webhook.payload), {"id": 7})
        self.assertEqual(webhook.processing_status, "pending")
        job = self.env["queue.job"].search([("method_name", "=", "process_webhook")])
        self.assertEqual(job.records, webhook)

    def test_a_repeated_delivery_is_stored_once(self):
        self.assertEqual(self.post().status_code, 200)
        self.assertEqual(self.post().status_code, 200)
        self.assertEqual(len(self.stored()), 1)

    def test_the_same_id_with_another_body_is_another_delivery(self):
        self.assertEqual(self.post(b'{"id": 7}').status_code, 200)
        self.assertEqual(self.post(b'{"id": 8}').status_code, 200)
        self.assertEqual(len(self.stored()), 2)

    @mute_logger(REFUSALS)
    def test_a_wrong_signature_is_refused(self):
        self.assertEqual(self.post(X_Signature="0" * 64).status_code, 401)
        self.assertEqual(self.post(X_Signature="").status_code, 401)
        self.assertFalse(self.stored())

    @mute_logger(REFUSALS)
    def test_the_signature_is_over_the_raw_bytes(self):
        body = b'{ "id":7,  "name":"\xc3\xa9" }'
        self.assertEqual(self.post(body).status_code, 200)
        other = signature.sign("hmac_sha256", "shared", b'{"id":7,"name":"\xc3\xa9"}')
        self.assertEqual(self.post(body, X_Signature=other).status_code, 401)

    @mute_logger(REFUSALS)
    def test_without_a_secret_nothing_is_accepted(self):
        self.backend.webhook_secret = False
        self.env.flush_all()
        self.assertEqual(self.post().status_code, 401)

    @mute_logger(REFUSALS)
    def test_an_old_webhook_is_refused_where_the_time_is_signed(self):
        self.backend.webhook_timestamp_header = "X-Time"
        self.env.flush_all()
        for age, status in ((0, 200), (1000, 401)):
            moment = str(int(time.time()) - age)
            message = moment.encode() + b'.{"id": 7}'
            signed = signature.sign("hmac_sha256", "shared", message)
            answer = self.post(X_Signature=signed, X_Time=moment)
            self.assertEqual(answer.status_code, status)

    def test_a_large_body_is_refused(self):
        self.assertEqual(self.post(b"x" * 201).status_code, 413)

    def test_an_empty_body_and_a_form_are_refused(self):
        self.assertEqual(self.post(b"").status_code, 400)
        form = "application/x-www-form-urlencoded"
        self.assertEqual(self.post(b"a=1", Content_Type=form).status_code, 400)

    def test_an_unsigned_ping_is_answered_and_not_stored(self):
        self.backend.webhook_ping_field = "webhook_id"
        self.env.flush_all()
        form = {
            "Content_Type": "application/x-www-form-urlencoded",
            "X_Signature": None,
        }
        self.assertEqual(self.post(b"webhook_id=17", **form).status_code, 200)
        self.assertEqual(self.post(b"other=17", **form).status_code, 400)
        self.assertFalse(self.stored())

    def test_nul_in_address_and_body_is_no_error(self):
        self.assertEqual(self.post(path=self.path + "%00x").status_code, 404)
        self.assertEqual(self.post(b'{"id": "7\x00"}').status_code, 200)
        self.assertEqual(self.stored().payload, '{"id": "7\ufffd"}')

    def test_an_unknown_address_is_not_found(self):
        path = "/generic_connector/webhook/guess"
        self.assertEqual(self.post(path=path).status_code, 404)

    def test_a_backend_without_its_connector_is_not_found(self):
        left = self.env["generic.backend"].create(
            {"name": "Left over", "webhook_secret": "shared"}
        )
        self.env.flush_all()
        path = "/generic_connector/webhook/" + left.webhook_token
        self.assertEqual(self.post(path=path).status_code, 404)

    def test_another_method_is_not_allowed(self):
        self.assertEqual(self.url_open(self.path).status_code, 405)

    @mute_logger(REFUSALS)
    def test_a_token_and_basic_are_checked(self):
        self.backend.webhook_kind = "token"
        self.env.flush_all()
        self.assertEqual(self.post(X_Signature="shared").status_code, 200)
        self.assertFalse(self.stored().signature)
        self.backend.write({"webhook_kind": "basic", "webhook_secret": "me:pw"})
        self.env.flush_all()
        sent = {"Authorization": "Basic bWU6cHc=", "X_Delivery": "d-2"}
        self.assertEqual(self.post(**sent).status_code, 200)
        self.assertEqual(self.post(Authorization="Basic eDp5").status_code, 401)

    @mute_logger(REFUSALS)
    def test_whoever_knows_the_secret_proves_it_in_every_way(self):
        hmac = {"webhook_kind": "hmac_sha256", "webhook_encoding": "base64"}
        ways = [
            {**hmac, "webhook_prefix": "sha256="},
            {"webhook_kind": "token", "webhook_prefix": "Bearer "},
            {"webhook_kind": "basic", "webhook_username": "me"},
            {"webhook_kind": "basic", "webhook_username": False},
        ]
        for number, way in enumerate(ways):
            self.backend.write({"webhook_header": "Authorization", **way})
            self.env.flush_all()
            sent = {"X_Delivery": f"d-{number}", "X_Signature": None}
            with self.subTest(**way):
                for secret, status in (("guessed", 401), ("shared", 200)):
                    proof = proof_of(self.backend, secret, b'{"id": 7}')
                    self.assertEqual(self.post(**sent, **proof).status_code, status)
