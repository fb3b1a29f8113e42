# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series >= 18
from odoo import api, fields, models
#% else
from odoo import _, api, fields, models
#% endif
from odoo.exceptions import UserError


class ConnectorSyncWizard(models.TransientModel):
    """Starts synchronizations of one backend now."""

    _name = "connector.sync.wizard"
    _description = "Synchronize Now"

    backend_id = fields.Many2one("generic.backend", required=True, ondelete="cascade")
    line_ids = fields.One2many(
        "connector.sync.wizard.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        context = self.env.context
        model_name = context.get("active_model")
        if model_name in self.env and context.get("active_id"):
            backend = self.env[model_name].browse(context["active_id"])
            if hasattr(backend, "_generic_id"):
                values["backend_id"] = backend._generic_id()
        return values

    @api.depends("backend_id")
    def _compute_line_ids(self):
        for wizard in self:
            entities = []
            if wizard.backend_id:
                entities = wizard.backend_id._leaf_backend()._sync_entities()
            wizard.line_ids = [(5, 0, 0)] + [
                (0, 0, {"entity": entity, "selected": True}) for entity in entities
            ]

    def action_sync(self):
        self.ensure_one()
        entities = self.line_ids.filtered("selected").mapped("entity")
        if not entities:
            raise UserError({{ t }}("Choose what to synchronize."))
        leaf = self.backend_id._leaf_backend()
        count = leaf._delay_sync(entities)
        return leaf._build_notification(
            {{ t }}("Synchronization"),
            {{ t }}("%(count)d job(s) queued.", count=count),
            "success",
        )


class ConnectorSyncWizardLine(models.TransientModel):
    _name = "connector.sync.wizard.line"
    _description = "Synchronize Now: Entity"

    wizard_id = fields.Many2one("connector.sync.wizard", ondelete="cascade")
    entity = fields.Char(required=True, readonly=True)
    selected = fields.Boolean(default=True)
