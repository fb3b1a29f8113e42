# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from pathlib import Path

from odoo.addons.generic_connector.tests.replay import ReplayCase


class {{ class }}Case(ReplayCase):
    """A backend whose {{ title }} is a server on loopback with recorded answers."""

    data_folder = Path(__file__).parent / "data"

    def setUp(self):
        super().setUp()
        self.backend = self.env["{{ name }}.backend"].create(
            {
                "name": "Test",
                #% for setting in test_settings
                "{{ setting[0] }}": {{ setting[1] }},
                #% endfor
                #% for field in test_credentials
                "{{ field }}": "test-{{ field | replace('_', '-') }}",
                #% endfor
                "rate_limit": 0,
                "circuit_threshold": 0,
            }
        )
        #% if backend.asks_for_tokens
        self.backend.state_ids.oauth_access_token = "test-token"
        #% endif
        self.enter_test_mode()
