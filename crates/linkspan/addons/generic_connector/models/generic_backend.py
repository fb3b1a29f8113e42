# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

#% if series >= 18
from odoo import api, fields, models
#% else
from odoo import _, api, fields, models
#% endif
from odoo.exceptions import ValidationError

ADDRESS = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
# Settings that count something.
NUMBERS = (
    "timeout",
    "answer_max_bytes",
    "rate_limit",
    "rate_period",
    "rate_burst",
    "circuit_threshold",
    "circuit_pause",
    "overlap",
    "webhook_tolerance",
    "webhook_max_bytes",
)


class GenericBackend(models.Model):
    """What every connector's backend has: connection, limits, counters.

    A connector's own backend delegates to it::

        class ShopBackend(models.Model):
            _name = "shop.backend"
            _inherit = "generic.backend.mixin"
            _inherits = {"generic.backend": "generic_backend_id"}

            generic_backend_id = fields.Many2one(
                "generic.backend", required=True, ondelete="cascade"
            )
    """

    _name = "generic.backend"
    _description = "Generic Connector Backend"
    _inherit = [
        "connector.leaf.mixin",
        "generic.backend.auth",
        "generic.backend.webhook",
    ]
    _inherits = {"connector.base.backend": "base_backend_id"}

    base_backend_id = fields.Many2one(
        "connector.base.backend", required=True, ondelete="cascade", index=True
    )
    base_url = fields.Char(
        string="Address", help="Where the API is, for instance https://shop.example/api"
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        default=lambda self: self._default_lang(),
        help="Texts are read from Odoo and written to it in this language, whoever "
        "asks for it. Empty: en_US, which Odoo shows where there is no translation.",
    )
    timeout = fields.Integer(
        default=30, help="Seconds after which a call without an answer is given up."
    )
    answer_max_bytes = fields.Integer(
        string="Largest Answer",
        default=33554432,
        help="Bytes. A larger answer is given up before it fills the worker's memory.",
    )
    debug_log = fields.Boolean(
        string="Log Requests",
        help="Write every request and answer to the server's log, without secrets.",
    )
    rate_limit = fields.Integer(
        help="Requests per period, over all workers together. 0: no limit."
    )
    rate_period = fields.Float(default=1.0, help="Length of the period in seconds.")
    rate_burst = fields.Integer(
        help="Requests that may come at once after a pause. 0: as many as the limit."
    )
    circuit_threshold = fields.Integer(
        default=5,
        help="Failures in a row after which no more calls are made for a while. "
        "0: never.",
    )
    circuit_pause = fields.Integer(
        default=60, help="Seconds without calls once the threshold is reached."
    )
    overlap = fields.Integer(
        default=300,
        help="Seconds that an import goes back behind the point that the last one "
        "reached, because clocks differ.",
    )
    state_ids = fields.One2many("generic.backend.state", "backend_id", copy=False)
    circuit_state = fields.Selection(related="state_ids.circuit_state")
    circuit_failures = fields.Integer(related="state_ids.failures")
    paused_until = fields.Datetime(related="state_ids.paused_until")
    failure_count = fields.Integer(compute="_compute_counts")
    webhook_count = fields.Integer(compute="_compute_counts")

    @api.constrains("base_url")
    def _check_base_url(self):
        for backend in self:
            backend._check_address(backend.base_url)

    @api.model
    def _check_address(self, address):
        """Whether requests can be sent to an address; an empty one is still to come.

        :raises ValidationError: if they cannot
        """
        if address and not ADDRESS.match(address.strip()):
            raise ValidationError(
                {{ t }}(
                    "%(address)s is no address. It begins with https:// and the name of "
                    "a host, such as https://shop.example.",
                    address=address,
                )
            )

    @api.constrains(*NUMBERS)
    def _check_numbers(self):
        for backend in self:
            for name in NUMBERS:
                if backend[name] < 0:
                    label = self.fields_get([name], ["string"])[name]["string"]
                    raise ValidationError(
                        {{ t }}("%(field)s cannot be negative.", field=label)
                    )

    @api.model
    def _default_lang(self):
        """The source language of Odoo's texts, in which crons and webhooks write."""
        return "en_US" if "en_US" in dict(self.env["res.lang"].get_installed()) else False

    @api.model_create_multi
    def create(self, vals_list):
        backends = super().create(vals_list)
        # Counters of the limits are written by users who may not configure backends.
        self.env["generic.backend.state"].sudo().create(
            [{"backend_id": backend.id} for backend in backends]
        )
        return backends

    def unlink(self):
        parents = self.base_backend_id
        result = super().unlink()
        parents.unlink()
        return result

    def _compute_counts(self):
        for backend in self:
            domain = [("backend_id", "=", backend.id)]
            backend.failure_count = self.env["generic.sync.failure"].search_count(
                domain + [("state", "=", "open")]
            )
            backend.webhook_count = self.env["generic.webhook"].search_count(
                domain + [("processing_status", "in", ("pending", "failed"))]
            )
