# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.generic_connector.components import definition_shared
from odoo.addons.generic_connector.components.definition_importer import (
    GenericDefinitionImporter,
)
from odoo.addons.generic_connector.lib.outward import find

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestDefinition(TestConnectorCase):
    """What importers that were made from a definition add."""

    def import_category(self, lang=None, **record):
        self.server.answer({"id": 3, "name": "Engineers", **record})
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

    def patched(self, **methods):
        return patch.multiple(definition_shared.GenericDefinitionImporter, create=True, **methods)
