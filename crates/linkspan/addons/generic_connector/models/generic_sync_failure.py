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

# Stands for the record where a list itself could not be read.
WHOLE_LIST = "*"


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
        string="Key",
        required=True,
        help="External id for imports, id of the binding for exports, * for the list.",
    )
    record_name = fields.Char(string="Record", compute="_compute_record_name")
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

    @api.depends("direction", "model_name", "record_key")
    def _compute_record_name(self):
        for failure in self:
            # Its name may be seen by whoever may see that it failed.
            binding = failure.sudo()._binding()
            name = binding and binding.display_name
            if failure.record_key == WHOLE_LIST:
                failure.record_name = {{ t }}("The list")
            elif failure.direction == "export":
                failure.record_name = name or failure.record_key
            else:
                named = name and f"{failure.record_key} ({name})"
                failure.record_name = named or failure.record_key

    def _binding(self):
        """The binding that failed: none for a list and before the first import."""
        self.ensure_one()
        bindings = self.env.get(self.model_name)
        if bindings is None or self.record_key == WHOLE_LIST:
            return self.env["generic.binding"]
        if self.direction == "export":
            return bindings.browse(int(self.record_key)).exists()
        return bindings._find_binding(self.backend_id.id, self.record_key)

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
            failure = failures.create(dict(values, **key))
        failure._binding()._note_failure(values)

    @api.model
    def _solve(self, backend, direction, model_name, record_key):
        """The record came in or went out, or the list was read to its end."""
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
        queued = sum(failure._delay_again() for failure in self - unknown)
        lacking = len(self) - len(unknown) - queued
        told = []
        if queued:
            told.append({{ t }}("%(count)d job(s) queued.", count=queued))
        if lacking:
            told.append(
                {{ t }}("%(count)d record(s) exist no longer: dismiss.", count=lacking)
            )
        if unknown:
            told.append(
                {{ t }}(
                    "The connector that has %(models)s is not installed any more.",
                    models=", ".join(sorted(set(unknown.mapped("model_name")))),
                )
            )
        return self[:1].backend_id._build_notification(
            {{ t }}("Try Again"),
            " ".join(told),
            "success" if queued == len(self) else "warning",
        )

    def _delay_again(self):
        """Queue what failed; give whether there is something to be queued."""
        self.ensure_one()
        leaf = self.backend_id._leaf_backend()
        bindings = self.env[self.model_name]
        if self.record_key == WHOLE_LIST and self.direction == "export":
            bindings._delay_export_changes(leaf)
        elif self.record_key == WHOLE_LIST:
            bindings._delay_import_batch(leaf)
        elif self.direction == "import":
            bindings._delay_import(leaf, self.record_key, force=True)
        else:
            binding = self._binding()
            if binding:
                binding._delay_export()
            return bool(binding)
        return True
