# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
from datetime import timedelta

#% if series >= 18
from odoo import api, fields, models
#% else
from odoo import _, api, fields, models
#% endif

from odoo.addons.queue_job.job import identity_exact

from ..lib.errors import ERROR_CLASSES, error_class_of, is_wait
from ..lib.redact import redact_text
from ..lib.transaction import after_rollback


class GenericWebhook(models.Model):
    """A webhook as it came, and what became of it."""

    _name = "generic.webhook"
    _description = "Connector Webhook"
    _order = "id desc"
    _rec_name = "event_type"

    backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )
    event_type = fields.Char(string="Topic", index=True, readonly=True)
    delivery_id = fields.Char(
        readonly=True, copy=False, help="Id that the sender gave to this delivery."
    )
    payload = fields.Text(readonly=True)
    signature = fields.Char(
        readonly=True, groups="connector_base_backend.group_connector_manager"
    )
    processing_status = fields.Selection(
        [
            ("pending", "Pending"),
            ("processed", "Processed"),
            ("failed", "Failed"),
            ("ignored", "Ignored"),
        ],
        default="pending",
        required=True,
        readonly=True,
        index=True,
    )
    processed_at = fields.Datetime(readonly=True, copy=False)
    attempts = fields.Integer(readonly=True, copy=False)
    message = fields.Text(readonly=True, copy=False)
    error_class = fields.Selection(ERROR_CLASSES, readonly=True, copy=False)

    #% if series >= 19
    _delivery_uniq = models.Constraint(
        "UNIQUE (backend_id, delivery_id)", "This delivery has come before."
    )
    #% else
    _sql_constraints = [
        (
            "delivery_uniq",
            "UNIQUE (backend_id, delivery_id)",
            "This delivery has come before.",
        ),
    ]
    #% endif

    def payload_json(self):
        """The payload, parsed."""
        self.ensure_one()
        return json.loads(self.payload or "null")

    def _delay_process(self):
        for webhook in self:
            webhook.with_delay(
                identity_key=identity_exact,
                description={{ t }}(
                    "%(backend)s: webhook %(topic)s",
                    backend=webhook.backend_id.name,
                    topic=webhook.event_type or "",
                ),
            ).process_webhook()

    def process_webhook(self):
        """Job: let the concrete backend take the webhook."""
        self.ensure_one()
        if self.processing_status in ("processed", "ignored"):
            return
        leaf = self.backend_id._leaf_backend()
        attempts = self.attempts
        try:
            # Marked and raised is one attempt, not two.
            leaf.process_webhook(self.with_context(connector_attempts=attempts))
        except Exception as error:
            if not is_wait(error):
                # Nothing is read here: the transaction may be unusable by now.
                values = {
                    "processing_status": "failed",
                    "message": str(error) or type(error).__name__,
                    "error_class": error_class_of(error),
                    "attempts": attempts + 1,
                }
                self._after_rollback(self.id, values)
            raise

    def mark_as_processed(self):
        self._mark(
            {"processing_status": "processed", "message": False, "error_class": False}
        )

    def mark_as_ignored(self, reason=""):
        self._mark({"processing_status": "ignored", "message": reason})

    def mark_as_failed(self, message, error_class="data"):
        """Note a failure. It stays, also if the job is rolled back afterwards."""
        values = {
            "processing_status": "failed",
            "message": message,
            "error_class": error_class,
        }
        attempts = self.env.context.get("connector_attempts")
        for webhook in self:
            before = webhook.attempts if attempts is None else attempts
            self._after_rollback(webhook.id, {**values, "attempts": before + 1})
        self._mark(values)

    def _after_rollback(self, webhook_id, values):
        name = self._name

        def work(env):
            webhook = env[name].browse(webhook_id).exists()
            if webhook:
                secrets = webhook.backend_id._secret_values()
                message = redact_text(values["message"], secrets, 2000)
                webhook._mark({**values, "message": message})

        after_rollback(self.env, work)

    def _mark(self, values):
        for webhook in self:
            webhook.write(
                {
                    "processed_at": fields.Datetime.now(),
                    "attempts": webhook.attempts + 1,
                    **values,
                }
            )

    def action_retry(self):
        """Process webhooks again that failed or were ignored."""
        webhooks = self.filtered(lambda hook: hook.processing_status != "processed")
        webhooks.write({"processing_status": "pending"})
        webhooks._delay_process()

    @api.model
    def _cron_prune(self, days=30):
        """Remove webhooks that are done with."""
        before = fields.Datetime.now() - timedelta(days=days)
        self.search(
            [
                ("create_date", "<", before),
                ("processing_status", "in", ("processed", "ignored")),
            ],
            limit=10000,
        ).unlink()
