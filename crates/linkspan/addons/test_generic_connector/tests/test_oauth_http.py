# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, new_test_user

from odoo.addons.generic_connector.tests.common import FakeServer

GROUP = "connector_base_backend.group_connector_"


class TestOAuthHttp(HttpCase):
    """The way back from the external system, over HTTP."""

    def setUp(self):
        super().setUp()
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.backend = self.env["test.connector.backend"].create(
            {
                "name": "Test Shop",
                "auth_kind": "oauth2_code",
                "client_id": "me",
                "client_secret": "my-secret",
                "oauth_token_url": f"{self.server.url}/token",
            }
        )
        self.manager = new_test_user(
            self.env, "oauth-manager", groups=GROUP + "manager", password="oauth-manager"
        )
        self.user = new_test_user(
            self.env, "oauth-user", groups=GROUP + "user", password="oauth-user"
        )

    def come_back(self, **params):
        return self.url_open(
            "/generic_connector/oauth/callback?"
            + "&".join(f"{name}={value}" for name, value in params.items()),
            allow_redirects=False,
        )

    def begin(self):
        backend = self.backend.generic_backend_id.with_user(self.manager)
        state = backend._oauth_begin()
        self.env.flush_all()
        return state

    def test_a_state_that_nobody_began_is_refused(self):
        self.begin()
        self.authenticate("oauth-manager", "oauth-manager")
        self.assertEqual(self.come_back(code="c", state="guess").status_code, 400)
        self.assertEqual(self.come_back(code="c").status_code, 400)
        self.assertFalse(self.server.requests)

    def test_the_state_of_another_user_is_refused(self):
        state = self.begin()
        new_test_user(
            self.env, "oauth-other", groups=GROUP + "manager", password="oauth-other"
        )
        self.authenticate("oauth-other", "oauth-other")
        self.assertEqual(self.come_back(code="c", state=state).status_code, 400)

    def test_users_may_not_connect(self):
        state = self.begin()
        self.authenticate("oauth-user", "oauth-user")
        self.assertEqual(self.come_back(code="c", state=state).status_code, 403)

    def test_a_refusal_of_the_other_side_is_told(self):
        state = self.begin()
        self.authenticate("oauth-manager", "oauth-manager")
        answer = self.come_back(error="access_denied", state=state)
        self.assertEqual(answer.status_code, 400)
        self.assertIn("access_denied", answer.text)
