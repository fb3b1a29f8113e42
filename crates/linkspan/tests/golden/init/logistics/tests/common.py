# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from pathlib import Path

from odoo.addons.generic_connector.tests.replay import ReplayCase


class AcmeCase(ReplayCase):
    """A backend whose Acme is a server on loopback with recorded answers."""

    data_folder = Path(__file__).parent / "data"

    def setUp(self):
        super().setUp()
        self.backend = self.env["acme.backend"].create(
            {
                "name": "Test",
                "api_url": self.server.url,
                "access_token": "test-access-token",
                "rate_limit": 0,
                "circuit_threshold": 0,
            }
        )
        self.enter_test_mode()
