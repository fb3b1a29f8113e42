# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import AcmeCase


@tagged("post_install", "-at_install")
class TestImport(AcmeCase):
    """Recorded answers of Acme, and what the definition makes of them."""

    def check_import(self, name, model_name):
        """The mapped fields are as expected; a repeat makes no second record."""
        case = self.replay(name)
        binding = self.import_case(self.backend, model_name, case)
        self.assertEqual(binding.external_id, case["external_id"])
        self.assertEqual(binding.sync_state, "synced", binding.last_error)
        self.assert_mapped(binding, case["expected"], self.backend)
        again = self.import_case(self.backend, model_name, case, force=True)
        self.assertEqual(again, binding)
        self.assert_mapped(binding, case["expected"], self.backend)
        return binding

    def test_item(self):
        self.check_import("item", "acme.product.product")

    def test_listed_items_are_imported_by_jobs(self):
        case = self.replay("item")
        self.backend.sync_items()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_shipment(self):
        self.check_import("shipment", "acme.stock.picking")

    def test_listed_shipments_are_imported_by_jobs(self):
        case = self.replay("shipment")
        self.backend.sync_shipments()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])
