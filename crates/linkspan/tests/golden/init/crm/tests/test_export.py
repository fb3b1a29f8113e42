# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import AcmeCase


@tagged("post_install", "-at_install")
class TestExport(AcmeCase):
    def test_tag(self):
        """Only what was changed in Odoo goes out."""
        case = self.replay("tag")
        binding = self.import_case(self.backend, "acme.res.partner.category", case)
        self.export_binding(binding)
        binding.odoo_id.name = "Changed in Odoo"
        sent = self.export_binding(binding)
        self.assertEqual(sent, [{"name": "Changed in Odoo"}])

    def test_tag_is_found_when_it_was_changed(self):
        """What came in does not go out again."""
        case = self.replay("tag")
        binding = self.import_case(self.backend, "acme.res.partner.category", case)
        self.assertFalse(self.changes_to_send(binding))
        binding.odoo_id.name = "Changed in Odoo"
        self.assertTrue(self.changes_to_send(binding))

    def test_tag_changed_on_both_sides(self):
        """Neither side is overwritten; the failure tells both values."""
        case = self.replay("tag")
        binding = self.import_case(self.backend, "acme.res.partner.category", case)
        self.export_binding(binding)
        binding.odoo_id.name = "Changed in Odoo"
        self.change_recorded(case, "data.name", "Changed there")
        self.assertEqual(self.export_binding(binding), [])
        self.assertEqual(binding.sync_state, "failed")
        self.assertIn("Changed there", self.open_failures(binding._name).message)

    def test_contact(self):
        """Only what was changed in Odoo goes out."""
        case = self.replay("contact")
        binding = self.import_case(self.backend, "acme.res.partner", case)
        self.export_binding(binding)
        binding.odoo_id.function = "Changed in Odoo"
        sent = self.export_binding(binding)
        self.assertEqual(sent, [{"job_title": "Changed in Odoo"}])

    def test_contact_is_found_when_it_was_changed(self):
        """What came in does not go out again."""
        case = self.replay("contact")
        binding = self.import_case(self.backend, "acme.res.partner", case)
        self.assertFalse(self.changes_to_send(binding))
        binding.odoo_id.function = "Changed in Odoo"
        self.assertTrue(self.changes_to_send(binding))

    def test_contact_changed_on_both_sides(self):
        """Neither side is overwritten; the failure tells both values."""
        case = self.replay("contact")
        binding = self.import_case(self.backend, "acme.res.partner", case)
        self.export_binding(binding)
        binding.odoo_id.function = "Changed in Odoo"
        self.change_recorded(case, "data.job_title", "Changed there")
        self.assertEqual(self.export_binding(binding), [])
        self.assertEqual(binding.sync_state, "failed")
        self.assertIn("Changed there", self.open_failures(binding._name).message)

    def test_lead(self):
        """Only what was changed in Odoo goes out."""
        case = self.replay("lead")
        binding = self.import_case(self.backend, "acme.crm.lead", case)
        self.export_binding(binding)
        binding.odoo_id.name = "Changed in Odoo"
        sent = self.export_binding(binding)
        self.assertEqual(sent, [{"title": "Changed in Odoo"}])

    def test_lead_is_found_when_it_was_changed(self):
        """What came in does not go out again."""
        case = self.replay("lead")
        binding = self.import_case(self.backend, "acme.crm.lead", case)
        self.assertFalse(self.changes_to_send(binding))
        binding.odoo_id.name = "Changed in Odoo"
        self.assertTrue(self.changes_to_send(binding))

    def test_lead_changed_on_both_sides(self):
        """Neither side is overwritten; the failure tells both values."""
        case = self.replay("lead")
        binding = self.import_case(self.backend, "acme.crm.lead", case)
        self.export_binding(binding)
        binding.odoo_id.name = "Changed in Odoo"
        self.change_recorded(case, "data.title", "Changed there")
        self.assertEqual(self.export_binding(binding), [])
        self.assertEqual(binding.sync_state, "failed")
        self.assertIn("Changed there", self.open_failures(binding._name).message)

    def test_export_crm_lead_queues_a_job(self):
        record = self.env["crm.lead"].search([], limit=1)
        wanted = ["acme.crm.lead"] if record else []
        action = self.backend.export_crm_lead(record.ids)
        self.assertEqual(action["params"]["type"], "success" if wanted else "warning")
        jobs = self.jobs("_export_to_external")
        self.assertCountEqual(jobs.mapped("model_name"), wanted)

    def test_export_res_partner_queues_a_job(self):
        record = self.env["res.partner"].search([], limit=1)
        wanted = ["acme.res.partner"] if record else []
        action = self.backend.export_res_partner(record.ids)
        self.assertEqual(action["params"]["type"], "success" if wanted else "warning")
        jobs = self.jobs("_export_to_external")
        self.assertCountEqual(jobs.mapped("model_name"), wanted)

    def test_export_res_partner_category_queues_a_job(self):
        record = self.env["res.partner.category"].search([], limit=1)
        wanted = ["acme.res.partner.category"] if record else []
        action = self.backend.export_res_partner_category(record.ids)
        self.assertEqual(action["params"]["type"], "success" if wanted else "warning")
        jobs = self.jobs("_export_to_external")
        self.assertCountEqual(jobs.mapped("model_name"), wanted)
