# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import TransactionCase

from odoo.addons.generic_connector.lib import compare, outward


class TestCompare(TransactionCase):
    def test_a_change_of_one_side_is_no_conflict(self):
        base = ["a", "a"]
        for now, who in [
            (["a", "a"], compare.SAME),
            (["b", "a"], compare.OURS),
            (["a", "b"], compare.THEIRS),
            (["b", "b"], compare.SAME),
            (["b", "c"], compare.BOTH),
        ]:
            self.assertEqual(compare.changed_by(now, base, shared=True), who, now)

    def test_what_the_other_side_stores_in_its_own_way_is_not_sent_again(self):
        now = base = ["Lamp ", "Lamp"]
        self.assertEqual(compare.changed_by(now, base, shared=True), compare.NOBODY)
        self.assertEqual(compare.changed_by(now, base, shared=False), compare.NOBODY)

    def test_what_odoo_owns_goes_out_over_a_change_there(self):
        self.assertEqual(
            compare.changed_by(["b", "c"], ["a", "a"], shared=False), compare.OURS
        )

    def test_without_a_base_only_what_odoo_owns_goes_out(self):
        self.assertEqual(compare.changed_by(["a", "b"], None, False), compare.OURS)
        self.assertEqual(compare.changed_by(["a", "b"], None, True), compare.NOBODY)

    def test_numbers_are_compared_as_numbers_and_texts_as_texts(self):
        for ours, theirs in [
            (compare.Number("149.00"), "149"),
            (compare.Number("0.10"), 0.1),
            (compare.Number("-0.0"), "0"),
            (100, "100"),
            ("", None),
        ]:
            self.assertEqual(*compare.pair(ours, theirs))
        for ours, theirs in [("007", "7"), (True, 1), (compare.Number("1"), "one")]:
            self.assertNotEqual(*compare.pair(ours, theirs))


class TestOutward(TransactionCase):
    def test_a_path_leads_to_an_item_of_a_list(self):
        path = "meta_data[key=_number].value"
        sent = outward.nested({"billing.city": "Riyadh", path: "31"})
        self.assertEqual(
            sent,
            {
                "billing": {"city": "Riyadh"},
                "meta_data": [{"key": "_number", "value": "31"}],
            },
        )
        self.assertEqual(outward.find(sent, path), "31")
        self.assertIsNone(outward.find(sent, "meta_data[key=other].value"))

    def test_what_the_other_side_holds_may_go_along(self):
        tags = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
        held = {"id": 7, "stock": 5, "billing": {"city": "Riyadh", "zip": "1"}, "tags": tags}
        whole = outward.along(held, ["*"], ["stock", "billing.zip", "none.at.all"])
        kept = {"id": 7, "billing": {"city": "Riyadh"}, "tags": tags}
        self.assertEqual(whole, kept)
        self.assertEqual(held["stock"], 5)
        sent = outward.nested({"tags[key=a].value": "9", "billing.city": "Jeddah"}, whole)
        changed = [{"key": "a", "value": "9"}, {"key": "b", "value": "2"}]
        self.assertEqual(sent, {"id": 7, "billing": {"city": "Jeddah"}, "tags": changed})
        self.assertEqual(whole, kept)
        some = outward.along(held, ["id", "billing.city", "gone"])
        self.assertEqual(some, {"id": 7, "billing": {"city": "Riyadh"}})
        self.assertEqual(outward.along(held, ()), {})

    def test_a_record_is_shown_as_odoo_shows_it_outside(self):
        country = self.env.ref("base.sa")
        partner = self.env["res.partner"].create(
            {"name": "Hala", "country_id": country.id}
        )
        shown = outward.Shown(partner, {"child_ids": ["name"]})
        self.assertEqual(shown["country_id"], [country.id, country.display_name])
        self.assertIs(shown["email"], False)
        self.assertEqual(shown["child_ids"], [])
        self.assertIsNone(shown.get("no_such_field"))
        with self.assertRaises(KeyError):
            _ = shown["no_such_field"]

    def test_a_list_of_related_records_is_told_by_its_ids(self):
        sent = outward.listed(["2", "10", "2", "007"], "node.id")
        self.assertEqual(
            sent, [{"node": {"id": "007"}}, {"node": {"id": 10}}, {"node": {"id": 2}}]
        )
        self.assertEqual(outward.listed(["b", "1"]), [1, "b"])
        found = [{"id": 2, "name": "B"}, {"id": "1"}, {"id": 2}]
        self.assertEqual(outward.held_list(found, "id"), [{"id": 1}, {"id": 2}])
        self.assertEqual(outward.held_list([2, "1", 2]), [1, 2])
        for nothing in (None, [], ""):
            self.assertEqual(outward.held_list(nothing, "id"), [])
        for odd in ([{"name": "B"}], {"id": 1}, "x"):
            self.assertEqual(outward.held_list(odd, "id"), odd)
