# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import api, fields, models


class GenericCheckpoint(models.Model):
    """How far the import of a model has come, and the search for what goes out."""

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
    exported_until = fields.Datetime(
        help="What was changed here before has been looked at for export. The next "
        "search looks at everything bound if this is empty."
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
    def _of(self, backend, model_name):
        return self.search(
            [("backend_id", "=", backend.id), ("model_name", "=", model_name)], limit=1
        )

    @api.model
    def _get_since(self, backend, model_name):
        """The time from which on records have to be listed; False: all."""
        since = self._of(backend, model_name).since
        return since and since - timedelta(seconds=backend.overlap)

    @api.model
    def _move(self, backend, model_name, moment, mark="since"):
        """Call it once every record that was found has its job.

        :param mark: the field to move; it never goes back
        """
        checkpoint = self._of(backend, model_name)
        if not checkpoint:
            self.create(
                {"backend_id": backend.id, "model_name": model_name, mark: moment}
            )
        elif not checkpoint[mark] or checkpoint[mark] < moment:
            checkpoint[mark] = moment
