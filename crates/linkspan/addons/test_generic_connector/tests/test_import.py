# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.connector.database import pg_try_advisory_lock
from odoo.addons.generic_connector.lib import errors

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestImport(TestConnectorCase):
    def test_a_record_is_created_and_bound(self):
        binding = self.import_partner(id=7, email="ada@example.com", updated_at="2026-01-01")
        self.assertEqual(binding.external_id, "7")
        self.assertEqual(binding.odoo_id.email, "ada@example.com")
        self.assertEqual(binding.sync_state, "synced")
        self.assertEqual(binding.external_version, "2026-01-01")
        self.assertTrue(binding.payload_digest)
        self.assertTrue(binding.sync_date)

    def test_importing_twice_makes_one_record(self):
        first = self.import_partner(id=7)
        second = self.import_partner(id=7)
        self.assertEqual(first, second)
        self.assertEqual(self.partners.search_count([("external_id", "=", "7")]), 1)

    def test_a_newer_state_is_written(self):
        self.import_partner(id=7, name="Ada", updated_at="2026-01-01T10:00:00")
        binding = self.import_partner(
            id=7, name="Ada Lovelace", updated_at="2026-01-02T10:00:00"
        )
        self.assertEqual(binding.odoo_id.name, "Ada Lovelace")

    def test_an_older_state_never_overwrites_a_newer_one(self):
        self.import_partner(id=7, name="New", updated_at="2026-01-02T10:00:00")
        binding = self.import_partner(id=7, name="Old", updated_at="2026-01-01T10:00:00")
        self.assertEqual(binding.odoo_id.name, "New")
        self.assertEqual(binding.external_version, "2026-01-02T10:00:00")

    def test_not_even_after_a_failure(self):
        binding = self.import_partner(id=7, name="New", updated_at="2026-01-02T10:00:00")
        binding.sync_state = "failed"
        self.env.flush_all()
        self.import_partner(id=7, name="Old", updated_at="2026-01-01T10:00:00")
        self.assertEqual(binding.odoo_id.name, "New")

    def test_an_unchanged_record_is_not_written(self):
        binding = self.import_partner(id=7, name="Ada")
        binding.odoo_id.name = "Changed here"
        self.env.flush_all()
        self.import_partner(id=7, name="Ada")
        self.assertEqual(binding.odoo_id.name, "Changed here")

    def test_an_existing_record_is_adopted(self):
        partner = self.env["res.partner"].create({"name": "A", "email": "a@example.com"})
        binding = self.import_partner(id=7, name="Ada", email="a@example.com")
        self.assertEqual(binding.odoo_id, partner)
        self.assertEqual(partner.name, "Ada")

    def test_a_record_of_another_company_is_not_adopted(self):
        other = self.env["res.company"].create({"name": "Other"})
        partners = self.env["res.partner"]
        partner = partners.create(
            {"name": "A", "email": "a@example.com", "company_id": other.id}
        )
        binding = self.import_partner(id=7, name="Ada", email="a@example.com")
        self.assertNotEqual(binding.odoo_id, partner)
        self.assertEqual(partner.name, "A")
        binding.odoo_id.unlink()
        # A backend of all companies works in the company of whoever runs the job.
        self.backend.company_id = False
        again = self.import_partner(id=8, name="Ada", email="a@example.com")
        self.assertNotEqual(again.odoo_id, partner)

    def test_several_matches_are_an_error_and_not_a_guess(self):
        for name in ("A", "B"):
            self.env["res.partner"].create({"name": name, "email": "a@example.com"})
        with self.failing(errors.ConflictError):
            self.import_partner(id=7, email="a@example.com")
        self.assertFalse(self.partners.search([("external_id", "=", "7")]))
        self.assertEqual(self.failures().error_class, "conflict")

    def test_a_match_that_is_bound_elsewhere_is_an_error(self):
        self.import_partner(id=7, email="a@example.com")
        with self.failing(errors.ConflictError):
            self.import_partner(id=8, email="a@example.com")

    def test_what_a_record_refers_to_comes_first(self):
        self.server.answer({"id": 7, "name": "Ada", "category": 3})
        self.server.answer({"id": 3, "name": "Engineers"})
        with self.as_job(self.partners) as partners:
            backend = partners.env[self.backend._name].browse(self.backend.id)
            partners.import_record(backend, "7")
        category = self.env["test.connector.category"].search([])
        self.assertEqual(category.external_id, "3")
        binding = self.partners.search([("external_id", "=", "7")])
        self.assertEqual(binding.category_id, category.odoo_id)

    def test_a_failure_is_noted_although_the_job_is_rolled_back(self):
        binding = self.import_partner(id=7)
        self.server.answer({"error": "no"}, status=422)
        with self.failing(errors.DataError), self.as_job(binding) as job:
            job.import_record(job.backend_id, "7", force=True)
        failure = self.failures()
        self.assertEqual(failure.error_class, "data")
        self.assertEqual(failure.state, "open")
        self.assertEqual(binding.sync_state, "failed")
        self.assertEqual(binding.last_error_class, "data")
        self.assertEqual(binding.retry_count, 1)

    def test_a_record_that_is_gone_is_a_failure_to_dismiss_and_its_job_is_done(self):
        binding = self.import_partner(id=7)
        self.server.answer({"error": "no"}, status=404)
        with self.as_job(binding) as job:
            self.assertFalse(job.import_record(job.backend_id, "7"))
        self.assertEqual(self.failures().error_class, "gone")
        self.assertIn("dismiss", self.failures().message)
        self.assertEqual(binding.last_error_class, "gone")
        self.assertTrue(binding.odoo_id.active)

    def test_what_a_record_needs_and_is_gone_fails_the_record(self):
        self.server.answer({"id": 7, "name": "Ada", "category": 3})
        self.server.answer({"error": "no"}, status=404)
        with self.failing(errors.GoneError), self.as_job(self.partners) as partners:
            backend = partners.env[self.backend._name].browse(self.backend.id)
            partners.import_record(backend, "7")
        self.assertFalse(self.partners.search([("external_id", "=", "7")]))

    @mute_logger("odoo.sql_db")
    def test_an_error_of_the_database_is_noted_too(self):
        self.server.answer({"id": 7, "name": "Ada"})
        with self.failing(psycopg2.errors.DivisionByZero):
            with self.as_job(self.partners) as partners:
                backend = partners.env[self.backend._name].browse(self.backend.id)

                def fail(importer, binding):
                    importer.env.cr.execute("SELECT 1 / 0")

                importer = "odoo.addons.generic_connector.components.importer"
                with patch(f"{importer}.GenericImporter._after_import", fail):
                    partners.import_record(backend, "7")
        self.assertEqual(self.failures().error_class, "bug")
        self.assertIn("division by zero", self.failures().message)

    def test_a_later_success_solves_the_failure(self):
        self.server.answer({"error": "no"}, status=422)
        with self.failing(errors.DataError):
            with self.as_job(self.partners) as partners:
                backend = partners.env[self.backend._name].browse(self.backend.id)
                partners.import_record(backend, "7")
        self.assertEqual(self.failures().state, "open")
        binding = self.import_partner(id=7)
        self.assertEqual(self.failures().state, "solved")
        self.assertEqual(binding.retry_count, 0)

    def test_repeated_failures_are_counted_on_one_line(self):
        for _attempt in range(2):
            self.server.answer("down", status=500)
            with self.failing(errors.TransientError):
                with self.as_job(self.partners) as partners:
                    backend = partners.env[self.backend._name].browse(self.backend.id)
                    partners.import_record(backend, "7")
        self.assertEqual(self.failures().attempts, 2)

    def test_retry_and_dismiss_of_a_failure(self):
        self.test_a_failure_is_noted_although_the_job_is_rolled_back()
        action = self.failures().action_retry()
        self.assertEqual(action["params"]["type"], "success")
        self.assertRegex(self.failures().record_name, r"^7 \(.*Ada.*\)$")
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], "7")
        self.failures().action_dismiss()
        self.assertEqual(self.failures().state, "dismissed")

    def test_ids_are_text_and_empty_ids_find_nothing(self):
        unbound = self.partners.create(
            {"backend_id": self.backend.id, "name": "Not exported yet"}
        )
        with self.backend.work_on(self.partners._name) as work:
            binder = work.component(usage="binder")
            for empty in (None, False, "", True):
                self.assertFalse(binder.to_internal(empty))
                self.assertFalse(binder.to_internal(empty, unwrap=True))
            binder.bind(0, unbound)
            self.assertEqual(unbound.external_id, "0")
            self.assertEqual(binder.to_internal(0), unbound)
            self.assertEqual(binder.to_external(unbound.odoo_id, wrap=True), "0")

    def test_a_lock_is_taken_per_record(self):
        with self.backend.work_on(self.partners._name) as work:
            work.component(usage="record.importer")._lock("import", "7")
        key = f"test.connector.backend {self.backend.id} test.connector.partner import 7"
        self.assertTrue(pg_try_advisory_lock(self.env, key))
        with self.env.registry._db.cursor() as other:
            other_env = self.env(cr=other)
            self.assertFalse(pg_try_advisory_lock(other_env, key))

    def test_two_bindings_of_one_record_are_refused_by_the_database(self):
        binding = self.import_partner(id=7)
        for values in (
            {"external_id": "7", "name": "Another"},
            {"external_id": "8", "odoo_id": binding.odoo_id.id},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(psycopg2.errors.UniqueViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.partners.create({"backend_id": self.backend.id, **values})
