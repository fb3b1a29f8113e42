# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import AcmeCase


@tagged("post_install", "-at_install")
class TestExport(AcmeCase):
    def test_item(self):
        """Only what was changed in Odoo goes out."""
        case = self.replay("item")
        binding = self.import_case(self.backend, "acme.product.product", case)
        self.export_binding(binding)
        binding.odoo_id.barcode = "Changed in Odoo"
        sent = self.export_binding(binding)
        self.assertEqual(sent, [{"barcode": "Changed in Odoo"}])

    def test_item_is_found_when_it_was_changed(self):
        """What came in does not go out again."""
        case = self.replay("item")
        binding = self.import_case(self.backend, "acme.product.product", case)
        self.assertFalse(self.changes_to_send(binding))
        binding.odoo_id.barcode = "Changed in Odoo"
        self.assertTrue(self.changes_to_send(binding))

    def test_item_changed_on_both_sides(self):
        """Neither side is overwritten; the failure tells both values."""
        case = self.replay("item")
        binding = self.import_case(self.backend, "acme.product.product", case)
        self.export_binding(binding)
        binding.odoo_id.barcode = "Changed in Odoo"
        self.change_recorded(case, "data.barcode", "Changed there")
        self.assertEqual(self.export_binding(binding), [])
        self.assertEqual(binding.sync_state, "failed")
        self.assertIn("Changed there", self.open_failures(binding._name).message)

    def test_export_product_product_queues_a_job(self):
        record = self.env["product.product"].search([], limit=1)
        wanted = ["acme.product.product"] if record else []
        action = self.backend.export_product_product(record.ids)
        self.assertEqual(action["params"]["type"], "success" if wanted else "warning")
        jobs = self.jobs("_export_to_external")
        self.assertCountEqual(jobs.mapped("model_name"), wanted)

    def test_export_stock_picking_queues_a_job(self):
        record = self.env["stock.picking"].search([], limit=1)
        wanted = ["acme.stock.picking"] if record else []
        action = self.backend.export_stock_picking(record.ids)
        self.assertEqual(action["params"]["type"], "success" if wanted else "warning")
        jobs = self.jobs("_export_to_external")
        self.assertCountEqual(jobs.mapped("model_name"), wanted)
