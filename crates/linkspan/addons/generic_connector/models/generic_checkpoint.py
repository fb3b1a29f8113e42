# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import api, fields, models


class GenericCheckpoint(models.Model):
    """How far the import of a model has come."""

    _name = "generic.checkpoint"
    _description = "Connector Checkpoint"
    _rec_name = "model_name"
    _order = "backend_id, model_name"

    backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )
    model_name = fields.Char(string="Binding Model", required=True)
    since = fields.Datetime(
        help="What changed before has been listed. The next import begins here, less "
        "the overlap of the backend. Empty: at the beginning."
    )

    #% if series >= 19
    _model_uniq = models.Constraint(
        "UNIQUE (backend_id, model_name)", "A model has one checkpoint per backend."
    )
    #% else
    _sql_constraints = [
        (
            "model_uniq",
            "UNIQUE (backend_id, model_name)",
            "A model has one checkpoint per backend.",
        ),
    ]
    #% endif

    @api.model
    def _get_since(self, backend, model_name):
        """The time from which on records have to be listed; False: all."""
        checkpoint = self.search(
            [("backend_id", "=", backend.id), ("model_name", "=", model_name)], limit=1
        )
        if not checkpoint.since:
            return False
        return checkpoint.since - timedelta(seconds=backend.overlap)

    @api.model
    def _move(self, backend, model_name, since):
        """Call it once every record listed by an import has its job."""
        checkpoint = self.search(
            [("backend_id", "=", backend.id), ("model_name", "=", model_name)], limit=1
        )
        if not checkpoint:
            self.create(
                {"backend_id": backend.id, "model_name": model_name, "since": since}
            )
        elif not checkpoint.since or checkpoint.since < since:
            checkpoint.since = since
