# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestConnectorBaseBackend(TransactionCase):
    def setUp(self):
        super().setUp()
        self.backend = self.env["connector.base.backend"].create({"name": "Shop"})

    def test_a_backend_without_a_level_below_is_its_own_leaf(self):
        self.assertEqual(self.backend._leaf_backend(), self.backend)
        self.assertEqual(self.backend.connector_model, "connector.base.backend")

    def test_an_export_that_nobody_implements_is_told(self):
        with self.assertRaisesRegex(UserError, "res.partner"):
            self.backend.export_records("res.partner", [1])

    def test_the_wizard_offers_no_backend_that_cannot_export(self):
        wizard = (
            self.env["connector.export.wizard"]
            .with_context(active_model="res.partner", active_ids=[1, 2])
            .create({})
        )
        self.assertEqual(wizard.record_count, 2)
        self.assertNotIn(self.backend, wizard.available_backend_ids)

    def test_the_export_action_is_made_once_per_model(self):
        wizards = self.env["connector.export.wizard"]
        wizards._ensure_export_action("res.country")
        wizards._ensure_export_action("res.country")
        actions = self.env["ir.actions.act_window"].search(
            [
                ("res_model", "=", "connector.export.wizard"),
                ("binding_model_id.model", "=", "res.country"),
            ]
        )
        self.assertEqual(len(actions), 1)
        self.assertIn(
            self.env.ref("connector_base_backend.group_connector_user"),
            actions.{{ groups_field }},
        )

    def test_the_export_action_is_made_again_when_it_went_with_its_model(self):
        wizards = self.env["connector.export.wizard"]
        wizards._ensure_export_action("res.country")
        xmlid = "connector_base_backend.action_export_res_country"
        # Odoo removes the actions of a model by the foreign key: their names stay.
        self.env.cr.execute(
            "DELETE FROM ir_act_window WHERE id = %s", (self.env.ref(xmlid).id,)
        )
        self.env.invalidate_all()
        #% if series >= 17
        self.env.registry.clear_cache()
        #% else
        self.env.registry.clear_caches()
        #% endif
        wizards._ensure_export_action("res.country")
        self.assertTrue(self.env.ref(xmlid).exists())

    def test_users_read_and_managers_write(self):
        group = "connector_base_backend.group_connector_"
        user = new_test_user(self.env, "connector-user", groups=group + "user")
        manager = new_test_user(self.env, "manager", groups=group + "manager")
        self.assertEqual(self.backend.with_user(user).name, "Shop")
        with self.assertRaises(AccessError):
            self.backend.with_user(user).name = "Another"
        self.backend.with_user(manager).name = "Another"

    def test_another_companys_backend_is_not_seen(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.backend.company_id = company
        group = "connector_base_backend.group_connector_manager"
        manager = new_test_user(self.env, "manager", groups=group)
        found = self.env["connector.base.backend"].with_user(manager).search([])
        self.assertNotIn(self.backend, found)

    def test_a_notification_closes_the_dialog_it_came_from(self):
        action = self.backend._build_notification("Title", "Message", "warning")
        self.assertTrue(action["params"]["sticky"])
        self.assertEqual(
            action["params"]["next"], {"type": "ir.actions.act_window_close"}
        )
