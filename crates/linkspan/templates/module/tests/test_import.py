# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if stepping
from unittest.mock import patch

#% endif
#% if stepping
from odoo.exceptions import UserError
#% endif
from odoo.tests import tagged

#% for entity in stepping
from ..components.{{ entity.name }}_importer import {{ entity.class }}Importer
#% endfor
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
    #% for entity in stepping

    def test_{{ entity.name }}_whose_steps_fail(self):
        """The record stays as it was written; the failure tells why."""
        case = self.replay("{{ entity.name }}")
        refused = UserError("refused by a test")
        with patch.object({{ entity.class }}Importer, "_follow", side_effect=refused):
            binding = self.import_case(self.backend, "{{ entity.model }}", case)
        self.assertTrue(binding.odoo_id)
        self.assertEqual(self.open_failures(binding._name).message, "refused by a test")
    #% endfor
