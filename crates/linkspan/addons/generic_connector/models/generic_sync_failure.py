# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series >= 18
from odoo import api, fields, models
#% else
from odoo import _, api, fields, models
#% endif
from odoo.exceptions import RedirectWarning

from ..lib.errors import ERROR_CLASSES, error_class_of
from ..lib.redact import redact_text
from ..lib.transaction import after_rollback


class GenericSyncFailure(models.Model):
    """What did not come in or did not go out, and why: one list for all backends."""

    _name = "generic.sync.failure"
    _description = "Connector Failure"
    _order = "last_failed_at desc, id desc"
    _rec_name = "record_key"

    backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )
    direction = fields.Selection(
        [("import", "Import"), ("export", "Export")], required=True
    )
    model_name = fields.Char(string="Binding Model", required=True)
    record_key = fields.Char(
        string="Record",
        required=True,
        help="External id for imports, id of the binding for exports.",
    )
    error_class = fields.Selection(ERROR_CLASSES, required=True)
    message = fields.Text(required=True)
    attempts = fields.Integer(default=1)
    last_failed_at = fields.Datetime(required=True)
    state = fields.Selection(
        [("open", "Open"), ("solved", "Solved"), ("dismissed", "Dismissed")],
        default="open",
        required=True,
        index=True,
    )

    #% if series >= 19
    _record_uniq = models.Constraint(
        "UNIQUE (backend_id, direction, model_name, record_key)",
        "A record has one failure per direction.",
    )
    #% else
    _sql_constraints = [
        (
            "record_uniq",
            "UNIQUE (backend_id, direction, model_name, record_key)",
            "A record has one failure per direction.",
        ),
    ]
    #% endif

    @api.model
    def _values_of(self, error, secrets=()):
        # The text of a warning with a button stands before what the button does.
        text = error.args[0] if isinstance(error, RedirectWarning) else error
        return {
            "error_class": error_class_of(error),
            "message": redact_text(text, secrets, limit=2000) or type(error).__name__,
            "last_failed_at": fields.Datetime.now(),
        }

    @api.model
    def _record(self, backend, direction, model_name, record_key, error):
        """Note a failure now, in the current transaction."""
        values = self._values_of(error, backend._secret_values())
        self._store(backend._generic_id(), direction, model_name, record_key, values)

    @api.model
    def _record_after_rollback(
        self, generic_id, direction, model_name, record_key, error
    ):
        """Note a failure once the transaction that failed has been rolled back.

        Nothing is read before: the transaction may be unusable by now.

        :param generic_id: id of the generic.backend
        """
        name = self._name

        def work(env):
            backend = env["generic.backend"].browse(generic_id).exists()
            if backend:
                env[name]._record(backend, direction, model_name, record_key, error)

        after_rollback(self.env, work)

    @api.model
    def _store(self, generic_id, direction, model_name, record_key, values):
        key = {
            "backend_id": generic_id,
            "direction": direction,
            "model_name": model_name,
            "record_key": str(record_key),
        }
        # Failures are the framework's own notes; users only read and solve them.
        failures = self.sudo()
        failure = failures.search([(name, "=", value) for name, value in key.items()])
        if failure:
            attempts = failure.attempts + 1 if failure.state == "open" else 1
            failure.write(dict(values, attempts=attempts, state="open"))
        else:
            failures.create(dict(values, **key))
        if direction == "export":
            binding = self.env[model_name].sudo().browse(int(record_key)).exists()
        else:
            binding = self.env[model_name].sudo()._find_binding(generic_id, record_key)
        binding._note_failure(values)

    @api.model
    def _solve(self, backend, direction, model_name, record_key):
        """The record came in or went out."""
        self.sudo().search(
            [
                ("backend_id", "=", backend._generic_id()),
                ("direction", "=", direction),
                ("model_name", "=", model_name),
                ("record_key", "=", str(record_key)),
                ("state", "=", "open"),
            ]
        ).write({"state": "solved"})

    def action_dismiss(self):
        self.write({"state": "dismissed"})

    def action_retry(self):
        """Queue the import or export again."""
        unknown = self.filtered(lambda failure: failure.model_name not in self.env)
        for failure in self - unknown:
            bindings = self.env[failure.model_name]
            if failure.direction == "export":
                binding = bindings.browse(int(failure.record_key)).exists()
                if binding:
                    binding._delay_export()
            else:
                leaf = failure.backend_id._leaf_backend()
                bindings._delay_import(leaf, failure.record_key, force=True)
        if not unknown:
            return None
        return unknown[0].backend_id._build_notification(
            {{ t }}("Not tried again"),
            {{ t }}(
                "The connector that has %(models)s is not installed any more.",
                models=", ".join(sorted(set(unknown.mapped("model_name")))),
            ),
            "warning",
        )
