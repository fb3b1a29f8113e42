# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
import logging
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import parse_qsl

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from odoo.addons.generic_connector.lib import errors, paging
from odoo.addons.generic_connector.lib.operation import Since
from odoo.addons.queue_job.exception import RetryableJobError

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestAdapter(TestConnectorCase):
    def test_a_request_carries_key_parameters_and_body(self):
        self.server.answer({"id": 5})
        answer = self.adapter().post("orders", data={"total": "1.10"}, params={"a": 1})
        self.assertEqual(answer, {"id": 5})
        request = self.server.requests[0]
        self.assertEqual(request["path"], "/orders?a=1")
        self.assertEqual(request["headers"]["X-API-Key"], "key-of-the-test")
        self.assertEqual(json.loads(request["body"]), {"total": "1.10"})

    def test_an_answer_that_is_too_large_is_given_up(self):
        self.backend.answer_max_bytes = 1000
        self.server.answer({"text": "x" * 900})
        self.assertTrue(self.adapter().get("orders"))
        self.server.answer({"text": "x" * 1100})
        with self.failing(errors.ConfigError) as caught:
            self.adapter().get("orders")
        self.assertIn("more than 1000 bytes", str(caught.exception))

    def test_an_answer_is_sorted_by_what_to_do(self):
        cases = [
            (400, errors.DataError, "data"),
            (401, errors.AuthError, "auth"),
            (404, errors.GoneError, "gone"),
            (405, errors.ConfigError, "config"),
            (409, errors.ConflictError, "conflict"),
            (422, errors.DataError, "data"),
            (301, errors.ConfigError, "config"),
        ]
        for status, error, name in cases:
            with self.subTest(status=status):
                self.server.answer({"message": "no"}, status=status)
                with self.assertRaises(error) as caught:
                    self.adapter().get("orders")
                self.assertEqual(errors.error_class_of(caught.exception), name)
                self.assertNotIsInstance(caught.exception, RetryableJobError)

    def test_a_server_error_puts_the_job_off(self):
        self.server.answer("down", status=503, headers={"Retry-After": "7"})
        with self.failing(RetryableJobError) as caught:
            self.adapter().get("orders")
        self.assertEqual(caught.exception.seconds, 7)
        self.assertEqual(errors.error_class_of(caught.exception), "transient")

    def test_no_answer_is_transient_and_shows_no_secret(self):
        self.server.hang_up()
        with self.failing(errors.TransientError) as caught:
            self.adapter().get("orders", params={"key": "key-of-the-test"})
        self.assertNotIn("key-of-the-test", str(caught.exception))

    def definition_adapter(self):
        return self.backend.get_adapter("test.connector.definition.adapter")

    def test_headers_carry_credentials_that_the_backend_has(self):
        adapter = self.definition_adapter()
        headers = {"X-Key": "k {api_key}", "X-More": "{api_secret}"}
        names = {"api_key": True, "api_secret": False}
        self.backend.write({"api_key": "key-of-the-test", "api_secret": False})
        self.env.flush_all()
        declared = {"_headers": headers, "_header_secrets": names}
        with patch.multiple(type(adapter), **declared):
            sent = adapter.get_api_headers()
            self.assertEqual(sent["X-Key"], "k key-of-the-test")
            self.assertNotIn("X-More", sent)
            self.backend.api_key = False
            with self.failing(errors.ConfigError):
                adapter.get_api_headers()

    def test_secrets_of_the_connector_itself_are_masked_too(self):
        own = [*self.backend._secret_fields(), "name"]
        with patch.object(type(self.backend), "_secret_fields", lambda backend: own):
            for record in (self.backend, self.backend.generic_backend_id):
                self.assertIn("Test Shop", record._secret_values())

    def test_a_key_in_an_address_is_masked_as_it_is_spelled_there(self):
        self.backend.api_key = "ab+c/d==xyz"
        self.env.flush_all()
        self.server.answer({}, status=404)
        with self.failing(errors.GoneError) as caught:
            self.definition_adapter().read("7")
        self.assertIn("ab%2Bc%2Fd%3D%3Dxyz", self.server.requests[0]["path"])
        self.assertIn("key=***", str(caught.exception))

    def test_one_record_may_stand_in_a_list(self):
        self.server.answer({"Contacts": [{"id": 7}]})
        self.assertEqual(self.definition_adapter().read("7"), {"id": 7})
        self.server.answer({"Contacts": {"id": 7}})
        self.assertEqual(self.definition_adapter().read("7"), {"id": 7})
        self.server.answer({"Contacts": [{"id": 7}]})
        self.assertEqual(self.definition_adapter().create({"name": "Ada"}), {"id": 7})
        for body, error in [
            ({"Contacts": []}, errors.GoneError),
            ({"Contacts": None}, errors.GoneError),
            ([], errors.GoneError),
            ({"Contacts": [{"id": 7}, {"id": 8}]}, errors.ConfigError),
            ({"errors": "maintenance"}, errors.ConfigError),
            (None, errors.TransientError),
        ]:
            with self.subTest(body=body):
                self.server.answer(body)
                with self.failing(error):
                    self.definition_adapter().read("7")

    def test_a_rule_for_errors_knows_codes_that_are_numbers(self):
        for code in (16, "16"):
            self.server.answer({"errors": [{"code": code}]}, status=400)
            with self.failing(errors.GoneError) as caught:
                self.definition_adapter().read("7")
            self.assertIn("Look for it there.", str(caught.exception))
        self.server.answer({"errors": [{"code": 17}]}, status=400)
        with self.failing(errors.DataError):
            self.definition_adapter().read("7")

    def graphql_adapter(self):
        return self.backend.get_adapter("test.connector.graphql.adapter")

    def sent(self):
        return [json.loads(request["body"]) for request in self.server.requests]

    def test_graphql_is_listed_read_and_changed(self):
        nodes = [{"id": "gid://p/1"}, {"id": "gid://p/2"}]
        page = {"nodes": nodes, "end": "gid://p/2", "more": True}
        self.server.answer({"data": {"items": page}})
        self.server.answer({"data": {"items": {**page, "more": False}}})
        adapter = self.graphql_adapter()
        since = {"since": "2026-07-21 22:18:00"}
        first = adapter.list_page(since)
        self.assertEqual(first, (nodes, "gid://p/2"))
        self.assertIsNone(adapter.list_page(since, first.next_cursor).next_cursor)
        variables = {"since": 1784672280, "first": 2}
        self.assertEqual(self.sent()[0]["variables"], variables)
        variables["after"] = "gid://p/2"
        self.assertEqual(self.sent()[1]["variables"], variables)
        self.assertEqual(self.server.requests[0]["path"], "/graphql")
        self.server.answer({"data": {"item": {"id": "gid://p/7"}}})
        self.assertEqual(adapter.read("gid://p/7"), {"id": "gid://p/7"})
        self.assertEqual(self.sent()[2]["variables"], {"id": "gid://p/7"})
        self.server.answer({"data": {"update": {"item": {"id": "7"}, "userErrors": []}}})
        self.assertEqual(adapter.write("7", {"name": "Mug"}), {"id": "7"})
        self.assertEqual(
            self.sent()[3]["variables"], {"item": {"id": "7", "name": "Mug"}}
        )
        self.server.answer({"data": {"item": None}})
        with self.failing(errors.GoneError):
            adapter.read("8")

    def test_xml_is_listed_read_and_changed(self):
        adapter = self.backend.get_adapter("test.connector.xml.adapter")
        for page, ids in [
            ("<item><id>1</id></item><item><id>2</id></item>", ["1", "2"]),
            ("<item><id>3</id></item>", ["3"]),
            ("", []),
        ]:
            self.server.answer(f"<?xml version='1.0'?><shop><items>{page}</items></shop>")
            records = adapter.list_page().records
            self.assertEqual([record["id"] for record in records], ids)
        self.assertEqual(self.server.requests[0]["headers"]["Accept"], "application/xml")
        self.server.answer("<shop><item><id>7</id></item></shop>")
        self.assertEqual(adapter.read("7"), {"id": "7"})
        self.server.answer("<shop><item/></shop>")
        with self.failing(errors.GoneError):
            adapter.read("8")
        self.server.answer("<shop><item><id>7</id><tag>a</tag></item></shop>")
        answer = adapter.write("7", {"name": "<Mug> & more", "tags": {"tag": ["a", "b"]}})
        self.assertEqual(answer, {"id": "7", "tag": ["a"]})
        sent = self.server.requests[-1]
        self.assertEqual(sent["headers"]["Content-Type"], "application/xml; charset=utf-8")
        self.assertEqual(
            sent["body"].decode(),
            '<?xml version="1.0" encoding="UTF-8"?><shop><item><name>&lt;Mug&gt; &amp; '
            "more</name><tags><tag>a</tag><tag>b</tag></tags></item></shop>",
        )
        self.server.answer(None, status=204)
        self.assertIsNone(adapter.write("7", {"name": "Mug"}))
        refusal = "<shop><error><code>85</code><message>no stock</message></error></shop>"
        self.server.answer(refusal, status=400)
        with self.failing(errors.ConflictError) as caught:
            adapter.write("7", {"name": "Mug"})
        self.assertIn("no stock", str(caught.exception))
        self.server.answer("<shop><items>")
        with self.failing(errors.UnreadableError) as caught:
            adapter.list_page()
        self.assertIn("not XML", str(caught.exception))
        # Some answer with JSON those who ask for it.
        self.server.answer({"shop": {"item": {"id": 9}}})
        self.assertEqual(adapter.read("9"), {"id": 9})

    def test_a_body_may_be_a_form(self):
        adapter = self.backend.get_adapter("test.connector.form.adapter")
        self.server.answer({"id": "cus_1"})
        made = adapter.create({"name": "Ada & Co", "address": {"lines": ["1", "2"]}})
        self.assertEqual(made, {"id": "cus_1"})
        sent = self.server.requests[0]
        kind = "application/x-www-form-urlencoded"
        self.assertEqual(sent["headers"]["Content-Type"], kind)
        self.assertEqual(
            parse_qsl(sent["body"].decode()),
            [("name", "Ada & Co"), ("address[lines][0]", "1"), ("address[lines][1]", "2")],
        )

    def test_a_search_that_needs_a_time_has_one_in_a_full_walk_too(self):
        adapter = self.graphql_adapter()
        page = {"data": {"items": {"nodes": [], "end": None, "more": False}}}
        self.server.answer(page)
        adapter.list_page()
        self.assertNotIn("since", self.sent()[0]["variables"])
        adapter._since = Since("variables.since", always=True)
        self.server.answer(page)
        adapter.list_page()
        since = self.sent()[1]["variables"]["since"]
        self.assertEqual(since, "1970-01-01T00:00:00Z")

    def test_an_error_may_come_with_the_status_of_a_success(self):
        refused = {"update": {"item": None, "userErrors": [{"message": "No title"}]}}
        self.server.answer({"data": refused})
        with self.failing(errors.DataError) as caught:
            self.graphql_adapter().write("7", {})
        self.assertIn("No title", str(caught.exception))
        self.server.answer({"errors": [{"message": "No such field"}], "data": None})
        with self.failing(errors.DataError) as caught:
            self.graphql_adapter().read("7")
        self.assertIn("No such field", str(caught.exception))
        self.server.answer({"errors": [{"message": "Busy"}], "data": {"items": None}})
        with self.failing(errors.DataError):
            self.graphql_adapter().list_page()
        code = {"code": "THROTTLED"}
        self.server.answer({"errors": [{"message": "Slowly", "extensions": code}]})
        with self.failing(errors.ThrottledError) as caught:
            self.graphql_adapter().list_page()
        self.assertIn("Slowly Wait.", str(caught.exception))

    def test_a_value_may_tell_that_an_answer_is_an_error(self):
        adapter = self.backend.get_adapter("test.connector.success.adapter")
        said = {"success": False, "message": "No such id", "status": 400}
        self.server.answer(said)
        with self.failing(errors.DataError) as caught:
            adapter.read("7")
        self.assertIn("No such id", str(caught.exception))
        self.server.answer({"state": "refused"})
        with self.failing(errors.DataError) as caught:
            adapter.write("7", {})
        self.assertIn('"state" is "refused"', str(caught.exception))
        self.assertFalse(caught.exception.outcome_unknown)
        for success in (True, 0, None):
            self.server.answer({"success": success, "data": {"id": 7}})
            self.assertEqual(adapter.read("7"), {"id": 7})

    def test_the_reason_stands_at_the_first_path_that_has_one(self):
        adapter = self.backend.get_adapter("test.connector.success.adapter")
        for answer, said in [
            ({"detail": "No name", "message": "Refused"}, "400: No name"),
            ({"detail": None, "message": "Refused"}, "400: Refused"),
            ({"detail": [], "message": {"name": ["short"]}}, '400: {"name": ["short"]}'),
            ({"other": "Why"}, '400: {"other": "Why"}'),
        ]:
            self.server.answer(answer, status=400)
            with self.failing(errors.DataError) as caught:
                adapter.read("7")
            self.assertIn(said, str(caught.exception))

    def test_a_wait_is_told_where_nothing_else_is(self):
        self.server.answer("", status=429, headers={"Retry-After": "40000"})
        with self.failing(errors.ThrottledError) as caught:
            self.adapter().get("orders")
        self.assertIn("429: it asks to wait 40000 s", str(caught.exception))
        self.assertTrue(caught.exception.ignore_retry, "a wait is no attempt")
        self.assertEqual(caught.exception.seconds, 3600)

    def test_what_was_not_refused_in_so_many_words_may_have_been_done(self):
        refused = {"update": {"item": None, "userErrors": [{"message": "No title"}]}}
        known = [{"message": "No", "extensions": {"code": "DENIED"}}]
        locked = [{"message": "Locked", "extensions": {"code": "LOCKED"}}]
        for answer, status, is_unknown in [
            ({"data": refused}, 200, False),
            ({"data": {"update": None}, "errors": [{"message": "Broken"}]}, 200, True),
            ({"data": {"update": None}, "errors": known}, 200, False),
            ({"data": {"update": None}, "errors": locked}, 200, True),
            ({"errors": known}, 409, False),
            ({"errors": locked}, 409, True),
        ]:
            self.server.answer(answer, status=status)
            with self.failing(errors.ExternalError) as caught:
                self.graphql_adapter().write("7", {})
            self.assertEqual(caught.exception.outcome_unknown, is_unknown)

    def test_a_list_that_has_not_changed_is_empty(self):
        adapter = self.graphql_adapter()
        adapter._since = Since(header="If-Modified-Since", style="http_date")
        self.server.answer(status=304)
        page = adapter.list_page({"since": "2026-07-21 22:18:00"})
        self.assertEqual(page, ([], None))
        moment = "Tue, 21 Jul 2026 22:18:00 GMT"
        self.assertEqual(self.server.requests[0]["headers"]["If-Modified-Since"], moment)
        self.server.answer(status=304)
        with self.failing(errors.ConfigError):
            adapter.list_page()

    def test_after_too_many_failures_nobody_calls_for_a_while(self):
        for _attempt in range(3):
            self.server.answer("down", status=500)
            with self.failing(errors.TransientError):
                self.adapter().get("orders")
        self.env.invalidate_all()
        self.assertEqual(self.backend.circuit_state, "open")
        with self.failing(errors.TransientError) as caught:
            self.adapter().get("orders")
        self.assertTrue(caught.exception.ignore_retry)
        self.assertGreater(caught.exception.seconds, 0)
        self.assertEqual(len(self.server.requests), 3)

    def test_the_first_success_after_the_pause_closes_the_circuit(self):
        past = fields.Datetime.now() - timedelta(seconds=5)
        self.backend.state_ids.write({"failures": 3, "paused_until": past})
        self.env.flush_all()
        self.server.answer({})
        self.adapter().get("orders")
        self.env.invalidate_all()
        self.assertEqual(self.backend.circuit_failures, 0)
        self.assertEqual(self.backend.circuit_state, "closed")

    def test_too_many_requests_pause_all_workers_as_long_as_asked(self):
        self.server.answer("slow down", status=429, headers={"Retry-After": "30"})
        with self.failing(errors.ThrottledError) as caught:
            self.adapter().get("orders")
        self.assertEqual(caught.exception.seconds, 30)
        self.env.invalidate_all()
        wait = self.backend.paused_until - fields.Datetime.now()
        self.assertGreater(wait, timedelta(seconds=20))

    def test_an_empty_bucket_puts_the_job_off_without_a_call(self):
        self.backend.write({"rate_limit": 2, "rate_period": 60.0, "rate_burst": 2})
        self.env.flush_all()
        for _attempt in range(2):
            self.server.answer({})
            self.adapter().get("orders")
        with self.failing(errors.ThrottledError) as caught:
            self.adapter().get("orders")
        self.assertTrue(caught.exception.ignore_retry)
        self.assertEqual(len(self.server.requests), 2)

    def test_a_job_that_has_begun_is_not_put_off_by_the_limit(self):
        self.backend.write({"rate_limit": 2, "rate_period": 60.0, "rate_burst": 2})
        self.env.flush_all()
        adapter = self.adapter()
        for _request in range(5):
            self.server.answer({})
            adapter.get("orders")
        self.assertEqual(len(self.server.requests), 5)
        with self.failing(errors.ThrottledError) as caught:
            self.adapter().get("orders")
        # Three tokens were overdrawn, and one is to be taken.
        self.assertGreater(caught.exception.seconds, 100)

    def test_the_success_of_another_call_does_not_end_the_pause_that_was_asked_for(self):
        self.server.answer("slow down", status=429, headers={"Retry-After": "30"})
        with self.failing(errors.ThrottledError):
            self.adapter().get("orders")
        state = self.backend.state_ids
        state._note_success()
        self.env.invalidate_all()
        self.assertEqual(self.backend.circuit_state, "open")
        state._note_failure()
        state._note_success()
        self.env.invalidate_all()
        self.assertEqual(self.backend.circuit_state, "open")

    def test_a_refusal_after_the_pause_closes_the_circuit(self):
        past = fields.Datetime.now() - timedelta(seconds=5)
        self.backend.state_ids.write({"failures": 3, "paused_until": past})
        self.env.flush_all()
        self.server.answer({}, status=404)
        self.server.answer({})
        adapter = self.adapter()
        with self.failing(errors.GoneError):
            adapter.get("orders/1")
        adapter.get("orders")
        self.env.invalidate_all()
        self.assertEqual(self.backend.circuit_failures, 0)

    def test_an_address_of_another_host_is_refused(self):
        own = self.backend.base_url.partition("://")[2]
        for address in (
            "https://elsewhere.example/orders",
            # Who reads it as a user's name goes to one host, and who does not to another.
            f"http://elsewhere.example\\@{own}/orders",
            f"http://elsewhere.example:1\\@{own}/orders",
            "http://[::1]:x/orders",
        ):
            with self.subTest(address=address), self.failing(errors.ConfigError):
                self.adapter().get(address)
        self.assertFalse(self.server.requests)

    def test_an_answer_that_is_no_json_is_told(self):
        self.server.answer("<html>maintenance</html>")
        with self.failing(errors.UnreadableError) as caught:
            self.adapter().get("orders")
        self.assertIn("maintenance", str(caught.exception))

    def test_the_log_shows_the_call_without_the_key(self):
        self.backend.debug_log = True
        self.server.answer({"echo": "key-of-the-test"})
        name = "odoo.addons.generic_connector.components.adapter"
        with self.assertLogs(name, level=logging.INFO) as logged:
            self.adapter().get("orders", params={"api_key": "key-of-the-test"})
        self.assertIn("GET", logged.output[0])
        self.assertNotIn("key-of-the-test", logged.output[0])

    def test_pages_are_walked_by_number(self):
        self.server.answer([{"id": 1}, {"id": 2}])
        self.server.answer([{"id": 3}])
        pager = paging.PageNumberPager(size=2)
        records = list(self.adapter().paginate(pager, "orders"))
        self.assertEqual([record["id"] for record in records], [1, 2, 3])
        self.assertEqual(self.server.requests[1]["path"], "/orders?page=2&per_page=2")

    def test_pages_are_walked_by_offset_cursor_and_link(self):
        self.server.answer({"items": [1, 2]})
        self.server.answer({"items": [3]})
        pager = paging.OffsetPager(records="items", size=2)
        self.assertEqual(list(self.adapter().paginate(pager, "a")), [1, 2, 3])
        self.server.answer({"data": [1], "next_cursor": "x"})
        self.server.answer({"data": [2], "next_cursor": None})
        pager = paging.CursorPager()
        self.assertEqual(list(self.adapter().paginate(pager, "a")), [1, 2])
        link = f'<{self.server.url}/a?page=2>; rel="next"'
        self.server.answer([1], headers={"Link": link})
        self.server.answer([2])
        pager = paging.LinkHeaderPager()
        self.assertEqual(list(self.adapter().paginate(pager, "a")), [1, 2])

    def test_the_last_record_may_be_the_cursor_and_the_end_told(self):
        pager = paging.CursorPager(next_path="data[-1].id", more_path="more")
        first = [{"id": "gid://p/1"}, {"id": "gid://p/2"}]
        self.server.answer({"data": first, "more": True})
        self.server.answer({"data": [{"id": "gid://p/3"}], "more": False})
        self.assertEqual(len(list(self.adapter().paginate(pager, "a"))), 3)
        path = "/a?limit=100&cursor=gid%3A%2F%2Fp%2F2"
        self.assertEqual(self.server.requests[1]["path"], path)
        for body, told in [
            ({"data": [{"id": 1}]}, '"more"'),
            ({"data": [], "more": True}, "no cursor"),
        ]:
            self.server.answer(body)
            with self.failing(errors.ConfigError) as caught:
                self.adapter().fetch_page(pager, "a")
            self.assertIn(told, str(caught.exception))
        self.server.answer({"data": [{"id": "https://a/1"}], "more": True})
        cursor = self.adapter().fetch_page(pager, "a").next_cursor
        self.server.answer({"data": [], "more": False})
        self.adapter().fetch_page(pager, "a", None, cursor)
        path = "/a?limit=100&cursor=https%3A%2F%2Fa%2F1"
        self.assertEqual(self.server.requests[-1]["path"], path)

    def test_the_next_address_may_stand_in_the_body(self):
        pager = paging.NextUrlPager("value", '["@odata.nextLink"]', size_param="$top")
        self.server.answer({"value": [1], "@odata.nextLink": "/a?$skiptoken=x%20y"})
        self.server.answer({"value": [2], "@odata.nextLink": None})
        self.assertEqual(list(self.adapter().paginate(pager, "a")), [1, 2])
        paths = [request["path"] for request in self.server.requests]
        self.assertEqual(paths, ["/a?%24top=100", "/a?$skiptoken=x%20y"])
        self.server.answer({"value": [], "@odata.nextLink": "https://evil.test/a"})
        with self.failing(errors.ConfigError):
            list(self.adapter().paginate(pager, "a"))
        self.server.answer({"value": [], "@odata.nextLink": 5})
        with self.failing(errors.ConfigError):
            self.adapter().fetch_page(pager, "a")

    def test_a_link_may_be_relative_and_loses_the_key(self):
        self.backend.write({"api_key": "ab+c/d==xyz", "username": "1"})
        link = '</a?page=2&key=ab%2Bc%2Fd%3D%3Dxyz&size=1>; rel="next"'
        self.env.flush_all()
        self.server.answer([1], headers={"Link": link})
        page = self.adapter().fetch_page(paging.LinkHeaderPager(), "a")
        self.assertEqual(page.next_cursor, f"{self.server.url}/a?page=2&size=1")
        self.server.answer([2])
        self.adapter().fetch_page(paging.LinkHeaderPager(), "a", None, page.next_cursor)
        self.assertEqual(self.server.requests[1]["path"], "/a?page=2&size=1")

    def test_a_link_without_encryption_of_the_same_host_is_followed_with_it(self):
        self.backend.base_url = "https://shop.example/api"
        adapter = self.adapter()
        for link, own in [
            ("http://shop.example/api/a?page=2", "https://shop.example/api/a?page=2"),
            ("http://shop.example:81/a", "http://shop.example:81/a"),
            ("http://other.example/a", "http://other.example/a"),
        ]:
            self.assertEqual(adapter._own_address(link), own)
        self.assertTrue(adapter.build_url("https://Shop.example:443/api/a"))
        with self.failing(errors.ConfigError):
            adapter.build_url("http://shop.example:81/a")

    def test_an_answer_of_another_shape_is_no_empty_page(self):
        pager = paging.PageNumberPager(records="data.items")
        for body, told in [
            ({"errors": "Service maintenance"}, "an object with errors"),
            ({"data": {"items": None}}, "null"),
            ({"data": {"items": {"id": 1}}}, "an object with id"),
        ]:
            self.server.answer(body)
            with self.failing(errors.ConfigError) as caught:
                self.adapter().fetch_page(pager, "a")
            self.assertIn(told, str(caught.exception))
        self.server.answer()
        with self.failing(errors.TransientError):
            self.adapter().fetch_page(pager, "a")
        for body in ({"data": {"items": []}}, []):
            self.server.answer(body)
            self.assertEqual(self.adapter().fetch_page(pager, "a").records, [])

    def test_a_list_that_repeats_its_last_page_is_told(self):
        for _page in range(2):
            self.server.answer([{"id": 1}, {"id": 2}])
        with self.failing(errors.ConfigError) as caught:
            list(self.adapter().paginate(paging.PageNumberPager(size=2), "a"))
        self.assertIn("does not end", str(caught.exception))
        self.assertEqual(len(self.server.requests), 2)

    def walked(self, pager, *answers):
        """Records of a walk through pages of (body, headers)."""
        for body, headers in answers:
            self.server.answer(body, headers=headers)
        records = list(self.adapter().paginate(pager, "a"))
        self.assertFalse(self.server.answers)
        return records

    def test_the_number_of_records_or_pages_ends_a_list(self):
        total = {"X-Total": "5"}
        pages = [([1, 2], total), ([3, 4], total), ([5], total)]
        # The server gives two a page, whatever it is asked for.
        pager = paging.PageNumberPager(size=50, total_header="X-Total")
        self.assertEqual(self.walked(pager, *pages), [1, 2, 3, 4, 5])
        pager = paging.OffsetPager(size=50, total_header="X-Total")
        self.assertEqual(self.walked(pager, *pages), [1, 2, 3, 4, 5])
        offsets = [request["path"] for request in self.server.requests[-3:]]
        self.assertEqual(
            [path.partition("offset=")[2].partition("&")[0] for path in offsets],
            ["0", "2", "4"],
        )
        meta = {"meta": {"total": 4, "pages": "2"}}
        for pager in (
            paging.PageNumberPager("data", size=2, total_path="meta.total"),
            paging.PageNumberPager("data", size=2, pages_path="meta.pages"),
            paging.OffsetPager("data", size=2, total_path="meta.total"),
        ):
            walked = self.walked(
                pager, ({"data": [1, 2], **meta}, {}), ({"data": [3, 4], **meta}, {})
            )
            self.assertEqual(walked, [1, 2, 3, 4])

    def test_a_list_that_became_shorter_is_walked_from_where_its_records_went(self):
        def answers(*pages):
            return [(records, {"X-Total": str(total)}) for records, total in pages]

        pager = paging.PageNumberPager(size=2, total_header="X-Total")
        walked = self.walked(
            pager,
            *answers(([1, 2], 7), ([3, 4], 7), ([], 4), ([4, 5], 4), ([6, 7], 4)),
        )
        self.assertEqual(walked, [1, 2, 3, 4, 4, 5, 6, 7])
        pages = [request["path"][8] for request in self.server.requests]
        self.assertEqual(pages, ["1", "2", "3", "1", "2"])

    def test_a_list_that_breaks_off_is_put_off_and_not_taken_for_its_end(self):
        pager = paging.PageNumberPager(size=2, total_header="X-Total")
        total = {"X-Total": "4"}
        self.server.answer([1, 2], headers=total)
        self.server.answer([], headers=total)
        with self.failing(errors.TransientError) as caught:
            list(self.adapter().paginate(pager, "a"))
        self.assertIn("The list broke off", str(caught.exception))
        self.assertEqual(len(self.server.requests), 2)

    def test_pages_that_lead_in_a_circle_end(self):
        for cursor in ("x", "y", "x"):
            self.server.answer({"data": [1], "next_cursor": cursor})
        with self.failing(errors.ConfigError):
            list(self.adapter().paginate(paging.CursorPager(), "a"))

    def test_graphql_gives_data_or_the_error(self):
        self.server.answer({"data": {"shop": {"name": "Ada"}}})
        data = self.adapter().graphql("{ shop { name } }")
        self.assertEqual(data["shop"]["name"], "Ada")
        self.server.answer({"errors": [{"message": "no such field"}]})
        with self.failing(errors.DataError):
            self.adapter().graphql("{ nothing }")

    def test_soap_gives_the_body_or_the_fault(self):
        envelope = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
            "<s:Body>%s</s:Body></s:Envelope>"
        )
        self.server.answer(envelope % "<Pong>1</Pong>")
        answer = self.adapter().soap("ping", etree.Element("Ping"))
        self.assertEqual(answer.text, "1")
        self.assertIn(b"<Ping/>", self.server.requests[0]["body"])
        fault = "<s:Fault><faultstring>no such order</faultstring></s:Fault>"
        self.server.answer(envelope % fault, status=500)
        with self.failing(errors.DataError) as caught:
            self.adapter().soap("ping", etree.Element("Ping"))
        self.assertIn("no such order", str(caught.exception))
