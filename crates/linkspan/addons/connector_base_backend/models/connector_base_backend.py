# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class ConnectorBaseBackend(models.Model):
    _name = "connector.base.backend"
    _description = "Connector Backend"
    _inherit = ["connector.leaf.mixin"]
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self.env.company,
        help="Records of this backend belong to this company. Empty: to all.",
    )
    connector_model = fields.Char(
        string="Connector",
        compute="_compute_connector_model",
        help="Model of the concrete backend.",
    )
    last_sync_date = fields.Datetime(readonly=True, copy=False)
    last_export_date = fields.Datetime(readonly=True, copy=False)

    def _compute_connector_model(self):
        for backend in self:
            leaf = backend._leaf_backend() if backend.id else backend
            backend.connector_model = leaf._name

    def action_open_backend(self):
        """Open the form of the concrete backend."""
        self.ensure_one()
        leaf = self._leaf_backend()
        return {
            "type": "ir.actions.act_window",
            "res_model": leaf._name,
            "res_id": leaf.id,
            "view_mode": "form",
        }
