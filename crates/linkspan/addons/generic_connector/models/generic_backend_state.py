# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import math
from datetime import timedelta

from odoo import fields, models

from ..lib.errors import NotSentError, ThrottledError
from ..lib.transaction import in_own_transaction
from .generic_backend_auth import SECRET


class GenericBackendState(models.Model):
    """Counters and tokens that all workers of a backend share.

    They are written in transactions of their own, so that they survive a job's
    rollback, and stand in a table of their own, so that such a transaction never
    waits for a row that the job itself has locked.
    """

    _name = "generic.backend.state"
    _inherit = "connector.secret.mixin"
    _description = "Connector Backend State"
    _rec_name = "backend_id"

    backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )
    tokens = fields.Float(help="Requests that may be made at once.")
    tokens_at = fields.Datetime()
    failures = fields.Integer(help="Failed calls in a row.")
    paused_until = fields.Datetime(help="No call is made before.")
    asked_until = fields.Datetime(help="The other side asked for a pause until then.")
    circuit_state = fields.Selection(
        [("closed", "Working"), ("open", "Paused")],
        compute="_compute_circuit_state",
    )
    oauth_access_token = fields.Char(**SECRET)
    oauth_refresh_token = fields.Char(**SECRET)
    oauth_expires_at = fields.Datetime(help="Until when the token is used.")
    # Digest of what the token was asked for with.
    oauth_asked_with = fields.Char(**SECRET)
    oauth_state = fields.Char(**SECRET)
    oauth_state_user_id = fields.Many2one("res.users", ondelete="set null")
    oauth_state_at = fields.Datetime()

    #% if series >= 19
    _backend_uniq = models.Constraint(
        "UNIQUE (backend_id)", "A backend has one state only."
    )
    #% else
    _sql_constraints = [
        ("backend_uniq", "UNIQUE (backend_id)", "A backend has one state only."),
    ]
    #% endif

    def _compute_circuit_state(self):
        now = fields.Datetime.now()
        for state in self:
            paused = state.paused_until and state.paused_until > now
            state.circuit_state = "open" if paused else "closed"

    def _locked(self, env):
        """This row in another transaction, locked; empty while it is not committed."""
        env.cr.execute(
            "SELECT id FROM generic_backend_state WHERE id = %s FOR UPDATE",
            (self.id,),
            log_exceptions=False,
        )
        return self.with_env(env).browse([row[0] for row in env.cr.fetchall()])

    def _admit(self, overdraw=False):
        """Take a token for one request.

        :param overdraw: take one also if there is none; later requests make up for it
        :raises ThrottledError: when there is none, with the time until there is
        :raises NotSentError: while calls are paused after failures, or as asked
        """
        self.ensure_one()
        wait, paused = in_own_transaction(
            self.env, lambda env: self._take_token(env, overdraw)
        )
        if paused:
            raise NotSentError(
                "Calls are paused, because the last ones failed or were too many.",
                seconds=wait,
                ignore_retry=True,
            )
        if wait:
            raise ThrottledError(
                "The request limit of the backend is reached.",
                seconds=wait,
                ignore_retry=True,
            )

    def _take_token(self, env, overdraw):
        """Seconds to wait (0: go on), and whether because calls are paused."""
        state = self._locked(env)
        if not state:
            return 0, False
        now = fields.Datetime.now()
        if state.paused_until and state.paused_until > now:
            return math.ceil((state.paused_until - now).total_seconds()), True
        backend = state.backend_id
        if state.paused_until:
            # The pause is over. This call tries; the others wait for its outcome.
            probe = timedelta(seconds=backend.timeout or 30)
            state.paused_until = now + probe if state.failures else False
        if not backend.rate_limit:
            return 0, False
        per_second = backend.rate_limit / (backend.rate_period or 1.0)
        burst = backend.rate_burst or max(backend.rate_limit, 1)
        elapsed = (now - state.tokens_at).total_seconds() if state.tokens_at else None
        tokens = burst if elapsed is None else state.tokens + elapsed * per_second
        tokens = min(tokens, burst)
        if tokens < 1 and not overdraw:
            return max(1, math.ceil((1 - tokens) / per_second)), False
        state.write({"tokens": tokens - 1, "tokens_at": now})
        return 0, False

    def _note_success(self):
        """A call was answered: failures are forgotten.

        So is the pause after them, but not one that the other side has asked for.
        """

        def work(env):
            state = self._locked(env)
            asked = state.asked_until
            is_asked = asked and asked > fields.Datetime.now()
            state.write({"failures": 0, "paused_until": asked if is_asked else False})

        if in_own_transaction(self.env, self._has_failures):
            in_own_transaction(self.env, work)

    def _has_failures(self, env):
        return bool(self.with_env(env).browse(self.id).exists().failures)

    def _note_failure(self):
        """A call failed; after too many in a row all workers pause."""

        def work(env):
            state = self._locked(env)
            if not state:
                return
            failures = state.failures + 1
            values = {"failures": failures}
            threshold = state.backend_id.circuit_threshold
            if threshold and failures >= threshold:
                pause = timedelta(seconds=state.backend_id.circuit_pause or 60)
                until = fields.Datetime.now() + pause
                values["paused_until"] = max(until, state.asked_until or until)
            state.write(values)

        in_own_transaction(self.env, work)

    def _expire_token(self, token):
        """The token was refused: the next call fetches a new one.

        Another worker may have done so already.
        """

        def work(env):
            state = self._locked(env)
            if state.oauth_access_token == token:
                state.oauth_expires_at = fields.Datetime.now()

        in_own_transaction(self.env, work)

    def _pause(self, seconds):
        """The other side asked for a pause: it holds for all workers."""
        until = fields.Datetime.now() + timedelta(seconds=seconds)

        def work(env):
            state = self._locked(env)
            if state:
                state.asked_until = max(until, state.asked_until or until)
                state.paused_until = max(until, state.paused_until or until)

        in_own_transaction(self.env, work)
