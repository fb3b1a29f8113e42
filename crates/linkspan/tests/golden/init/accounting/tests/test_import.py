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

    def test_invoice(self):
        self.check_import("invoice", "acme.account.move")

    def test_listed_invoices_are_imported_by_jobs(self):
        case = self.replay("invoice")
        self.backend.sync_invoices()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_partner(self):
        self.check_import("partner", "acme.res.partner")

    def test_listed_partners_are_imported_by_jobs(self):
        case = self.replay("partner")
        self.backend.sync_partners()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_payment(self):
        self.check_import("payment", "acme.account.payment")

    def test_listed_payments_are_imported_by_jobs(self):
        case = self.replay("payment")
        self.backend.sync_payments()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])
