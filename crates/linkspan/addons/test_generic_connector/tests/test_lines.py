# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import TestConnectorCase


@tagged("post_install", "-at_install")
class TestLines(TestConnectorCase):
    def accounts(self, **numbers):
        return [{"id": key, "number": number} for key, number in numbers.items()]

    def test_a_line_is_updated_never_added_twice(self):
        binding = self.import_partner(id=7, accounts=self.accounts(a="BE11", b="BE22"))
        first = binding.bank_ids.filtered(lambda bank: bank.acc_number == "BE11")
        self.import_partner(id=7, accounts=self.accounts(a="BE33", b="BE22"))
        self.assertEqual(first.acc_number, "BE33")
        self.assertEqual(
            sorted(binding.bank_ids.mapped("acc_number")), ["BE22", "BE33"]
        )

    def test_a_line_that_left_is_removed_and_one_of_a_person_stays(self):
        binding = self.import_partner(id=7, accounts=self.accounts(a="BE11", b="BE22"))
        self.env["res.partner.bank"].create(
            {"acc_number": "BE99", "partner_id": binding.odoo_id.id}
        )
        self.env.flush_all()
        self.import_partner(id=7, accounts=self.accounts(b="BE22"))
        self.assertEqual(
            sorted(binding.bank_ids.mapped("acc_number")), ["BE22", "BE99"]
        )

    def test_keys_tell_backends_apart(self):
        binding = self.import_partner(id=7, accounts=self.accounts(a="BE11"))
        self.assertEqual(
            binding.bank_ids.connector_line_key,
            f"{self.backend.generic_backend_id.id}:a",
        )
