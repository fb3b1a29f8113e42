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

    def test_contact(self):
        self.check_import("contact", "acme.res.partner")

    def test_listed_contacts_are_imported_by_jobs(self):
        case = self.replay("contact")
        self.backend.sync_contacts()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_lead(self):
        self.check_import("lead", "acme.crm.lead")

    def test_listed_leads_are_imported_by_jobs(self):
        case = self.replay("lead")
        self.backend.sync_leads()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_meeting(self):
        self.check_import("meeting", "acme.calendar.event")

    def test_listed_meetings_are_imported_by_jobs(self):
        case = self.replay("meeting")
        self.backend.sync_meetings()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])

    def test_tag(self):
        self.check_import("tag", "acme.res.partner.category")

    def test_listed_tags_are_imported_by_jobs(self):
        case = self.replay("tag")
        self.backend.sync_tags()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])
