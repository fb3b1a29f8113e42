# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

from odoo.tests import TransactionCase

from ..lib import convert
from ..lib.convert import ABSENT, LEAVE, Rule, each, take


class TestConvert(TransactionCase):
    """The same rules as those of the service's mapper."""

    def value(self, value, record=None, **rule):
        return Rule(**rule).apply(self.env, record or {}, value)

    def test_absent_null_and_empty_are_three_things(self):
        with self.assertRaisesRegex(ValueError, "no such value"):
            self.value(ABSENT)
        self.assertIs(self.value(ABSENT, optional=True), LEAVE)
        self.assertEqual(self.value(ABSENT, default=3), 3)
        self.assertIs(self.value(None), False)
        self.assertIs(self.value(None, null="skip"), LEAVE)
        self.assertEqual(self.value(None, null="default", default=3), 3)
        self.assertIs(self.value(" "), False)
        self.assertIs(self.value("", empty="skip"), LEAVE)
        for empty in (None, ""):
            with self.assertRaisesRegex(ValueError, "required"):
                self.value(empty, required=True)

    def test_paths_walk_objects_and_lists(self):
        record = {"a": {"b": [{"c": 1}, {"c": None}]}}
        self.assertEqual(take(record, "a.b[0].c"), 1)
        self.assertIsNone(take(record, "a.b[1].c"))
        for path in ("a.b[2].c", "a.x", "a.b.c", "a.b[0].c.d"):
            self.assertIs(take(record, path), ABSENT)

    def test_an_item_is_found_by_the_text_of_a_member(self):
        path = "a[code=tax.rate].value"
        one = {"code": "tax.rate", "value": 1}
        two = {"code": "tax.rate", "value": 2}
        for record, expected in [
            ({"a": [{"code": "x"}, {"code": "tax.rate", "value": "15"}]}, "15"),
            ({"a": [one, two]}, 1),
            ({"a": [{"code": "tax.rate", "value": None}]}, None),
            ({"a": [5, None, {"code": 1}, {"code": "tax.rate"}]}, ABSENT),
            ({"a": one}, ABSENT),
            ({"a": []}, ABSENT),
            ({}, ABSENT),
        ]:
            self.assertIs(take(record, path), expected)
        self.assertEqual(take({"a": [{"k": "b=c", "v": [7]}]}, "a[k=b=c].v[0]"), 7)

    def test_converters(self):
        for kind, given, expected in [
            ("text", 7, "7"),
            ("text", 12.5, "12.5"),
            ("trim", " a ", "a"),
            ("lower", " A ", "a"),
            ("upper", " a ", "A"),
            ("decimal", "12.50", Decimal("12.50")),
            ("decimal", 0.1, Decimal("0.1")),
            ("integer", "7", 7),
            ("integer", 7.0, 7),
            ("boolean", "Yes", True),
            ("boolean", 0, False),
            ("date", "2026-05-04T23:30:00-02:00", dt.date(2026, 5, 5)),
            ("datetime", "2026-05-04T10:00:00+03:00", dt.datetime(2026, 5, 4, 7)),
            ("html_to_text", "<p>a &amp; b</p>", "a & b"),
        ]:
            with self.subTest(kind=kind, given=given):
                self.assertEqual(self.value(given, kind=kind), expected)

    def test_a_long_text_of_tags_that_never_end_comes_to_an_end(self):
        for piece in ("<a", "<!", "&#"):
            html = piece * 1000000
            self.assertEqual(self.value(html, kind="html_to_text"), html)

    def test_a_time_without_offset_is_in_the_zone_of_the_rule(self):
        moment = self.value("2026-05-04 10:00:00", kind="datetime", zone="Asia/Riyadh")
        self.assertEqual(moment, dt.datetime(2026, 5, 4, 7))

    def test_times_are_read_as_the_service_reads_them(self):
        """The same cases as in the tests of the service's mapper."""
        seven = dt.datetime(2025, 11, 1, 7)
        for given, expected in [
            ("20251101T070000Z", seven),
            ("20251101T0700Z", seven),
            ("20251101", dt.datetime(2025, 11, 1)),
            ("2025-11-01T07Z", seven),
            ("2025-11-01t07:00:00z", seven),
            ("2025-11-01T07:00:60Z", seven.replace(second=59)),
            ("2025-11-01T07:00:00,25Z", seven.replace(microsecond=250000)),
            ("2025-11-01T07:00:00.123456789Z", seven.replace(microsecond=123456)),
            ("2025-11-01T10:00:00+03", seven),
            ("2025-11-01T10:00:00+0300", seven),
            ("2025-11-01T08:00:00+01:00[Europe/Paris]", seven),
            (1761980400, seven),
            (1761980400123, seven.replace(microsecond=123000)),
            ("/Date(1761980400000+0000)/", seven),
            ("/Date(-1000-0500)/", dt.datetime(1969, 12, 31, 23, 59, 59)),
        ]:
            with self.subTest(given=given):
                self.assertEqual(self.value(given, kind="datetime"), expected)
        for given in (
            "2025-1101",
            "2025-11-01T07:0000Z",
            "2025-11-01T24:00:00Z",
            "/Date(soon)/",
            20251101,
            0,
            1761980400.5,
            True,
            9223372036854775807,
        ):
            with self.subTest(given=given), self.assertRaises(ValueError):
                self.value(given, kind="datetime")

    def test_what_cannot_be_converted_says_why(self):
        for kind, given in [
            ("decimal", "1_000"),
            ("decimal", True),
            ("integer", "7.5"),
            ("boolean", "maybe"),
            ("date", "yesterday"),
            ("country", "Saudi"),
            ("currency", "XXQ"),
            (None, [1]),
            (None, 1e15),
        ]:
            with self.subTest(kind=kind, given=given), self.assertRaises(ValueError):
                self.value(given, kind=kind)

    def test_records_that_every_odoo_has(self):
        country = self.env.ref("base.sa")
        self.assertEqual(self.value("sa", kind="country"), country.id)
        state = self.env["res.country.state"].create(
            {"name": "Riyadh", "code": "QQ", "country_id": country.id}
        )
        for code in ("QQ", "SA-QQ", "SAQQ"):
            found = self.value(code, {"c": "SA"}, kind="state", country="c")
            self.assertEqual(found, state.id)
        state.code = "SA-QQ"
        for code in ("QQ", "SA-QQ", "SAQQ"):
            found = self.value(code, {"c": "SA"}, kind="state", country="c")
            self.assertEqual(found, state.id)
        self.assertFalse(self.value("ZZ", {"c": "SA"}, kind="state", country="c"))

    def test_an_archived_currency_is_found(self):
        archived = self.env["res.currency"].create(
            {"name": "QQQ", "symbol": "Q", "active": False}
        )
        self.assertEqual(self.value("qqq", kind="currency"), archived.id)

    def test_a_table_refuses_what_it_does_not_list(self):
        values = {"publish": True, "true": 1}
        self.assertIs(self.value("publish", values=values), True)
        self.assertEqual(self.value(True, values=values), 1)
        with self.assertRaisesRegex(ValueError, "not in the value table"):
            self.value("draft", values=values)

    def test_a_relation_is_left_to_the_importer(self):
        related = self.value(7, relation="shop.partner", missing="wait")
        self.assertIsInstance(related, convert.Relation)
        self.assertEqual((related.external_id, related.missing), ("7", "wait"))

    def test_several_relations_are_told_by_their_ids(self):
        """The same rows are in the service's tests of its mapper."""
        tags = convert.relations("tags[].id", "shop.tag", optional=True)
        mapper = SimpleNamespace(env=self.env)
        no_id = "is no id of a related record: text or a whole number is expected"
        for given, expected in [
            ({"tags": [{"id": 2}, {"id": 10}]}, ["10", "2"]),
            ({"tags": [{"id": 10}, {"id": "2"}, {"id": 2}]}, ["10", "2"]),
            ({"tags": [{"id": " a "}, {"id": "007"}]}, [" a ", "007"]),
            ({"tags": []}, False),
            ({"tags": None}, False),
            ({"tags": ""}, False),
            ({}, LEAVE),
            ({"tags": {"id": 1}}, "a list is expected here"),
            ({"tags": 5}, "a list is expected here"),
            ({"tags": "1, 2"}, "a list is expected here"),
            ({"tags": [{"id": 1}, {}]}, "the item at position 1 has no such value"),
            ({"tags": [1]}, "the item at position 0 has no such value"),
            ({"tags": [{"id": 1}, {"id": None}]}, f"the item at position 1 {no_id}"),
            ({"tags": [{"id": " "}]}, f"the item at position 0 {no_id}"),
            ({"tags": [{"id": True}]}, f"the item at position 0 {no_id}"),
            ({"tags": [{"id": 1.5}]}, f"the item at position 0 {no_id}"),
            ({"tags": [{"id": [1]}]}, f"the item at position 0 {no_id}"),
        ]:
            with self.subTest(given=given):
                if isinstance(expected, str):
                    with self.assertRaisesRegex(ValueError, expected):
                        tags(mapper, given, "tag_ids")
                    continue
                made = tags(mapper, given, "tag_ids")
                if isinstance(expected, list):
                    made = made.external_ids
                self.assertEqual(made, expected)

    def test_a_path_may_go_through_lists_within_lists(self):
        record = {"a": [{"b": [{"c": 3}]}, {"b": None}, {"b": [{"c": 1}, {"c": 3}]}]}
        self.assertEqual(each(record, "a[].b[].c"), [3, 1, 3])
        self.assertEqual(each({"a": [[1], [2, 3]]}, "a[][]"), [1, 2, 3])
        self.assertEqual(each({"a": [{"b": [1]}]}, "a[0].b[]"), [1])
        with self.assertRaisesRegex(ValueError, "position 1 has no such value"):
            each({"a": [{"b": []}, {}]}, "a[].b[]")

    def test_an_expression_may_give_several_relations(self):
        rule = {"relation": "shop.tag", "many": True}
        made = self.value(["b", "a", "b"], missing="wait", **rule)
        self.assertEqual([one.external_id for one in made.records], ["a", "b"])
        self.assertEqual({one.missing for one in made.records}, {"wait"})
        for given in (7, "7", {"a": 1}):
            with self.assertRaisesRegex(ValueError, "a list is expected here"):
                self.value(given, **rule)
        self.assertIs(self.value([], empty="skip", **rule), LEAVE)
        with self.assertRaisesRegex(ValueError, "required"):
            self.value([], required=True, **rule)
