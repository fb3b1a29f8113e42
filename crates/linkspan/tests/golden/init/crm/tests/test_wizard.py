# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import AcmeCase


@tagged("post_install", "-at_install")
class TestWizard(AcmeCase):
    def wizard(self, external_ids):
        return self.env["acme.sync.wizard"].create(
            {
                "backend_id": self.backend.id,
                "model_name": "acme.res.partner.category",
                "external_ids": external_ids,
            }
        )

    def test_each_id_gets_a_job(self):
        self.wizard("7, 8,").action_import()
        self.assertEqual(
            [job.args[1] for job in self.jobs("import_record")], ["7", "8"]
        )

    def test_no_id_is_refused(self):
        with self.assertRaises(UserError):
            self.wizard(" , ").action_import()
