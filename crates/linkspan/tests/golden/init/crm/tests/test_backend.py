# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import new_test_user, tagged

from ..hooks import uninstall_hook
from .common import AcmeCase


@tagged("post_install", "-at_install")
class TestBackend(AcmeCase):
    def test_the_connection_test_says_that_it_works(self):
        self.server.answer({})
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        path = self.server.requests[0]["path"].partition("?")[0]
        self.assertEqual(path, "/v1/me")

    def test_the_connection_test_says_why_it_does_not(self):
        self.server.answer({"message": "no"}, status=401)
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "danger")

    def test_everything_is_synchronized_in_the_order_of_its_relations(self):
        self.backend.action_sync_all()
        jobs = self.jobs()
        wanted = [f"sync_{entity}" for entity in self.backend._sync_entities()]
        self.assertCountEqual(jobs.mapped("method_name"), wanted)
        first = jobs.filtered(lambda job: job.state == "pending")
        self.assertEqual(first.method_name, wanted[0])

    def test_scheduled_jobs_synchronize_every_backend(self):
        for entity in self.backend._sync_entities():
            self.env.ref(f"acme_connector.cron_sync_{entity}").method_direct_trigger()
            queued = [job.records for job in self.jobs(f"sync_{entity}")]
            self.assertEqual(queued.count(self.backend), 1)

    def test_uninstalling_leaves_no_credentials_behind(self):
        generic = self.backend.generic_backend_id
        uninstall_hook(self.env)
        self.env.invalidate_all()
        self.assertFalse(generic.exists())

    def test_bindings_are_no_hindrance_to_whoever_may_not_see_them(self):
        """Reading all fields of a record is for everybody who may read it."""
        user = new_test_user(self.env, "acme-stranger", groups="base.group_user")
        for model_name, field_name in [
            ("res.partner.category", "acme_tag_ids"),
            ("res.partner", "acme_contact_ids"),
            ("crm.lead", "acme_lead_ids"),
            ("calendar.event", "acme_meeting_ids"),
        ]:
            shown = self.env[model_name].with_user(user).fields_get()
            self.assertNotIn(field_name, shown)

    def test_users_see_no_credentials(self):
        names = set(self.backend._secret_fields())
        user = self.env["res.users"].create(
            {
                "name": "User",
                "login": "acme-user",
                "groups_id": [
                    (
                        6,
                        0,
                        self.env.ref("connector_base_backend.group_connector_user").ids,
                    )
                ],
            }
        )
        shown = self.backend.with_user(user).fields_get()
        self.assertFalse(names & set(shown))
