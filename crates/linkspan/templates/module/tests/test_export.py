# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json

from odoo.tests import tagged

from .common import {{ class }}Case


@tagged("post_install", "-at_install")
class TestExport({{ class }}Case):
    #% for entity in exporting
    #% if entity.case and entity.export.updates
    def test_{{ entity.name }}(self):
        """What was imported goes back under the names that it came from."""
        case = self.replay("{{ entity.name }}")
        binding = self.import_case(self.backend, "{{ entity.model }}", case)
        self.server.requests.clear()
        self.server.answer(case["exchanges"][0]["body"])
        binding.export_digest = False
        binding.odoo_id.flush_recordset()
        with self.as_job(binding) as job:
            job._export_to_external()
        sent = json.loads(self.server.requests[0]["body"])
        came = case["exchanges"][0]["body"]{{ entity.record_keys }}
        self.assertFalse(set(sent) - set(came))

    #% endif
    #% endfor
    #% for test in export_tests
    def test_{{ test.method }}_queues_a_job(self):
        record = self.env["{{ test.odoo_model }}"].search([], limit=1)
        action = self.backend.{{ test.method }}(record.ids)
        self.assertEqual(action["params"]["type"], "success" if record else "warning")
        jobs = self.jobs("_export_to_external")
        wanted = {{ test.models }} if record else []
        self.assertCountEqual(jobs.mapped("model_name"), wanted)

    #% endfor
