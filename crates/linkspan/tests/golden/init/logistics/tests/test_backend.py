# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import AcmeCase


@tagged("post_install", "-at_install")
class TestBackend(AcmeCase):
    def test_the_connection_test_says_that_it_works(self):
        self.server.answer({})
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        path = self.server.requests[0]["path"].partition("?")[0]
        self.assertEqual(path, "/v1/account")

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

    def test_scheduled_jobs_are_there_and_off(self):
        for entity in self.backend._sync_entities():
            cron = self.env.ref(f"acme_connector.cron_sync_{entity}")
            self.assertFalse(cron.active)
            last = self.jobs()[-1:].id or self._last_job_id
            cron.method_direct_trigger()
            queued = self.jobs(f"sync_{entity}").filtered(
                lambda job, last=last: job.id > last
            )
            self.assertEqual(queued.records, self.backend)

    def test_users_see_no_credentials(self):
        names = set(self.backend.generic_backend_id._secret_fields())
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
