# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series >= 18
from odoo import fields, models
#% else
from odoo import _, fields, models
#% endif
from odoo.exceptions import UserError


class {{ class }}SyncWizard(models.TransientModel):
    """Imports records by their id in {{ title }}, changed or not."""

    _name = "{{ name }}.sync.wizard"
    _description = {{ (title ~ ": Import Records") | py }}

    backend_id = fields.Many2one(
        "{{ name }}.backend",
        required=True,
        ondelete="cascade",
        default=lambda self: self._default_backend_id(),
    )
    model_name = fields.Selection(
        [
            #% for entity in importing
            ("{{ entity.model }}", "{{ entity.title }}"),
            #% endfor
        ],
        string="Kind of Record",
        required=True,
    )
    external_ids = fields.Char(
        string="IDs", required=True, help="Ids on the other side, with commas between."
    )

    def _default_backend_id(self):
        if self.env.context.get("active_model") == "{{ name }}.backend":
            return self.env.context.get("active_id")
        return self.env["{{ name }}.backend"].search([], limit=1)

    def action_import(self):
        """Queue one job for each id."""
        self.ensure_one()
        external_ids = [text.strip() for text in self.external_ids.split(",")]
        external_ids = list(filter(None, external_ids))
        if not external_ids:
            raise UserError({{ t }}("Enter at least one id."))
        for external_id in external_ids:
            self.env[self.model_name]._delay_import(
                self.backend_id, external_id, force=True
            )
        return self.backend_id._build_notification(
            {{ t }}("Import"),
            {{ t }}("%(count)d job(s) queued.", count=len(external_ids)),
            "success",
        )
