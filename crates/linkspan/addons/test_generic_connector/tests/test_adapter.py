# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
import logging
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from odoo.addons.generic_connector.lib import errors, paging
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

    def test_an_address_of_another_host_is_refused(self):
        with self.failing(errors.ConfigError):
            self.adapter().get("https://elsewhere.example/orders")
        self.assertFalse(self.server.requests)

    def test_an_answer_that_is_no_json_is_told(self):
        self.server.answer("<html>maintenance</html>")
        with self.failing(errors.ConfigError) as caught:
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
