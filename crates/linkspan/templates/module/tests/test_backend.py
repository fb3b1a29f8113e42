# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import new_test_user, tagged

from ..hooks import uninstall_hook
from .common import {{ class }}Case


@tagged("post_install", "-at_install")
class TestBackend({{ class }}Case):
    def test_the_connection_test_says_that_it_works(self):
        self.server.answer({{ verify_answer }})
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        #% if verify_path
        path = self.server.requests[0]["path"].partition("?")[0]
        self.assertEqual(path, {{ verify_path | py }})
        #% endif

    def test_the_connection_test_says_why_it_does_not(self):
        self.server.answer({"message": "no"}, status=401)
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "danger")
    #% if secret_headers

    def test_headers_carry_their_secrets(self):
        self.server.answer({{ verify_answer }})
        self.backend.action_test_connection()
        headers = self.server.requests[0]["headers"]
        #% for header in secret_headers
        self.assertEqual(headers[{{ header[0] | py }}], {{ header[1] | py }})
        #% endfor
    #% endif
    #% if backend.login

    def test_a_login_gives_the_token(self):
        self.backend.state_ids.oauth_access_token = False
        self.env.flush_all()
        self.server.answer({{ backend.login.answer }})
        self.server.answer({{ verify_answer }})
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        login = self.server.requests[0]
        self.assertEqual(login["method"], "POST")
        #% if "{" not in backend.login.path
        self.assertEqual(login["path"], {{ backend.login.path | py }})
        #% endif
        self.env.invalidate_all()
        self.assertEqual(self.backend.state_ids.oauth_access_token, "test-token")
    #% endif
    #% if has_imports

    def test_everything_is_synchronized_in_the_order_of_its_relations(self):
        self.backend.action_sync_all()
        jobs = self.jobs()
        wanted = [f"sync_{entity}" for entity in self.backend._sync_entities()]
        self.assertCountEqual(jobs.mapped("method_name"), wanted)
        first = jobs.filtered(lambda job: job.state == "pending")
        self.assertEqual(first.method_name, wanted[0])

    def test_scheduled_jobs_synchronize_every_backend(self):
        for entity in self.backend._sync_entities():
            self.env.ref(f"{{ module }}.cron_sync_{entity}").method_direct_trigger()
            queued = [job.records for job in self.jobs(f"sync_{entity}")]
            self.assertEqual(queued.count(self.backend), 1)
    #% endif

    def test_uninstalling_leaves_no_credentials_behind(self):
        generic = self.backend.generic_backend_id
        #% if series < 17
        uninstall_hook(self.env.cr, self.env.registry)
        #% else
        uninstall_hook(self.env)
        #% endif
        self.env.invalidate_all()
        self.assertFalse(generic.exists())

    def test_bindings_are_no_hindrance_to_whoever_may_not_see_them(self):
        """Reading all fields of a record is for everybody who may read it."""
        user = new_test_user(self.env, "{{ name }}-stranger", groups="base.group_user")
        for model_name, field_name in [
            #% for entity in entities
            ("{{ entity.odoo_model }}", "{{ name }}_{{ entity.name }}_ids"),
            #% endfor
        ]:
            shown = self.env[model_name].with_user(user).fields_get()
            self.assertNotIn(field_name, shown)

    def test_users_see_no_credentials(self):
        names = set(self.backend._secret_fields())
        user = self.env["res.users"].create(
            {
                "name": "User",
                "login": "{{ name }}-user",
                "{{ groups_field }}": [
                    (6, 0, self.env.ref("connector_base_backend.group_connector_user").ids)
                ],
            }
        )
        shown = self.backend.with_user(user).fields_get()
        self.assertFalse(names & set(shown))
