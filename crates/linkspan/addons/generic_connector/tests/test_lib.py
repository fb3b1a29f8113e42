# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import base64

from odoo.tests import BaseCase, tagged

from ..components.adapter import retry_after
from ..components.importer import is_older
from ..lib import auth, digest, paging, redact, signature


class FakeResponse:
    def __init__(self, headers):
        self.headers = headers


@tagged("post_install", "-at_install")
class TestLib(BaseCase):
    def test_signatures_fit_or_do_not(self):
        body = b'{"id": 1}'
        for kind in signature.HASHES:
            for encoding in ("hex", "base64"):
                given = "v1=" + signature.sign(kind, "secret", body, encoding)
                check = {"encoding": encoding, "prefix": "v1="}
                with self.subTest(kind=kind, encoding=encoding):
                    self.assertTrue(
                        signature.verify(kind, "secret", body, given, **check)
                    )
                    self.assertFalse(
                        signature.verify(kind, "secret", body + b" ", given, **check)
                    )
                    self.assertFalse(
                        signature.verify(kind, "other", body, given, **check)
                    )

    def test_a_missing_secret_or_header_is_never_right(self):
        for secret, given in [("", "x"), (False, "x"), ("x", ""), ("x", None)]:
            self.assertFalse(signature.verify("token", secret, b"", given))
            self.assertFalse(signature.verify("hmac_sha256", secret, b"", given))

    def test_letters_beyond_ascii_in_a_header_are_only_wrong(self):
        self.assertFalse(signature.verify("token", "secret", b"", "sécret"))
        self.assertFalse(signature.verify("basic", "a:b", b"", "Basic é"))

    def test_basic_is_user_and_password(self):
        given = "Basic " + base64.b64encode(b"me:pw").decode()
        self.assertTrue(signature.verify("basic", "me:pw", b"", given))
        self.assertFalse(signature.verify("basic", "me:no", b"", given))

    def test_a_timestamp_has_to_be_recent(self):
        self.assertTrue(signature.is_recent("1000", 300, now=1200))
        self.assertFalse(signature.is_recent("1000", 300, now=1301))
        self.assertFalse(signature.is_recent("soon", 300))

    def test_secrets_are_masked_in_names_and_texts(self):
        masked = redact.redact_mapping({"Authorization": "x", "page": 1})
        self.assertEqual(masked, {"Authorization": "***", "page": 1})
        text = redact.redact_text("key=abcdef and abcdefgh", ["abcdef", "abcdefgh"])
        self.assertEqual(text, "key=*** and ***")
        spelled = "/a b+c: a%20b%2Bc, a+b%2Bc, a b+c"
        self.assertEqual(redact.redact_text(spelled, ["a b+c"]), "/***: ***, ***, ***")

    def test_digests_do_not_depend_on_the_order_of_keys(self):
        self.assertEqual(
            digest.digest({"a": 1, "b": [2]}), digest.digest({"b": [2], "a": 1})
        )
        self.assertNotEqual(digest.digest({"a": 1}), digest.digest({"a": 2}))

    def test_versions_are_compared_as_numbers_or_as_text(self):
        self.assertTrue(is_older("9", "10"))
        self.assertTrue(is_older("2026-01-01T10:00:00", "2026-01-02T00:00:00"))
        self.assertFalse(is_older("10", "9"))

    def test_retry_after_is_seconds_or_a_date(self):
        self.assertEqual(retry_after(FakeResponse({"Retry-After": "12"})), 12)
        past = "Wed, 21 Oct 2015 07:28:00 GMT"
        self.assertEqual(retry_after(FakeResponse({"Retry-After": past})), 1)
        self.assertIsNone(retry_after(FakeResponse({"Retry-After": "soon"})))
        self.assertIsNone(retry_after(FakeResponse({})))

    def test_a_token_of_three_parts(self):
        token = auth.jwt({"sub": "me"}, "secret")
        self.assertEqual(len(token.split(".")), 3)

    def test_a_path_leads_into_an_answer(self):
        self.assertEqual(paging.dig({"a": {"b": 1}}, "a.b"), 1)
        self.assertIsNone(paging.dig({"a": None}, "a.b"))
        self.assertEqual(paging.dig([1], ""), [1])
        answer = {"data": [{"pages": [{"id": 1}]}, {"id": 2}]}
        self.assertEqual(paging.dig(answer, "data[1].id"), 2)
        self.assertEqual(paging.dig(answer, "data[0].pages[0].id"), 1)
        self.assertIsNone(paging.dig(answer, "data[2].id"))
