# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.generic_connector.components.batch_exporter import (
    GenericBatchExporter,
)

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestChanges(TestConnectorCase):
    """What was changed in Odoo is found and goes out."""

    def setUp(self):
        super().setUp()
        self.ada = self.bound("Ada", 41)
        self.bo = self.bound("Bo", 42)

    def bound(self, name, external_id):
        """A binding whose record is in step with the other side."""
        values = {"backend_id": self.backend.id, "name": name}
        binding = self.partners.with_context(connector_no_export=True).create(values)
        with self.backend.work_on(binding._name) as work:
            mapper = work.component(usage="export.mapper")
            binding.with_context(connector_no_export=True).write(
                {
                    "external_id": str(external_id),
                    "export_digest": mapper.digest_of(binding),
                }
            )
        return binding

    def change(self, binding, **values):
        """Change a record without a listener that tells of it."""
        binding.odoo_id.with_context(connector_no_export=True).write(values)

    def look(self, **page):
        """Run the search; give the bindings whose export it has queued."""
        known = self.jobs("_export_to_external")
        self.env.flush_all()
        self.partners.export_changes(self.backend, **page)
        queued = self.jobs("_export_to_external") - known
        return self.partners.union(*[job.records for job in queued])

    def looked_at(self, **ago):
        """Let the last search lie so long ago, and all records be written before."""
        self.env["generic.checkpoint"]._move(
            self.backend.generic_backend_id,
            self.partners._name,
            self.env.cr.now() - timedelta(**ago),
            mark="exported_until",
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET write_date = '2026-01-01 00:00:00'")
        self.env.invalidate_all()

    def watching(self, **attributes):
        return patch.multiple(GenericBatchExporter, create=True, **attributes)

    def test_only_what_differs_from_what_went_out_goes_out(self):
        self.change(self.bo, name="Bob")
        self.assertEqual(self.look(), self.bo)

    def test_a_search_moves_the_mark_to_its_begin(self):
        self.assertFalse(self.look())
        checkpoint = self.env["generic.checkpoint"].search(
            [("model_name", "=", self.partners._name)]
        )
        began = self.env.cr.now().replace(microsecond=0)
        self.assertEqual(checkpoint.exported_until, began)
        self.assertFalse(checkpoint.since)

    def test_a_search_looks_at_what_was_written_since_and_a_full_one_at_all(self):
        self.change(self.bo, name="Bob")
        self.looked_at(hours=1)
        self.assertFalse(self.look())
        self.assertEqual(self.look(full=True), self.bo)
        self.change(self.ada, name="Ada L.")
        self.assertEqual(self.look(), self.ada)

    def test_a_search_reaches_back_by_the_longest_transaction(self):
        self.change(self.bo, name="Bob")
        self.looked_at(hours=0)
        long_ago = fields.Datetime.now() - timedelta(minutes=20)
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = %s WHERE id = %s",
            (long_ago, self.bo.odoo_id.id),
        )
        self.assertEqual(self.look(), self.bo)

    def test_what_something_watched_leads_to_is_looked_at(self):
        account = self.env["res.partner.bank"].create(
            {"partner_id": self.bo.odoo_id.id, "acc_number": "DE-1"}
        )
        self.change(self.bo, name="Bob")
        self.looked_at(hours=1)
        self.env.cr.execute("UPDATE res_partner_bank SET write_date = '2026-01-01'")
        watch = [("res.partner.bank", "partner_id"), ("no.such.model", "partner_id")]
        with self.watching(_watch=watch):
            self.assertFalse(self.look())
            account.acc_number = "DE-2"
            self.assertEqual(self.look(), self.bo)

    def test_records_that_fit_are_bound_and_go_out(self):
        partners = self.env["res.partner"]
        fitting = partners.create({"name": "Cy", "ref": "to-shop"})
        other = self.env["res.company"].create({"name": "Other"})
        partners.create({"name": "D", "ref": "to-shop", "company_id": other.id})
        partners.create({"name": "E", "ref": "to-shop", "active": False})
        self.backend.company_id = self.env.company
        with self.watching(_new_domain=[("ref", "=", "to-shop")]):
            queued = self.look()
            self.assertEqual(queued.odoo_id, fitting)
            self.assertEqual(queued.backend_id, self.backend)
            # The next search finds it bound.
            self.assertFalse(self.look())
        self.assertEqual(len(fitting.test_connector_partner_ids), 1)

    def test_an_archived_record_is_looked_at_and_one_held_back_is_not(self):
        self.change(self.ada, name="Ada L.", active=False)
        self.change(self.bo, name="Bob")
        self.bo.no_export = True
        self.assertEqual(self.look(), self.ada)

    def test_a_page_that_is_full_is_followed_by_another(self):
        self.change(self.ada, name="Ada L.")
        self.change(self.bo, name="Bob")
        with self.watching(_page_size=1):
            self.assertEqual(self.look(), self.ada)
            page = self.jobs("export_changes")
            self.assertEqual(page.kwargs["after"], self.ada.id)
            self.assertEqual(self.look(**page.kwargs), self.bo)

    def test_no_second_search_begins_while_pages_of_the_first_are_to_come(self):
        self.change(self.ada, name="Ada L.")
        self.change(self.bo, name="Bob")
        with self.watching(_page_size=1):
            self.assertEqual(self.look(), self.ada)
            self.assertFalse(self.look())
            # One that looks at everything is another search.
            self.assertFalse(self.look(full=True))
            self.assertEqual(len(self.jobs("export_changes")), 2)

    def test_a_search_sees_everything_whoever_asks_for_it(self):
        user = new_test_user(
            self.env,
            login="looks@example.com",
            groups="connector_base_backend.group_connector_user",
        )
        self.backend.with_user(user).action_export_changes()
        self.assertEqual(self.jobs("export_changes").user_id.id, SUPERUSER_ID)
        stranger = new_test_user(self.env, login="stranger@example.com")
        with self.assertRaises(AccessError):
            self.backend.with_user(stranger).action_export_changes()

    def test_one_that_cannot_be_compared_goes_out_to_be_told_of(self):
        self.change(self.bo, name="Bob")

        def digest_of(mapper, binding):
            # The database refuses it, and everything after it in the transaction.
            mapper.env.cr.execute("SELECT 1 / 0")

        name = "odoo.addons.generic_connector.components.mapper.GenericExportMapper"
        with patch(f"{name}.digest_of", digest_of), mute_logger("odoo.sql_db"):
            self.assertEqual(self.look(), self.ada + self.bo)

    def test_the_cron_and_the_button_queue_one_search_each(self):
        for _times in range(2):
            self.env["test.connector.backend"]._cron_export(self.partners._name)
        self.assertEqual(len(self.jobs("export_changes")), 1)
        self.backend.action_export_changes()
        jobs = self.jobs("export_changes")
        self.assertEqual(jobs.mapped("kwargs"), [{}, {"full": True}])
        self.assertEqual(set(jobs.mapped("channel")), {"root.connector.export"})
