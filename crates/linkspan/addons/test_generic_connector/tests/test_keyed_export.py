# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.generic_connector.components.definition_adapter import (
    GenericDefinitionAdapter,
)
from odoo.addons.generic_connector.components.definition_exporter import (
    GenericDefinitionExporter,
)
from odoo.addons.generic_connector.lib import errors
from odoo.addons.generic_connector.lib.operation import Operation
from odoo.addons.generic_connector.lib.paging import PageNumberPager

from .common import TestConnectorCase

# Parameter, field of the binding, path in the external record.
LOOK_UP_BY = ("search", "name", "name")


@tagged("post_install", "-at_install")
class TestKeyedExport(TestConnectorCase):
    """Creates at a system that tells a repeat by its idempotency key."""

    def setUp(self):
        super().setUp()
        self.binding = self.env["test.connector.category"].create(
            {"backend_id": self.backend.id, "name": "Wholesale", "color": 1}
        )
        self.env.flush_all()

    def export(self):
        with self.as_job(self.binding) as job:
            job._export_to_external()

    def intents(self):
        return self.env["generic.export.intent"].search([])

    def lose_answer(self):
        self.server.hang_up()
        with self.failing(errors.TransientError):
            self.binding._export_to_external()
        self.env.invalidate_all()

    def long_ago(self, first=False):
        """Let the last attempt lie back; with ``first`` the first one too."""
        self.env.flush_all()
        execute = self.env.cr.execute
        execute("UPDATE generic_export_intent SET write_date = '2026-01-01 00:00:00'")
        if first:
            execute("UPDATE generic_export_intent SET sent_at = '2026-01-01 00:00:00'")
        self.env.invalidate_all()

    def sent(self):
        """Method, key and body of each request."""
        return [
            (
                request["method"],
                request["headers"].get("Idempotency-Key"),
                json.loads(request["body"]) if request["body"] else None,
            )
            for request in self.server.requests
        ]

    def test_a_lost_create_is_sent_again_as_it_was(self):
        self.lose_answer()
        # It may still be under way.
        with self.failing(errors.TransientError):
            self.binding._export_to_external()
        self.env.invalidate_all()
        self.assertEqual(len(self.server.requests), 1)
        self.long_ago()
        self.binding.odoo_id.write({"name": "Retail", "color": 2})
        made = {"id": 7, "name": "Wholesale", "color": 1}
        self.server.answer(made)
        self.server.answer(made)
        self.server.answer({"id": 7, "name": "Retail", "color": 2})
        self.export()
        first, again, read, update = self.sent()
        self.assertEqual(first, again)
        self.assertEqual(len(first[1]), 36)
        self.assertEqual(read[0], "GET")
        key = update[2].pop("meta")["key"]
        self.assertEqual(update, ("PUT", None, {"name": "Retail", "color": 2}))
        self.assertNotIn(key, ("", first[1]))
        self.assertEqual(self.binding.external_id, "7")
        # It goes once the transaction is committed.
        self.assertEqual(self.intents().external_id, "7")

    def test_a_lost_create_is_looked_up_by_what_was_sent(self):
        looks = patch.object(GenericDefinitionExporter, "_look_up_by", LOOK_UP_BY)
        search = Operation("GET", "categories", pager=PageNumberPager(size=2))
        self.startPatcher(looks)
        self.startPatcher(patch.object(GenericDefinitionAdapter, "_look_up", search))
        self.server.answer([])
        self.lose_answer()
        # Too late for the key; and a person has changed the name.
        self.long_ago(first=True)
        self.binding.odoo_id.name = "Retail"
        made = {"id": 7, "name": "Wholesale", "color": 1}
        self.server.answer([made])
        self.server.answer(made)
        self.server.answer({**made, "name": "Retail"})
        self.export()
        self.assertIn("search=Wholesale", self.server.requests[2]["path"])
        self.assertEqual([sent[0] for sent in self.sent()[2:]], ["GET", "GET", "PUT"])
        self.assertEqual(self.binding.external_id, "7")

    def test_a_repeat_whose_data_is_refused_is_forgotten(self):
        self.lose_answer()
        self.long_ago()
        self.server.answer({"message": "no such name"}, status=422)
        with self.failing(errors.DataError):
            self.binding._export_to_external()
        self.env.invalidate_all()
        self.assertFalse(self.intents())

    def test_a_refused_repeat_keeps_what_was_sent(self):
        self.lose_answer()
        self.long_ago()
        self.server.answer({"error": "in use"}, status=409)
        with self.failing(errors.ConflictError):
            self.binding._export_to_external()
        self.env.invalidate_all()
        sent = self.intents()._sent(self.binding)
        self.assertEqual(sent, {"name": "Wholesale", "color": 1})

    def test_a_key_that_the_other_side_has_forgotten_is_not_trusted(self):
        self.lose_answer()
        self.long_ago(first=True)
        with self.failing(errors.ConflictError):
            self.binding._export_to_external()
        self.assertEqual(len(self.server.requests), 1)

    def test_a_repeat_has_to_arrive_while_the_key_is_known(self):
        intents = self.env["generic.export.intent"]
        self.backend.timeout = 30
        intents._begin(self.binding, "key-1", {"name": "Wholesale"})
        self.assertFalse(intents._is_older(self.binding, 60))
        self.assertTrue(intents._is_older(self.binding, 30))
        self.assertLess(self.intents().sent_at, fields.Datetime.now())
