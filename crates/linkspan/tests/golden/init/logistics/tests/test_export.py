# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json

from odoo.tests import tagged

from .common import AcmeCase


@tagged("post_install", "-at_install")
class TestExport(AcmeCase):
    def test_item(self):
        """What was imported goes back under the names that it came from."""
        case = self.replay("item")
        binding = self.import_case(self.backend, "acme.product.product", case)
        self.server.requests.clear()
        self.server.answer(case["exchanges"][0]["body"])
        binding.export_digest = False
        binding.odoo_id.flush_recordset()
        with self.as_job(binding) as job:
            job._export_to_external()
        sent = json.loads(self.server.requests[0]["body"])
        came = case["exchanges"][0]["body"]["data"]
        self.assertFalse(set(sent) - set(came))

    def test_export_product_product_queues_a_job(self):
        record = self.env["product.product"].search([], limit=1)
        action = self.backend.export_product_product(record.ids)
        self.assertEqual(action["params"]["type"], "success" if record else "warning")
        jobs = self.jobs("_export_to_external")
        wanted = ["acme.product.product"] if record else []
        self.assertCountEqual(jobs.mapped("model_name"), wanted)

    def test_export_stock_picking_queues_a_job(self):
        record = self.env["stock.picking"].search([], limit=1)
        action = self.backend.export_stock_picking(record.ids)
        self.assertEqual(action["params"]["type"], "success" if record else "warning")
        jobs = self.jobs("_export_to_external")
        wanted = ["acme.stock.picking"] if record else []
        self.assertCountEqual(jobs.mapped("model_name"), wanted)
