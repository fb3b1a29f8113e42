# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..components.order_importer import AcmeOrderImporter
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

    def test_customer(self):
        self.check_import("customer", "acme.res.partner")

    def test_listed_customers_are_imported_by_jobs(self):
        case = self.replay("customer")
        self.backend.sync_customers()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_order(self):
        self.check_import("order", "acme.sale.order")

    def test_listed_orders_are_imported_by_jobs(self):
        case = self.replay("order")
        self.backend.sync_orders()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_product(self):
        self.check_import("product", "acme.product.product")

    def test_listed_products_are_imported_by_jobs(self):
        case = self.replay("product")
        self.backend.sync_products()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_order_whose_steps_fail(self):
        """The record stays as it was written; the failure tells why."""
        case = self.replay("order")
        refused = UserError("refused by a test")
        with patch.object(AcmeOrderImporter, "_follow", side_effect=refused):
            binding = self.import_case(self.backend, "acme.sale.order", case)
        self.assertTrue(binding.odoo_id)
        self.assertEqual(self.open_failures(binding._name).message, "refused by a test")
