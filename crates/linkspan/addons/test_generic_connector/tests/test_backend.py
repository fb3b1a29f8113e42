# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..hooks import uninstall_hook
from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestBackend(TestConnectorCase):
    def test_removing_all_backends_cancels_their_jobs(self):
        self.partners._delay_import(self.backend, "7")
        self.env["test.connector.backend"]._remove_all()
        self.assertEqual(self.jobs("import_record").state, "cancelled")
        self.assertFalse(self.backend.exists())

    def test_test_connection_tells_how_it_went(self):
        self.server.answer({"ok": True})
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.server.answer({"error": "bad key-of-the-test"}, status=401)
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertNotIn("key-of-the-test", action["params"]["message"])

    def test_every_level_finds_the_leaf(self):
        generic = self.backend.generic_backend_id
        base = generic.base_backend_id
        for level in (base, generic, self.backend):
            self.assertEqual(level._leaf_backend(), self.backend)
        self.assertEqual(base.connector_model, "test.connector.backend")
        self.assertEqual(base.action_open_backend()["res_id"], self.backend.id)

    def test_export_records_of_the_base_reaches_the_leaf(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        base = self.backend.base_backend_id
        action = base.export_records("res.partner", partner.ids)
        self.assertEqual(len(self.jobs("_export_to_external")), 1)
        self.assertIn("1 queued, 1 new", action["params"]["message"])
        self.assertEqual(partner.test_connector_partner_ids.backend_id, self.backend)
        self.assertTrue(base.last_export_date)
        with self.assertRaisesRegex(UserError, "does not export"):
            base.export_records("res.country", [1])

    def test_exporting_twice_makes_one_binding_and_one_job(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        self.backend.export_res_partner(partner.ids)
        self.backend.export_res_partner(partner.ids)
        self.assertEqual(len(partner.test_connector_partner_ids), 1)
        jobs = self.jobs("_export_to_external")
        self.assertEqual(len(jobs), 1)
        self.assertEqual(jobs.channel, "root.connector.export")
        self.assertEqual(jobs.max_retries, 5)

    def test_binding_many_records_costs_few_queries(self):
        def queries(count):
            partners = self.env["res.partner"].create(
                [{"name": f"Ada {number}"} for number in range(count)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.backend.export_res_partner(partners.ids)
            self.env.flush_all()
            self.assertEqual(len(partners.test_connector_partner_ids), count)
            return self.env.cr.sql_log_count - before

        queries(1)
        few, many = queries(5), queries(25)
        self.assertLess((many - few) / 20, 6)

    def test_the_wizard_shows_backends_that_can_and_exports(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        wizard = (
            self.env["connector.export.wizard"]
            .with_context(active_model="res.partner", active_ids=partner.ids)
            .create({})
        )
        base = self.backend.base_backend_id
        self.assertIn(base, wizard.available_backend_ids)
        self.assertEqual(wizard.record_count, 1)
        with self.assertRaises(UserError):
            wizard.action_export()
        wizard.backend_ids = base
        wizard.action_export()
        self.assertTrue(partner.test_connector_partner_ids)
        wizard.model_name = "res.country"
        self.assertNotIn(base, wizard.available_backend_ids)

    def test_sync_all_chains_the_entities_in_order(self):
        action = self.backend.action_sync_all()
        first, second = self.jobs().sorted("method_name")
        self.assertEqual(first.method_name, "sync_categories")
        self.assertEqual(second.method_name, "sync_partners")
        self.assertEqual(second.dependencies["depends_on"], [first.uuid])
        self.assertEqual(second.state, "wait_dependencies")
        self.assertEqual(action["params"]["type"], "success")

    def test_a_second_click_queues_nothing_new(self):
        self.backend.action_sync("partners")
        self.backend.action_sync("partners")
        self.assertEqual(len(self.jobs("sync_partners")), 1)

    def test_a_second_click_on_sync_all_queues_nothing_new(self):
        self.backend.action_sync("categories")
        self.backend.action_sync_all()
        self.backend.action_sync_all()
        self.assertEqual(len(self.jobs("sync_categories")), 2)
        self.assertEqual(len(self.jobs("sync_partners")), 1)

    def test_what_waits_for_a_failed_job_stops_neither_cron_nor_sync_all(self):
        self.backend.action_sync_all()
        self.jobs("sync_categories").write({"state": "failed"})
        waiting = self.jobs("sync_partners")
        self.assertEqual(waiting.state, "wait_dependencies")
        self.env["test.connector.backend"]._cron_sync("partners")
        mine = [job for job in self.jobs("sync_partners") if job.records == self.backend]
        self.assertEqual(mine[-1].state, "pending")
        self.backend.action_sync_all()
        self.assertEqual(len(self.jobs("sync_categories")), 2)
        # The new ones take the place of what would wait for ever.
        self.assertEqual(waiting.state, "cancelled")
        states = self.jobs("sync_partners").mapped("state")
        self.assertEqual(states.count("wait_dependencies"), 1)

    def test_settings_that_cannot_work_are_refused(self):
        for values, told in (
            ({"base_url": "shop.example/api"}, "https://"),
            ({"base_url": "https://"}, "https://"),
            ({"timeout": -1}, "Timeout"),
            ({"rate_limit": -5}, "Rate Limit"),
        ):
            with self.assertRaisesRegex(ValidationError, told), self.env.cr.savepoint():
                self.backend.write(values)
        self.backend.base_url = " HTTPS://shop.example "

    def test_an_unknown_entity_is_told(self):
        with self.assertRaisesRegex(UserError, "weather"):
            self.backend.action_sync("weather")

    def test_the_sync_wizard_queues_what_is_chosen(self):
        wizard = (
            self.env["connector.sync.wizard"]
            .with_context(active_model=self.backend._name, active_id=self.backend.id)
            .create({})
        )
        self.assertEqual(
            wizard.line_ids.mapped("entity"), ["categories", "partners"]
        )
        wizard.line_ids[0].selected = False
        wizard.action_sync()
        self.assertEqual(self.jobs().mapped("method_name"), ["sync_partners"])

    def test_cron_queues_every_backend(self):
        backends = self.env["test.connector.backend"]
        backends._cron_sync("partners")
        self.assertEqual(len(self.jobs("sync_partners")), backends.search_count([]))

    def test_a_copy_has_no_secrets_and_a_state_of_its_own(self):
        copy = self.backend.copy()
        self.assertFalse(copy.api_key)
        self.assertNotEqual(copy.webhook_token, self.backend.webhook_token)
        self.assertNotEqual(copy.state_ids, self.backend.state_ids)
        self.assertNotEqual(copy.base_backend_id, self.backend.base_backend_id)

    def test_unlink_leaves_nothing_behind(self):
        generic = self.backend.generic_backend_id
        base = generic.base_backend_id
        state = generic.state_ids
        self.backend.unlink()
        for record in (generic, base, state):
            self.assertFalse(record.exists())

    def test_uninstalling_leaves_no_credentials_behind(self):
        generic = self.backend.generic_backend_id
        partner = self.env["res.partner"].create({"name": "Ada"})
        self.backend.export_res_partner(partner.ids)
        #% if series < 17
        uninstall_hook(self.env.cr, self.env.registry)
        #% else
        uninstall_hook(self.env)
        #% endif
        self.env.invalidate_all()
        self.assertFalse(generic.exists())
        self.assertFalse(self.env["test.connector.backend"].search([]))
        self.assertTrue(partner.exists())

    def test_crons_are_off(self):
        crons = self.env["ir.cron"].with_context(active_test=False)
        for model in ("generic.webhook", "generic.export.intent"):
            cron = crons.search([("model_id.model", "=", model)])
            self.assertTrue(cron)
            self.assertFalse(any(cron.mapped("active")))

    def test_failures_and_webhooks_of_the_backend_are_listed(self):
        for action in (
            self.backend.action_view_failures(),
            self.backend.action_view_webhooks(),
        ):
            self.assertEqual(
                action["domain"],
                [("backend_id", "=", self.backend.generic_backend_id.id)],
            )
