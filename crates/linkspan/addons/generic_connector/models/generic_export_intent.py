# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
import logging
from datetime import timedelta

from odoo import api, fields, models

from ..lib.transaction import after_commit, in_own_transaction

_logger = logging.getLogger(__name__)


class GenericExportIntent(models.Model):
    """Notes that a record is about to be created on the other side.

    The note is committed before the call, and the external id right after it, both in
    transactions of their own. Should the job fail after the other side has created
    the record, the next attempt finds the id here. Should no answer have come, the
    next attempt knows that it has to look before it creates.
    """

    _name = "generic.export.intent"
    _description = "Connector Export Intent"
    _rec_name = "external_id"

    backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )
    model_name = fields.Char(string="Binding Model", required=True)
    binding_id = fields.Integer(required=True)
    key = fields.Char(
        string="Idempotency Key",
        required=True,
        help="Sent to systems that create a record once per key.",
    )
    external_id = fields.Char(help="Empty: no answer has come yet.")
    sent = fields.Text(help="What the last attempt sent, as JSON.")
    sent_at = fields.Datetime(help="When that was sent for the first time.")

    #% if series >= 19
    _binding_uniq = models.Constraint(
        "UNIQUE (backend_id, model_name, binding_id)", "A binding has one intent."
    )
    #% else
    _sql_constraints = [
        (
            "binding_uniq",
            "UNIQUE (backend_id, model_name, binding_id)",
            "A binding has one intent.",
        ),
    ]
    #% endif

    @api.model
    def _begin(self, binding, key, data=None):
        """Note the intent.

        :param data: what is about to be sent
        :return: whether it was there before, external id that it got (or False), key
        """
        identity = _identity(binding)

        def work(env):
            env.cr.execute(
                """
                INSERT INTO generic_export_intent
                    (backend_id, model_name, binding_id, key, sent, sent_at,
                    create_date, write_date)
                VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC',
                    now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT (backend_id, model_name, binding_id) DO NOTHING
                """,
                identity + (key, _as_json(data)),
            )
            existed = not env.cr.rowcount
            intent = env[self._name]._of(*identity)
            return existed, intent.external_id, intent.key

        return in_own_transaction(self.env, work)

    @api.model
    def _send_again(self, binding, data=None):
        """Note that the record is sent once more.

        :param data: as it is now; None: as it was
        """
        identity = _identity(binding)

        def work(env):
            intent = env[self._name]._of(*identity)
            values = {"key": intent.key}
            if data is not None:
                values.update(sent=_as_json(data), sent_at=fields.Datetime.now())
            intent.write(values)

        in_own_transaction(self.env, work)

    @api.model
    def _sent(self, binding):
        """What the last attempt sent; None if nobody knows."""
        intent = self._of(*_identity(binding))
        return json.loads(intent.sent) if intent.sent else None

    @api.model
    def _is_older(self, binding, seconds):
        """Whether a repeat would arrive so long after what it repeats."""
        intent = self._of(*_identity(binding))
        since = intent.sent_at or intent.create_date
        passed = (fields.Datetime.now() - since).total_seconds()
        return passed + (binding.backend_id.timeout or 30) >= seconds

    @api.model
    def _seconds_left(self, binding):
        """How long what was sent may still be under way, although no answer came."""
        intent = self._of(*_identity(binding))
        if not intent:
            return 0
        passed = (fields.Datetime.now() - intent.write_date).total_seconds()
        return max(0, round((binding.backend_id.timeout or 30) - passed))

    @api.model
    def _answered(self, binding, external_id):
        """Keep the id that the other side gave, whatever happens to the job."""
        identity = _identity(binding)
        in_own_transaction(
            self.env,
            lambda env: env[self._name]
            ._of(*identity)
            .write({"external_id": str(external_id)}),
        )

    @api.model
    def _withdraw(self, binding):
        """The other side has refused: nothing was created."""
        identity = _identity(binding)
        in_own_transaction(
            self.env, lambda env: env[self._name]._of(*identity).unlink()
        )

    @api.model
    def _done(self, binding):
        """Forget the intent once the binding with its id is committed."""
        identity = _identity(binding)
        after_commit(self.env, lambda env: env[self._name]._of(*identity).unlink())

    @api.model
    def _of(self, generic_id, model_name, binding_id):
        return self.search(
            [
                ("backend_id", "=", generic_id),
                ("model_name", "=", model_name),
                ("binding_id", "=", binding_id),
            ]
        )

    @api.model
    def _cron_prune(self, days=7):
        """Remove intents whose binding has its id, or is gone."""
        before = fields.Datetime.now() - timedelta(days=days)
        old = [("create_date", "<", before)]
        for model_name in set(self.search(old).mapped("model_name")):
            of_model = self.search(old + [("model_name", "=", model_name)])
            if model_name in self.env:
                of_model._prune()
            else:
                _logger.info("%s stay: no connector has %s", of_model, model_name)

    def _prune(self):
        """Remove those whose binding has its id, or is gone; all are of one model."""
        bindings = self.env[self[0].model_name].browse(self.mapped("binding_id"))
        waiting = bindings.exists().filtered(lambda binding: not binding.external_id)
        self.filtered_domain([("binding_id", "not in", waiting.ids)]).unlink()


def _identity(binding):
    """What ``_of`` finds the intent of a binding by."""
    return binding.backend_id._generic_id(), binding._name, binding.id


def _as_json(data):
    return None if data is None else json.dumps(data, default=str)
