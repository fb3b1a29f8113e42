# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TestConnectorCase

GROUP = "connector_base_backend.group_connector_"
MODELS = [
    "connector.base.backend",
    "generic.backend",
    "generic.backend.state",
    "generic.checkpoint",
    "generic.sync.failure",
    "generic.export.intent",
    "generic.webhook",
    "test.connector.backend",
    "test.connector.category",
    "test.connector.partner",
]


@tagged("post_install", "-at_install")
class TestSecurity(TestConnectorCase):
    def setUp(self):
        super().setUp()
        self.user = new_test_user(self.env, "connector-user", groups=GROUP + "user")
        self.manager = new_test_user(self.env, "manager", groups=GROUP + "manager")
        self.stranger = new_test_user(self.env, "stranger", groups="base.group_user")

    def test_users_see_backends_but_no_secrets(self):
        backend = self.backend.with_user(self.user)
        self.assertEqual(backend.name, "Test Shop")
        self.assertFalse(backend.failure_count)
        for name in ("api_key", "client_secret", "webhook_secret", "webhook_token"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                backend.read([name])
        self.assertNotIn("api_key", backend.fields_get())

    def test_users_neither_search_nor_group_by_secrets(self):
        self.backend.api_key = "key-of-the-test"
        self.env.flush_all()
        env = self.env(user=self.user)
        backends = env[self.backend._name]
        for model, domain in (
            (backends, [("api_key", "=like", "key%")]),
            (backends, ["|", ("name", "=", "x"), ("generic_backend_id.api_key", "!=", False)]),
            (env["generic.backend"], [("webhook_token", "=like", "a%")]),
            (env["generic.webhook"], [("backend_id.api_key", "!=", False)]),
            (env["generic.backend.state"], [("oauth_access_token", "=", False)]),
        ):
            with self.subTest(domain=domain), self.assertRaises(AccessError):
                model.search_count(domain)
        #% if series < 19
        for fields, groups in ((["id"], ["api_key"]), (["key:max(api_key)"], [])):
            with self.subTest(fields=fields), self.assertRaises(AccessError):
                backends.read_group([], fields, groups)
        #% endif
        self.assertTrue(backends.search([("name", "!=", False)]))
        known = [("api_key", "=", "key-of-the-test")]
        self.assertTrue(backends.with_user(self.manager).search(known))

    def test_no_export_has_a_secret_in_it(self):
        self.backend.state_ids.oauth_access_token = "token-of-the-test"
        self.backend.webhook_secret = "signed-with-this"
        binding = self.partners.create({"backend_id": self.backend.id, "name": "Ada"})
        generic = self.backend.generic_backend_id
        names = generic._secret_fields() + ["webhook_token", "webhook_url"]
        paths = names + ["state_ids/oauth_access_token"]
        groups = f"{GROUP}manager,base.group_allow_export,base.group_partner_manager"
        exporter = new_test_user(self.env, "exporter", groups=groups)
        for record, prefixes in (
            (self.backend, ("", "generic_backend_id/")),
            (generic, ("",)),
            (binding, ("backend_id/", "backend_id/generic_backend_id/")),
        ):
            record = record.with_user(exporter)
            asked = ["name"] + [prefix + path for prefix in prefixes for path in paths]
            with self.subTest(model=record._name):
                ((name, *values),) = record.export_data(asked)["datas"]
                self.assertTrue(name)
                self.assertFalse(any(values), values)
        for record in (self.backend, generic):
            described = record.with_user(self.manager).fields_get(names)
            for name in names:
                self.assertIs(described[name]["exportable"], False, name)

    def test_a_salesperson_changes_what_is_bound(self):
        binding = self.partners.create({"backend_id": self.backend.id, "name": "Ada"})
        salesperson = new_test_user(
            self.env,
            "salesperson",
            groups="base.group_user,base.group_partner_manager",
        )
        partner = binding.odoo_id.with_user(salesperson)
        self.assertNotIn("test_connector_partner_ids", partner.fields_get())
        partner.name = "Ada Lovelace"
        job = self.jobs("_export_to_external")
        self.assertEqual(job.records.ids, binding.ids)
        self.server.answer({"id": 41})
        job.records._export_to_external()
        self.assertEqual(binding.external_id, "41")

    def test_users_may_use_the_credentials(self):
        self.server.answer({})
        action = self.backend.with_user(self.user).action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        headers = self.server.requests[0]["headers"]
        self.assertEqual(headers["X-API-Key"], "key-of-the-test")

    def test_users_may_synchronize_and_export(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        self.backend.with_user(self.user).action_sync_all()
        self.backend.with_user(self.user).export_res_partner(partner.ids)
        self.assertTrue(partner.test_connector_partner_ids)

    def test_managers_configure(self):
        backend = self.backend.with_user(self.manager)
        self.assertEqual(backend.api_key, "key-of-the-test")
        backend.api_key = "another"
        with self.assertRaises(AccessError):
            self.backend.with_user(self.user).write({"base_url": "https://evil.example"})

    def test_users_may_not_connect_and_strangers_may_not_act(self):
        with self.assertRaises(AccessError):
            self.backend.generic_backend_id.with_user(self.user)._oauth_begin()
        webhook = self.env["generic.webhook"].create(
            {"backend_id": self.backend.generic_backend_id.id}
        )
        partner = self.env["res.partner"].create({"name": "Ada"})
        webhook = webhook.with_user(self.stranger)
        backend = self.backend.with_user(self.stranger)
        for action in (
            webhook.mark_as_processed,
            webhook.action_retry,
            backend.action_sync_all,
            lambda: backend.export_res_partner(partner.ids),
        ):
            with self.assertRaises(AccessError):
                action()

    def test_strangers_see_nothing(self):
        for model in MODELS:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.stranger).search([])

    def test_every_model_has_a_company_rule(self):
        for model in MODELS:
            rules = self.env["ir.rule"].search([("model_id.model", "=", model)])
            with self.subTest(model=model):
                self.assertTrue(any("company" in rule.domain_force for rule in rules))

    def test_another_companys_backend_is_not_seen(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.backend.company_id = company
        self.env["generic.webhook"].create(
            {"backend_id": self.backend.generic_backend_id.id}
        )
        binding = self.partners.create({"backend_id": self.backend.id, "name": "Ada"})
        self.env.flush_all()
        for model in ("test.connector.backend", "generic.backend", "generic.webhook"):
            found = self.env[model].with_user(self.user).search([])
            self.assertFalse(found.filtered(lambda record: record.company_id == company)
                             if "company_id" in found._fields else found)
        self.assertFalse(
            self.partners.with_user(self.user).search([("id", "=", binding.id)])
        )
