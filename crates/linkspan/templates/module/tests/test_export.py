# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import {{ class }}Case


@tagged("post_install", "-at_install")
class TestExport({{ class }}Case):
    #% for entity in exporting
    #% if entity.case and entity.export.updates and entity.export.tried
    def test_{{ entity.name }}(self):
        """Only what was changed in Odoo goes out."""
        case = self.replay("{{ entity.name }}")
        binding = self.import_case(self.backend, "{{ entity.model }}", case)
        self.export_binding(binding)
        binding.odoo_id.{{ entity.export.tried.field }} = "Changed in Odoo"
        sent = self.export_binding(binding{% if entity.export.tried.within %}, {{ entity.export.tried.within }}{% endif %})
        self.assertEqual(sent, [{{ entity.export.tried.sent }}])

    def test_{{ entity.name }}_is_found_when_it_was_changed(self):
        """What came in does not go out again."""
        case = self.replay("{{ entity.name }}")
        binding = self.import_case(self.backend, "{{ entity.model }}", case)
        self.assertFalse(self.changes_to_send(binding))
        binding.odoo_id.{{ entity.export.tried.field }} = "Changed in Odoo"
        self.assertTrue(self.changes_to_send(binding))

    def test_{{ entity.name }}_changed_on_both_sides(self):
        """Neither side is overwritten; the failure tells both values."""
        case = self.replay("{{ entity.name }}")
        binding = self.import_case(self.backend, "{{ entity.model }}", case)
        self.export_binding(binding)
        binding.odoo_id.{{ entity.export.tried.field }} = "Changed in Odoo"
        self.change_recorded(case, {{ entity.export.tried.answered }}, "Changed there")
        self.assertEqual(self.export_binding(binding), [])
        self.assertEqual(binding.sync_state, "failed")
        self.assertIn("Changed there", self.open_failures(binding._name).message)

    #% endif
    #% endfor
    #% for test in export_tests
    def test_{{ test.method }}_queues_{% if test.creates %}a_job{% else %}nothing_for_unknown_records{% endif %}(self):
        record = self.env["{{ test.odoo_model }}"].search([], limit=1)
        #% if test.creates
        wanted = {{ test.models }} if record else []
        #% else
        wanted = []
        #% endif
        action = self.backend.{{ test.method }}(record.ids)
        self.assertEqual(action["params"]["type"], "success" if wanted else "warning")
        jobs = self.jobs("_export_to_external")
        self.assertCountEqual(jobs.mapped("model_name"), wanted)

    #% endfor
