# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.generic_connector.tests.common import ConnectorCase


class TestConnectorCase(ConnectorCase):
    """A backend whose external system is a server on loopback."""

    def setUp(self):
        super().setUp()
        self.backend = self.env["test.connector.backend"].create(
            {
                "name": "Test Shop",
                "base_url": self.server.url,
                "auth_kind": "api_key",
                "api_key": "key-of-the-test",
                "circuit_threshold": 3,
            }
        )
        self.partners = self.env["test.connector.partner"]
        self.enter_test_mode()

    def adapter(self):
        return self.backend.get_adapter("test.connector.adapter")

    def import_partner(self, **record):
        """Import a record as a job does."""
        self.server.answer({"name": "Ada", **record})
        with self.as_job(self.partners) as partners:
            backend = partners.env[self.backend._name].browse(self.backend.id)
            binding = partners.import_record(backend, str(record["id"]))
            binding_id = binding.id
        return self.partners.browse(binding_id)

    def failures(self):
        return self.env["generic.sync.failure"].search(
            [("backend_id", "=", self.backend.generic_backend_id.id)]
        )
