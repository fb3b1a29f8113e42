# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import base64
from datetime import datetime

from odoo.tests import BaseCase, tagged

from ..components.adapter import retry_after
from ..components.importer import is_older
from ..lib import auth, digest, errors, operation, paging, redact, signature


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
        for secret, username, fits in [
            ("new\npw", "me", True),
            ("pw", "you", False),
            ("me:pw", "me", False),
            ("pw", "", False),
        ]:
            with self.subTest(secret=secret, username=username):
                check = signature.verify("basic", secret, b"", given, username=username)
                self.assertEqual(check, fits)

    def test_each_line_of_a_secret_is_accepted(self):
        lines = "new secret\r\n\n old "
        for secret in ("new secret", "old"):
            given = signature.sign("hmac_sha256", secret, b"body")
            self.assertTrue(signature.verify("hmac_sha256", lines, b"body", given))
            self.assertTrue(signature.verify("token", lines, b"", secret))
        self.assertFalse(signature.verify("token", lines, b"", lines))
        self.assertFalse(signature.verify("token", " \n", b"", " "))

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
        self.assertTrue(is_older("9.5", "10"))
        self.assertTrue(is_older("v1", "v2"))

    def test_times_are_compared_as_moments(self):
        for older, newer in [
            # The hour that the clock shows twice.
            ("2024-11-03T01:30:00-04:00", "2024-11-03T01:10:00-05:00"),
            ("2024-11-03T01:10:00.1Z", "2024-11-03T01:10:00.12Z"),
            ("2024-11-03T01:10:10Z", "2024-11-03T01:10:10.500Z"),
            ("2024-11-03 03:10:10", "2024-11-03T01:10:11Z"),
        ]:
            with self.subTest(older=older, newer=newer):
                self.assertTrue(is_older(older, newer, "Africa/Johannesburg"))
                self.assertFalse(is_older(newer, older, "Africa/Johannesburg"))
        self.assertFalse(is_older("2024-11-03T01:10:10Z", "2024-11-03T01:10:10.0Z"))

    def test_retry_after_is_seconds_or_a_date(self):
        self.assertEqual(retry_after(FakeResponse({"Retry-After": "12"})), 12)
        past = "Wed, 21 Oct 2015 07:28:00 GMT"
        self.assertEqual(retry_after(FakeResponse({"Retry-After": past})), 1)
        self.assertIsNone(retry_after(FakeResponse({"Retry-After": "soon"})))
        self.assertIsNone(retry_after(FakeResponse({})))

    def test_a_token_of_three_parts(self):
        token = auth.jwt({"sub": "me"}, "secret")
        self.assertEqual(len(token.split(".")), 3)

    def test_parameters_are_filled_in_and_those_without_their_setting_left_out(self):
        query = {"lang": "{lang}", "q": "code:{code}", "all": "{all}", "x": "1"}
        search = operation.Operation("GET", "products", query=query)
        settings = {"lang": None, "all": True}
        self.assertEqual(search.params(settings), {"all": "true", "x": "1"})
        narrowed = search.sent(settings, {"code": "{7}"})
        self.assertEqual(narrowed, ({"q": "code:{7}", "all": "true", "x": "1"}, None))
        narrowed = search.sent(settings, {"sku": "7"})
        self.assertEqual(narrowed, ({"sku": "7", "all": "true", "x": "1"}, None))

    def test_parameters_may_stand_in_the_body(self):
        changed = {"propertyName": "changed", "operator": "GTE"}
        body = {"filters": [changed], "shop": "{shop}", "all": "{all}", "odd": "{ id }"}
        search = operation.Operation("POST", "a", body=body, params_in_body=True)
        params = {"filters[0].value": 7, "sorts[0].by": "id", "limit": 100}
        asked, sent = search.sent({"shop": "s1", "all": None}, params)
        self.assertEqual(asked, {})
        expected = {"filters": [{**changed, "value": 7}], "shop": "s1", "odd": "{ id }"}
        self.assertEqual(sent, {**expected, "sorts": [{"by": "id"}], "limit": 100})
        self.assertEqual(body["filters"], [changed], "the operation stays as it was")
        for path in ("filters[2].value", "shop.name", "filters.value"):
            with self.assertRaises(errors.ConfigError):
                search.sent({"shop": "s1"}, {path: 1})

    def test_settings_and_parameters_keep_their_types_in_a_body(self):
        body = {"first": "{size}", "channel": "{channel}", "drafts": "{drafts}"}
        search = operation.Operation("POST", "a", body=body)
        asked, sent = search.sent({"channel": 3, "drafts": False}, {"size": 20})
        self.assertEqual(asked, {})
        self.assertEqual(sent, {"first": 20, "channel": 3, "drafts": False})

    def test_a_record_stands_in_a_body_of_the_operation(self):
        variables = {"input": {"id": "{id}"}}
        body = {"query": "mutation($id: ID!) { a }", "variables": variables}
        mutation = operation.Operation("POST", "", body=body, wrap="variables.input")
        sent = mutation.body({"name": "Mug"}, {}, "gid://p/7")
        wanted = {"input": {"id": "gid://p/7", "name": "Mug"}}
        self.assertEqual(sent, {"query": body["query"], "variables": wanted})
        sent = mutation.body(None, {}, "7")
        self.assertEqual(sent["variables"], {"input": {"id": "7"}})

    def test_a_body_stands_alone_or_in_a_member(self):
        body = {"name": "Ada"}
        self.assertEqual(operation.Operation("POST", "a").body(body), body)
        wrapped = operation.Operation("POST", "a", wrap="customer")
        self.assertEqual(wrapped.body(body), {"customer": body})
        self.assertIsNone(wrapped.body(None))

    def test_the_time_of_the_last_import_is_written_as_the_other_side_reads_it(self):
        moment = datetime(2026, 7, 21, 22, 18)
        for arguments, expected in [
            ({}, "2026-07-21T22:18:00Z"),
            ({"style": "iso8601_naive"}, "2026-07-21T22:18:00"),
            ({"style": "blank", "zone": "Europe/Paris"}, "2026-07-22 00:18:00"),
            ({"style": "date", "zone": "Europe/Paris"}, "2026-07-22"),
            ({"style": "epoch_seconds", "value": ">[{time}]"}, ">[1784672280]"),
            ({"style": "epoch_milliseconds"}, 1784672280000),
            ({"style": "http_date"}, "Tue, 21 Jul 2026 22:18:00 GMT"),
        ]:
            since = operation.Since("since", **arguments)
            self.assertEqual(since.params(moment), {"since": expected}, arguments)
            self.assertEqual(since.headers(moment), {}, arguments)
            since = operation.Since(header="Since", **arguments)
            self.assertEqual(since.params(moment), {}, arguments)
            self.assertEqual(since.headers(moment), {"Since": str(expected)}, arguments)

    def test_an_offset_may_stand_beside_the_size_and_a_list_may_be_whole(self):
        pager = paging.OffsetPager(size=50, size_param=None, value="{offset},{size}")
        self.assertEqual(pager.params(100), {"offset": "100,50"})
        self.assertEqual(paging.OffsetPager(size_param=None).params(100), {"offset": 100})
        whole = paging.WholePager("items").page(None, {"items": [1]}, FakeResponse({}))
        self.assertEqual(whole, ([1], None))

    def test_a_number_that_is_to_end_a_list_has_to_be_told(self):
        pager = paging.OffsetPager("items", total_path="total")
        for total in (None, True, "many"):
            with self.assertRaisesRegex(errors.UnreadableError, 'expected at "total"'):
                pager.page(0, {"items": [1], "total": total}, FakeResponse({}))

    def test_an_empty_page_of_a_list_that_goes_on_is_no_end(self):
        by_page = paging.PageNumberPager("items", size=2, total_path="total")
        by_pages = paging.PageNumberPager("items", size=2, first=0, pages_path="pages")
        by_offset = paging.OffsetPager("items", size=2, total_path="total")
        for pager, cursor, body, told in [
            (by_page, 1, {"total": 1}, "1 records"),
            (by_page, "2/5/2", {"total": 5}, "5 records"),
            (by_page, "3/4/4", {"total": 5}, "5 records"),
            (by_pages, 0, {"pages": 2}, "2 pages"),
            (by_pages, "1//2", {"pages": "2"}, "2 pages"),
            (by_offset, "2/5/2", {"total": 5}, "5 records"),
            (by_offset, "4/5/4", {"total": 5}, "5 records"),
            (by_offset, 0, {"total": 1}, "1 records"),
        ]:
            with self.assertRaisesRegex(errors.TransientError, f"speaks of {told}"):
                pager.page(cursor, {"items": [], **body}, FakeResponse({}))
        for pager, cursor, body in [
            (by_page, 1, {"total": 0}),
            (by_page, "3/4/4", {"total": 4}),
            # The server counts one that it does not give.
            (by_page, "2/2/1", {"total": 2}),
            (by_pages, 0, {"pages": 0}),
            (by_pages, "2//4", {"pages": 2}),
            (by_offset, 0, {"total": 0}),
            (by_offset, "4/4/4", {"total": 4}),
        ]:
            page = pager.page(cursor, {"items": [], **body}, FakeResponse({}))
            self.assertEqual(page, ([], None), (cursor, body))
        # Deleted meanwhile: the walk steps back as before.
        for pager, cursor in [(by_page, "3/7/4"), (by_offset, "4/7/4")]:
            body = {"items": [], "total": 5}
            page = pager.page(cursor, body, FakeResponse({}))
            self.assertIn("/5/2/", page.next_cursor)

    def test_a_path_leads_into_an_answer(self):
        self.assertEqual(paging.dig({"a": {"b": 1}}, "a.b"), 1)
        self.assertIsNone(paging.dig({"a": None}, "a.b"))
        self.assertEqual(paging.dig([1], ""), [1])
        answer = {"data": [{"pages": [{"id": 1}]}, {"id": 2}]}
        self.assertEqual(paging.dig(answer, "data[1].id"), 2)
        self.assertEqual(paging.dig(answer, "data[0].pages[0].id"), 1)
        self.assertIsNone(paging.dig(answer, "data[2].id"))
        self.assertEqual(paging.dig(answer, "data[-1].id"), 2)
        self.assertIsNone(paging.dig(answer, "data[-3].id"))
        self.assertEqual(paging.dig({"@odata.count": 7}, '["@odata.count"]'), 7)
        self.assertEqual(paging.dig({"a": [{"b.c": 1}]}, 'a[0]["b.c"]'), 1)
