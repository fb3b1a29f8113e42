# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from functools import partial
from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.generic_connector.components import definition_shared
from odoo.addons.generic_connector.components.definition_export_mapper import (
    GenericDefinitionExportMapper,
)
from odoo.addons.generic_connector.components.definition_importer import (
    GenericDefinitionImporter,
)
from odoo.addons.generic_connector.lib import convert_back, errors
from odoo.addons.generic_connector.lib.convert import ABSENT
from odoo.addons.generic_connector.lib.outward import find

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestDefinition(TestConnectorCase):
    """What importers that were made from a definition add."""

    def import_category(self, lang=None, related=(), **record):
        self.server.answer({"id": 3, "name": "Engineers", **record})
        for other in related:
            self.server.answer(other)
        with self.as_job(self.env["test.connector.category"]) as categories:
            categories = categories.with_context(lang=lang)
            backend = categories.env[self.backend._name].browse(self.backend.id)
            binding_id = categories.import_record(backend, "3", force=True).id
        return self.env["test.connector.category"].browse(binding_id)

    def test_a_step_that_was_undone_is_not_agreed(self):
        refused = UserError("refused by a test")

        def follow(importer, binding):
            importer._press(
                binding, "action_archive", done=lambda odoo, agreed: not odoo.active
            )
            raise refused

        with patch.object(GenericDefinitionImporter, "_follow", follow):
            binding = self.import_category()
        self.assertTrue(binding.active)
        self.assertEqual(binding.sync_state, "failed")
        self.assertFalse(binding.sync_agreed_step)

    def test_a_step_that_both_sides_show_is_agreed(self):
        def follow(importer, binding):
            importer._press(
                binding, "action_archive", done=lambda odoo, agreed: not odoo.active
            )

        with patch.object(GenericDefinitionImporter, "_follow", follow):
            binding = self.import_category()
        self.assertEqual(binding.sync_agreed_step, "action_archive")

    def test_a_match_is_looked_for_in_the_company_of_the_backend(self):
        other = self.env["res.company"].create({"name": "Other"})
        partners = self.env["res.partner"]
        partners.create({"name": "A", "email": "a@x.example", "company_id": other.id})
        partners.create({"name": "B", "ref": "B-1"})
        domains = [("email", "=", "a@x.example")], [("ref", "=", "B-1")]
        with self.backend.work_on("test.connector.category") as work:
            importer = work.component(usage="record.importer")
            binder = type(importer.binder)
            with patch.object(binder, "unwrap_model", lambda binder: "res.partner"):
                self.assertEqual(importer._first_match(*domains), domains[1])

    def test_texts_are_written_in_the_language_of_the_backend(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        binding = self.import_category()
        self.import_category(lang="fr_FR", name="Builders")
        category = binding.odoo_id
        self.assertEqual(category.with_context(lang="en_US").name, "Builders")
        self.backend.lang = "fr_FR"
        self.import_category(name="Ingénieurs")
        self.assertEqual(category.with_context(lang="fr_FR").name, "Ingénieurs")
        self.assertEqual(category.with_context(lang="en_US").name, "Builders")

    def test_what_odoo_has_nothing_to_say_of_yet_is_kept_too(self):
        """Or nobody could tell that Odoo changed it later."""
        outgoing = {}
        shared = SimpleNamespace(_shared={"status": ["name"]}, held=find)
        with self.patched(_outgoing=lambda importer, binding: (shared, outgoing)):
            binding = self.import_category(status="open")
            self.assertEqual(binding._last_in_step(), {"status": [None, "open"]})
            outgoing["status"] = "closed"
            binding.export_digest = "as it was"
            self.import_category(status="open", name="Builders")
        self.assertEqual(binding.name, "Engineers")
        self.assertFalse(binding.export_digest)

    def test_that_a_record_is_archived_is_told_once(self):
        binding = self.import_category()
        binding.odoo_id.active = False
        for went_out, stays in [("as archived", "as archived"), ("before", False)]:
            binding.export_digest = went_out
            with self.patched(_export_digest=lambda importer, binding: "as archived"):
                self.import_category()
            self.assertEqual(binding.export_digest, stays)

    def test_an_import_without_changes_does_not_write_the_record(self):
        binding = self.import_category()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner_category SET write_date = '2026-01-01 00:00:00'"
        )
        self.env.invalidate_all()
        self.import_category()
        self.assertEqual(binding.odoo_id.write_date.year, 2026)
        self.assertEqual(binding.odoo_id.write_date.month, 1)

    def members(self, binding):
        members = binding.odoo_id.with_context(active_test=False).partner_ids
        bindings = self.partners.with_context(active_test=False)
        bound = bindings.search([("odoo_id", "in", members.ids)])
        return sorted(bound.mapped("external_id"))

    def test_several_related_records_are_imported_first(self):
        related = [{"id": 7, "name": "Ada"}, {"id": 8, "name": "Grace"}]
        members = [{"id": 8}, {"id": 7}, {"id": "8"}]
        binding = self.import_category(related=related, members=members)
        self.assertEqual(self.members(binding), ["7", "8"])
        paths = [request["path"] for request in self.server.requests]
        self.assertEqual(paths, ["/categories/3", "/partners/7", "/partners/8"])

    def test_a_list_of_related_records_replaces_those_that_are_there(self):
        for number in (7, 8, 9):
            self.import_partner(id=number, name=f"Partner {number}")
        for members, expected in [
            ([{"id": 7}, {"id": 8}], ["7", "8"]),
            ([{"id": 9}, {"id": 8}], ["8", "9"]),
            ([], []),
            ([{"id": 7}], ["7"]),
            (None, []),
        ]:
            binding = self.import_category(members=members)
            self.assertEqual(self.members(binding), expected)
        self.import_category(members=[{"id": 9}])
        # A list that is not told is left alone.
        self.import_category(name="Builders")
        self.assertEqual((self.members(binding), binding.name), (["9"], "Builders"))

    def test_the_same_related_records_in_another_order_are_not_written(self):
        self.import_partner(id=7)
        archived = self.import_partner(id=8).odoo_id
        binding = self.import_category(members=[{"id": 7}, {"id": 8}])
        archived.active = False
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner_category SET write_date = '2026-01-01 00:00:00'"
        )
        self.env.invalidate_all()
        self.import_category(members=[{"id": 8}, {"id": 7}])
        self.assertEqual(binding.odoo_id.write_date.month, 1)
        self.assertEqual(self.members(binding), ["7", "8"])

    def test_a_related_record_that_is_gone_refuses_the_record(self):
        self.import_partner(id=7)
        self.server.answer({"id": 3, "name": "Engineers", "members": [{"id": 7}, {"id": 8}]})
        self.server.answer({"message": "gone"}, status=404)
        with self.failing(errors.DataError) as caught:
            self.env["test.connector.category"].import_record(self.backend, "3")
        self.assertIn("partner_ids: Test Partner 8 is not in Odoo", str(caught.exception))

    def test_several_records_may_stand_inside_another(self):
        model_name = "test.connector.category"
        with self.backend.work_on(model_name) as work:
            mapper = work.component(usage="import.mapper")

            def embed(records, **options):
                return mapper.embed_each("partner_ids", records, model_name, **options)

            made = embed([{"id": 1}, {"id": 2}])["partner_ids"]
            self.assertEqual([one.record["id"] for one in made.records], [1, 2])
            self.assertEqual({one.model for one in made.records}, {model_name})
            for nothing in (None, []):
                self.assertEqual(embed(nothing), {"partner_ids": False})
                with self.assertRaisesRegex(ValueError, "but it is required"):
                    embed(nothing, required=True)
            self.assertEqual(embed(ABSENT, optional=True), {})
            for wrong in (ABSENT, "x", {"id": 1}):
                with self.assertRaisesRegex(ValueError, "a list of objects"):
                    embed(wrong)
            with self.assertRaisesRegex(ValueError, "position 1 is no object"):
                embed([{"id": 1}, 2])

    def test_a_record_that_the_other_side_lists_is_not_written_by_others(self):
        binding = self.import_category(name="Engineers")
        listed_as = ("test.connector.category",)
        with patch.object(GenericDefinitionImporter, "_listed_as", listed_as):
            self.import_category(name="Somebody's word")
            self.assertEqual(binding.name, "Engineers")
        self.import_category(name="Builders")
        self.assertEqual(binding.name, "Builders")

    def test_a_record_that_was_found_may_be_linked_only(self):
        binding = self.import_category(name="Engineers")
        with patch.object(GenericDefinitionImporter, "_link_only", True):
            self.import_category(name="Builders")
            self.assertEqual(binding.name, "Builders", "an import has made it")
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE res_partner_category SET create_date = '2026-01-01 00:00:00' "
                "WHERE id = %s",
                (binding.odoo_id.id,),
            )
            self.env.invalidate_all()
            self.import_category(name="Somebody's word")
            self.assertEqual(binding.name, "Builders")

    def test_of_a_list_of_related_records_the_ids_are_compared(self):
        mapper = SimpleNamespace(_items={"tags": "id"}, _compare={"tags": "their.tags"})
        for name in ("held", "told", "_found"):
            method = getattr(GenericDefinitionExportMapper, name)
            setattr(mapper, name, partial(method, mapper))
        record = {"their": {"tags": [{"id": 2, "name": "B"}, {"id": 1}]}, "name": "Ada"}
        self.assertEqual(mapper.held(record, "tags"), [{"id": 1}, {"id": 2}])
        self.assertEqual(mapper.held(record, "name"), "Ada")
        # No list holds none of them; an answer without one does not say so.
        self.assertEqual(mapper.held({}, "tags"), [])
        self.assertIsNone(mapper.told({}, "tags"))
        self.assertEqual(mapper.told({"their": {"tags": []}}, "tags"), [])

    def test_several_related_records_go_out_as_a_list(self):
        first = self.import_category()
        self.server.answer({"id": 30, "name": "Archived"})
        with self.as_job(self.env["test.connector.category"]) as categories:
            backend = categories.env[self.backend._name].browse(self.backend.id)
            categories.import_record(backend, "30")
        categories = self.env["test.connector.category"].search([])
        self.assertEqual(len(categories), 2)
        (categories - first).odoo_id.active = False
        partner = self.import_partner(id=7)
        partner.odoo_id.category_id = categories.odoo_id
        # What the binding shows goes out with those that it does not show.
        self.assertEqual(partner.category_id, first.odoo_id)
        back = convert_back.relations("category_id", first._name, "id")
        with self.backend.work_on(self.partners._name) as work:
            mapper = work.component(usage="export.mapper")
            self.assertEqual(back(mapper, partner, "tags"), [{"id": 3}, {"id": 30}])
            plain = convert_back.relations("category_id", first._name)
            self.assertEqual(plain(mapper, partner, "tags"), [3, 30])
            unknown = self.env["res.partner.category"].create({"name": "Unknown"})
            partner.odoo_id.category_id |= unknown
            with self.assertRaisesRegex(ValueError, "Unknown has to be exported first"):
                back(mapper, partner, "tags")
            partner.odoo_id.category_id = False
            self.assertEqual(back(mapper, partner, "tags"), [])

    def patched(self, **methods):
        return patch.multiple(definition_shared.GenericDefinitionImporter, create=True, **methods)
