# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series >= 18
from odoo import api, fields, models
#% else
from odoo import _, api, fields, models
#% endif
from odoo.exceptions import UserError


class ConnectorExportWizard(models.TransientModel):
    """One dialog that exports records of any model to any backend."""

    _name = "connector.export.wizard"
    _description = "Export to Connectors"

    model_name = fields.Char(string="Model", required=True, readonly=True)
    record_ids_text = fields.Char(string="Records", required=True, readonly=True)
    record_count = fields.Integer(compute="_compute_record_count")
    available_backend_ids = fields.Many2many(
        "connector.base.backend", compute="_compute_available_backend_ids"
    )
    backend_ids = fields.Many2many("connector.base.backend", string="Backends")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        context = self.env.context
        values["model_name"] = context.get("active_model", "")
        active_ids = context.get("active_ids") or []
        values["record_ids_text"] = ",".join(str(record) for record in active_ids)
        return values

    def _record_ids(self):
        return [int(number) for number in (self.record_ids_text or "").split(",") if number]

    @api.depends("record_ids_text")
    def _compute_record_count(self):
        for wizard in self:
            wizard.record_count = len(wizard._record_ids())

    @api.depends("model_name")
    def _compute_available_backend_ids(self):
        backends = self.env["connector.base.backend"].search([("active", "=", True)])
        for wizard in self:
            wizard.available_backend_ids = backends.filtered(
                lambda backend, name=wizard.model_name: backend._implements_export(name)
            )

    def action_export(self):
        """Export to each chosen backend; tell what every one of them answered."""
        self.ensure_one()
        if not self.backend_ids:
            raise UserError({{ t }}("Choose at least one backend."))
        actions = [
            backend.export_records(self.model_name, self._record_ids())
            for backend in self.backend_ids
        ]
        if len(actions) == 1:
            return actions[0]
        shown = [
            (backend.name, (action or {}).get("params") or {})
            for backend, action in zip(self.backend_ids, actions, strict=True)
        ]
        failed = any(params.get("type") in ("warning", "danger") for _name, params in shown)
        return self.backend_ids[0]._build_notification(
            {{ t }}("Export"),
            "\n".join(f"{name}: {params.get('message', '')}" for name, params in shown),
            "warning" if failed else "success",
        )

    @api.model
    def _ensure_export_action(self, model_name):
        """Put "Export to Connectors" into the Action menu of a model, once.

        Modules call it from their data. The action belongs to this addon, so
        that two connectors of the same model do not show two entries.
        """
        xmlid = "connector_base_backend.action_export_{}".format(
            model_name.replace(".", "_")
        )
        if self.env.ref(xmlid, raise_if_not_found=False):
            return
        group = self.env.ref("connector_base_backend.group_connector_user")
        action = self.env["ir.actions.act_window"].create(
            {
                "name": "Export to Connectors",
                "res_model": self._name,
                "view_mode": "form",
                "target": "new",
                "binding_model_id": self.env["ir.model"]._get_id(model_name),
                "binding_view_types": "list,form",
                "{{ groups_field }}": [(6, 0, group.ids)],
            }
        )
        # The name may be left over from an action that went with its model.
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": xmlid, "record": action, "noupdate": True}]
        )
