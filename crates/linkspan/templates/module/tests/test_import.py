# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import {{ class }}Case


@tagged("post_install", "-at_install")
class TestImport({{ class }}Case):
    """Recorded answers of {{ title }}, and what the definition makes of them."""

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
    #% for case in cases

    def test_{{ case.entity }}(self):
        self.check_import("{{ case.entity }}", "{{ case.model }}")

    def test_listed_{{ case.plural }}_are_imported_by_jobs(self):
        case = self.replay("{{ case.entity }}")
        self.backend.sync_{{ case.plural }}()
        job = self.jobs("import_record")
        self.assertEqual(job.args[1], case["external_id"])
    #% endfor
