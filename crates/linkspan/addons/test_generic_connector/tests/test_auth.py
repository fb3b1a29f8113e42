# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import requests

from odoo import fields
from odoo.tests import tagged

from odoo.addons.generic_connector.components.adapter_auth import GenericAdapterAuth
from odoo.addons.generic_connector.lib import auth, errors
from odoo.addons.generic_connector.lib.operation import Login

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestAuth(TestConnectorCase):
    def sent(self, **values):
        """Headers of a request that is authenticated so."""
        self.backend.write(values)
        self.env.flush_all()
        self.server.answer({})
        self.adapter().get("orders")
        return self.server.requests[-1]["headers"]

    def test_none_sends_no_credentials(self):
        headers = self.sent(auth_kind="none")
        self.assertNotIn("X-API-Key", headers)
        self.assertNotIn("Authorization", headers)

    def test_bearer(self):
        headers = self.sent(auth_kind="bearer", access_token="abc")
        self.assertEqual(headers["Authorization"], "Bearer abc")

    def test_basic_with_letters_beyond_latin(self):
        headers = self.sent(auth_kind="basic", username="ada", password="пароль")
        encoded = base64.b64encode("ada:пароль".encode()).decode()
        self.assertEqual(headers["Authorization"], f"Basic {encoded}")

    def test_oauth1_signs_as_the_rfc_does(self):
        """The examples of RFC 5849: 1.2 and 3.4.1.1."""
        url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
        request = requests.Request("GET", url).prepare()
        signer = auth.OAuth1(
            "dpf43f3p2l4k3l03",
            "kd94hf93k423kf44",
            token="nnch734d00sl2jdk",
            token_secret="pfkkdhi9sl3r4s00",
            hash_name="sha1",
        )
        parameters = signer.parameters(137131202, "chapoH")
        parameters.pop("oauth_version")
        signature = signer.signature(request, parameters)
        self.assertEqual(signature, "MdpQcU8iPSUjWoN/UDMsK2sui9I=")
        url = "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        request = requests.Request("POST", url, data="c2&a3=2+q", headers=form)
        message = signer.message(request.prepare(), {})
        self.assertEqual(
            message,
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q"
            "%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D",
        )

    def test_oauth1_stands_in_the_header(self):
        headers = self.sent(auth_kind="oauth1", client_id="me", client_secret="shared")
        header = headers["Authorization"]
        self.assertTrue(header.startswith('OAuth oauth_consumer_key="me",'), header)
        self.assertIn('oauth_signature_method="HMAC-SHA256"', header)
        self.assertNotIn("oauth_token", header)
        token = {"access_token": "token 1", "token_secret": "its own"}
        self.assertIn('oauth_token="token%201"', self.sent(**token)["Authorization"])

    def test_basic_over_plain_http_is_signed_too(self):
        way = auth.BasicOrSigned("ck_1", "cs_1")
        old = "oauth_nonce=1&oauth_signature=x"
        request = requests.Request("GET", f"http://shop.example/orders?page=2&{old}")
        signed = way(request.prepare())
        self.assertTrue(signed.headers["Authorization"].startswith("Basic "))
        query = parse_qs(urlsplit(signed.url).query)
        self.assertEqual(query["page"], ["2"])
        self.assertEqual(query["oauth_consumer_key"], ["ck_1"])
        self.assertEqual([len(text) for text in query["oauth_signature"]], [44])
        self.assertEqual([len(text) for text in query["oauth_nonce"]], [32])
        request = requests.Request("GET", "http://shop.example/orders?page=2#x")
        self.assertIn("&oauth_signature=", way(request.prepare()).url.partition("#")[0])
        request = requests.Request("GET", "https://shop.example/orders")
        self.assertEqual(way(request.prepare()).url, "https://shop.example/orders")

    def test_errors_name_the_address_without_what_signed_it(self):
        values = {"auth_kind": "basic", "username": "ck_1", "password": "cs_1"}
        self.backend.write(values)
        adapter = self.backend.get_adapter("test.connector.definition.adapter")
        adapter._sign_over_http = True
        self.server.answer("<html>", status=401)
        with self.failing(errors.AuthError) as caught:
            adapter.get("orders", params={"page": 2})
        self.assertIn("oauth_signature=", self.server.requests[-1]["path"])
        self.assertIn("/orders?page=2", str(caught.exception))
        self.assertNotIn("oauth_", str(caught.exception))

    def test_a_missing_credential_is_named(self):
        self.backend.write({"auth_kind": "bearer", "access_token": False})
        with self.failing(errors.ConfigError) as caught:
            self.adapter().get("orders")
        self.assertIn("Access Token", str(caught.exception))

    def test_signed_requests(self):
        headers = self.sent(auth_kind="hmac", api_key="me", api_secret="shared")
        message = ".".join(
            [
                headers["X-Timestamp"],
                "GET",
                "/orders",
                hashlib.sha256(b"").hexdigest(),
            ]
        )
        expected = hmac.new(b"shared", message.encode(), "sha256").hexdigest()
        self.assertEqual(headers["X-Signature"], expected)

    def test_jwt_is_signed_and_ends(self):
        headers = self.sent(auth_kind="jwt", jwt_key="shared", jwt_issuer="odoo")
        signed, _dot, mac = headers["Authorization"][7:].rpartition(".")
        expected = hmac.new(b"shared", signed.encode(), "sha256").digest()
        self.assertEqual(base64.urlsafe_b64decode(mac + "=="), expected)
        claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
        self.assertEqual(claims["iss"], "odoo")
        self.assertGreater(claims["exp"], claims["iat"])

    def oauth(self, kind):
        self.backend.write(
            {
                "auth_kind": kind,
                "client_id": "me",
                "client_secret": "my-secret",
                "oauth_token_url": f"{self.server.url}/token",
                "oauth_authorize_url": f"{self.server.url}/authorize",
                "oauth_scope": "read",
            }
        )
        self.env.flush_all()

    def test_client_credentials_fetch_a_token_once(self):
        self.oauth("oauth2_client")
        self.server.answer({"access_token": "tok-1", "expires_in": 3600})
        self.server.answer({})
        self.adapter().get("orders")
        self.env.invalidate_all()
        self.server.answer({})
        self.adapter().get("orders")
        paths = [request["path"] for request in self.server.requests]
        self.assertEqual(paths, ["/token", "/orders", "/orders"])
        sent = self.server.requests[2]["headers"]["Authorization"]
        self.assertEqual(sent, "Bearer tok-1")
        self.assertTrue(self.backend.oauth_connected)

    def test_a_token_that_ends_is_renewed_with_the_refresh_token(self):
        self.oauth("oauth2_code")
        self.backend.state_ids.write(
            {
                "oauth_access_token": "old-token",
                "oauth_refresh_token": "refresh-1",
                "oauth_expires_at": fields.Datetime.now() - timedelta(seconds=5),
            }
        )
        self.env.flush_all()
        self.server.answer(
            {"access_token": "new-token", "expires_in": 60, "refresh_token": "refresh-2"}
        )
        self.server.answer({})
        self.adapter().get("orders")
        grant = parse_qs(self.server.requests[0]["body"].decode())
        self.assertEqual(grant["refresh_token"], ["refresh-1"])
        self.env.invalidate_all()
        self.assertEqual(self.backend.state_ids.oauth_refresh_token, "refresh-2")

    def test_a_refresh_token_that_is_refused_is_named(self):
        self.oauth("oauth2_code")
        self.backend.state_ids.oauth_refresh_token = "refresh-1"
        self.env.flush_all()
        self.server.answer({"error": "invalid_grant"}, status=400)
        with self.failing(errors.AuthError) as caught:
            self.adapter().get("orders")
        self.assertIn("The refresh token is good no more", str(caught.exception))
        self.assertIn("choose Authorize", str(caught.exception))

    def test_a_client_may_stand_in_the_form_that_asks_for_a_token(self):
        self.oauth("oauth2_client")
        self.server.answer({"access_token": "tok-1"})
        self.server.answer({})
        with patch.object(GenericAdapterAuth, "_client_in_form", True):
            self.adapter().get("orders")
        asked = self.server.requests[0]
        grant = parse_qs(asked["body"].decode())
        self.assertEqual(grant["client_id"], ["me"])
        self.assertEqual(grant["client_secret"], ["my-secret"])
        self.assertEqual(grant["grant_type"], ["client_credentials"])
        self.assertNotIn("Authorization", asked["headers"])

    def test_the_address_of_tokens_may_hold_a_setting(self):
        self.oauth("oauth2_client")
        self.backend.oauth_token_url = "{base_url}/token"
        self.backend.base_url = f"{self.server.url}/"
        self.env.flush_all()
        adapter = self.backend.get_adapter("test.connector.definition.adapter")
        names = patch.object(type(self.backend), "_setting_names", lambda self: ["base_url"])
        with names:
            self.assertEqual(adapter._token_address(), f"{self.server.url}/token")
            self.backend.base_url = False
            with self.failing(errors.ConfigError):
                adapter._token_address()

    def test_a_token_that_was_ended_early_is_renewed_and_the_call_repeated(self):
        self.oauth("oauth2_client")
        self.server.answer({"access_token": "tok-1", "expires_in": 3600})
        self.server.answer({"error": "revoked"}, status=401)
        self.server.answer({"access_token": "tok-2", "expires_in": 3600})
        self.server.answer({"id": 1})
        self.assertEqual(self.adapter().post("orders", data={"a": 1}), {"id": 1})
        refused, repeated = self.server.requests[1], self.server.requests[3]
        self.assertEqual(refused["headers"]["Authorization"], "Bearer tok-1")
        self.assertEqual(repeated["headers"]["Authorization"], "Bearer tok-2")
        self.assertEqual(repeated["body"], refused["body"])

    def test_a_new_token_that_is_refused_too_is_an_auth_error(self):
        self.oauth("oauth2_client")
        for token in ("tok-1", "tok-2"):
            self.server.answer({"access_token": token, "expires_in": 3600})
            self.server.answer({"error": "no rights"}, status=401)
        with self.failing(errors.AuthError):
            self.adapter().get("orders")
        self.assertEqual(len(self.server.requests), 4)

    def test_a_refused_token_that_another_worker_has_renewed_stays(self):
        self.oauth("oauth2_client")
        later = fields.Datetime.now() + timedelta(hours=1)
        state = self.backend.state_ids
        state.write({"oauth_access_token": "tok-2", "oauth_expires_at": later})
        self.env.flush_all()
        state._expire_token("tok-1")
        self.env.invalidate_all()
        self.assertEqual(state.oauth_expires_at, later.replace(microsecond=0))
        state._expire_token("tok-2")
        self.env.invalidate_all()
        self.assertLess(state.oauth_expires_at, later.replace(microsecond=0))

    def test_without_authorization_the_user_is_told_to_authorize(self):
        self.oauth("oauth2_code")
        with self.failing(errors.AuthError):
            self.adapter().get("orders")

    def test_authorize_sends_the_user_with_a_state(self):
        self.oauth("oauth2_code")
        action = self.backend.action_oauth_authorize()
        query = parse_qs(urlsplit(action["url"]).query)
        self.assertEqual(query["state"], [self.backend.state_ids.oauth_state])
        self.assertEqual(query["client_id"], ["me"])
        self.assertIn("/generic_connector/oauth/callback", query["redirect_uri"][0])

    def test_a_refused_token_is_an_auth_error_without_the_secret(self):
        self.oauth("oauth2_client")
        self.server.answer({"error": "my-secret is wrong"}, status=401)
        with self.failing(errors.AuthError) as caught:
            self.adapter().get("orders")
        self.assertNotIn("my-secret", str(caught.exception))

    def test_the_code_of_the_user_becomes_tokens(self):
        self.oauth("oauth2_code")
        self.server.answer({"access_token": "tok-1", "refresh_token": "refresh-1"})
        self.backend.get_adapter("test.connector.adapter").exchange_code("code-1")
        grant = parse_qs(self.server.requests[0]["body"].decode())
        self.assertEqual(grant["code"], ["code-1"])
        self.assertIn("redirect_uri", grant)
        self.assertEqual(self.backend.state_ids.oauth_access_token, "tok-1")
        self.server.answer({})
        self.env.flush_all()
        self.adapter().get("orders")
        sent = self.server.requests[1]["headers"]["Authorization"]
        self.assertEqual(sent, "Bearer tok-1")

    def login(self, body=None, **how):
        """Have the connector declare a login."""
        body = body or {"user": "{username}", "pass": "{password}"}
        patched = patch.object(GenericAdapterAuth, "_login", Login("login", body, **how))
        patched.start()
        self.addCleanup(patched.stop)
        values = {"auth_kind": "login", "username": "ada", "password": "my-secret"}
        self.backend.write(values)
        self.env.flush_all()

    def paths_of_two_calls(self):
        for _call in range(2):
            self.server.answer({})
            self.adapter().get("orders")
            self.env.invalidate_all()
        return [request["path"] for request in self.server.requests]

    def test_a_login_gives_the_token_of_many_calls(self):
        self.login(token="data.token", expires_in="data.seconds")
        self.server.answer({"data": {"token": "tok-1", "seconds": "3600"}})
        self.assertEqual(self.paths_of_two_calls(), ["/login", "/orders", "/orders"])
        login, asked = self.server.requests[:2]
        self.assertEqual(json.loads(login["body"]), {"user": "ada", "pass": "my-secret"})
        self.assertNotIn("Authorization", login["headers"])
        self.assertEqual(asked["headers"]["Authorization"], "Bearer tok-1")
        ends = self.backend.state_ids.oauth_expires_at - fields.Datetime.now()
        self.assertGreater(ends, timedelta(minutes=50))

    def test_whoever_is_turned_away_logs_in_again(self):
        body = {"user": "{username}", "pass": "{password}", "keep": True}
        self.login(body, header="Cookie", prefix="SESSION=", form=True)
        # An answer that is the token alone, as JSON or plain.
        self.server.answer('"tok-1"')
        self.server.answer({"error": "ended"}, status=401)
        self.server.answer("tok-2")
        self.server.answer({"id": 1})
        self.assertEqual(self.adapter().post("orders", data={"a": 1}), {"id": 1})
        sent = parse_qs(self.server.requests[0]["body"].decode())
        self.assertEqual(
            sent, {"user": ["ada"], "pass": ["my-secret"], "keep": ["true"]}
        )
        refused, repeated = self.server.requests[1], self.server.requests[3]
        self.assertEqual(refused["headers"]["Cookie"], "SESSION=tok-1")
        self.assertEqual(repeated["headers"]["Cookie"], "SESSION=tok-2")

    def test_a_rule_knows_a_refused_token_whatever_the_status(self):
        self.login(token="token")
        ended = {"success": False, "message": "Ended", "status": 401}
        adapter = self.backend.get_adapter("test.connector.success.adapter")
        self.server.answer({"token": "tok-0"})
        for number, status in enumerate([200, 403], 1):
            self.server.answer(ended, status=status)
            self.server.answer({"token": f"tok-{number}"})
            self.server.answer({"data": {"id": 7}})
            self.assertEqual(adapter.read("7"), {"id": 7})
            sent = self.server.requests[-1]["headers"]["Authorization"]
            self.assertEqual(sent, f"Bearer tok-{number}")
        self.assertEqual(len(self.server.requests), 7)

    def test_another_token_is_asked_for_once(self):
        self.login(token="token")
        adapter = self.backend.get_adapter("test.connector.success.adapter")
        ended = {"success": False, "message": "Ended", "status": 401}
        for token in ("tok-1", "tok-2"):
            self.server.answer({"token": token})
            self.server.answer(ended)
        with self.failing(errors.AuthError):
            adapter.read("7")
        self.assertEqual(len(self.server.requests), 4)

    def test_another_user_gets_another_token(self):
        self.login(token="token")
        for number, user in enumerate(["ada", "eve"]):
            self.backend.username = user
            self.env.flush_all()
            self.server.answer({"token": f"tok-{number}"})
            self.server.answer({})
            self.adapter().get("orders")
            self.env.invalidate_all()
            sent = self.server.requests[-1]["headers"]["Authorization"]
            self.assertEqual(sent, f"Bearer tok-{number}")

    def test_an_answer_without_a_token_shows_nothing_of_itself(self):
        self.backend.circuit_threshold = 0
        self.login(token="token")
        for answer, status, kind in [
            ({"message": "my-secret is wrong"}, 401, errors.AuthError),
            ({"data": {"token": "tok-1"}}, 200, errors.ConfigError),
            ("<html>my-secret</html>", 200, errors.ConfigError),
            (None, 302, errors.ConfigError),
        ]:
            self.server.answer(answer, status=status)
            with self.failing(kind) as caught:
                self.adapter().get("orders")
            self.assertNotIn("my-secret", str(caught.exception))
            self.assertNotIn("tok-1", str(caught.exception))

    def test_a_login_that_is_refused_again_and_again_is_not_tried_any_more(self):
        self.login(token="token")
        self.backend.circuit_threshold = 2
        self.env.flush_all()
        for _login in range(2):
            self.server.answer({}, status=401)
            with self.failing(errors.AuthError):
                self.adapter().get("orders")
            self.env.invalidate_all()
        with self.failing(errors.NotSentError):
            self.adapter().get("orders")
        self.assertEqual(len(self.server.requests), 2)

    def test_a_login_says_how_long_its_token_is_good(self):
        login = Login("login", {}, expires_in="life", lifetime=60)
        for life, seconds in [
            (5, 5),
            ("5", 5),
            (5.9, 5),
            (1763862449000, 31536000),
            (0, 60),
            (-1, 60),
            ("soon", 60),
            (None, 60),
        ]:
            self.assertEqual(login.lifetime_in({"life": life}), seconds)
        self.assertEqual(login.lifetime_in("plain"), 60)
        self.assertIsNone(Login("login", {}).lifetime_in({}))
        for page in ("<p>", "a b", "", None, {}, True):
            self.assertIsNone(login.token_in(page))
        self.assertEqual(login.token_in(7), "7")

    def test_a_token_with_a_short_life_is_used_for_half_of_it(self):
        self.login(token="token", lifetime=30)
        self.server.answer({"token": "tok-1"})
        self.assertEqual(self.paths_of_two_calls(), ["/login", "/orders", "/orders"])
