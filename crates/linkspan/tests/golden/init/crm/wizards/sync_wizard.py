# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models
from odoo.exceptions import UserError


class AcmeSyncWizard(models.TransientModel):
    """Imports records by their id in Acme, changed or not."""

    _name = "acme.sync.wizard"
    _description = "Acme: Import Records"

    backend_id = fields.Many2one(
        "acme.backend",
        required=True,
        ondelete="cascade",
        default=lambda self: self._default_backend_id(),
    )
    model_name = fields.Selection(
        [
            ("acme.res.partner.category", "Tag"),
            ("acme.res.partner", "Contact"),
            ("acme.crm.lead", "Lead"),
            ("acme.calendar.event", "Meeting"),
        ],
        string="Kind of Record",
        required=True,
    )
    external_ids = fields.Char(
        string="IDs", required=True, help="Ids on the other side, with commas between."
    )

    def _default_backend_id(self):
        if self.env.context.get("active_model") == "acme.backend":
            return self.env.context.get("active_id")
        return self.env["acme.backend"].search([], limit=1)

    def action_import(self):
        """Queue one job for each id."""
        self.ensure_one()
        external_ids = [text.strip() for text in self.external_ids.split(",")]
        external_ids = list(filter(None, external_ids))
        if not external_ids:
            raise UserError(self.env._("Enter at least one id."))
        for external_id in external_ids:
            self.env[self.model_name]._delay_import(
                self.backend_id, external_id, force=True
            )
        return self.backend_id._build_notification(
            self.env._("Import"),
            self.env._("%(count)d job(s) queued.", count=len(external_ids)),
            "success",
        )
