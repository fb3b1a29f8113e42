# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging

import psycopg2

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..lib import signature

_logger = logging.getLogger(__name__)


class GenericWebhookController(http.Controller):
    """Takes webhooks: checked, stored and queued; the work is done by the job.

    ======  =========================================================================
    status  meaning
    ======  =========================================================================
    200     stored, and its job queued, in one transaction; or stored before; or a
            ping, which is not stored. Some systems take no other status for delivered
    400     empty, or another form, whose raw bytes cannot be had
    401     the signature is wrong or missing, or the backend has no secret
    404     no such address
    405     another method than POST (by Odoo)
    411     the length of the body is not told beforehand
    413     larger than the backend allows
    ======  =========================================================================
    """

    @http.route(
        "/generic_connector/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def webhook(self, token, **_params):
        return self._take(token)

    def _take(self, token, model_name=None):
        """Check, store and queue what came to the address of a backend.

        A connector with an address of its own inherits from this class, gives its
        route to a method of another name, and calls this.

        :param model_name: the backend has to be one of this model
        """
        # The sender has no user. The signature is what is checked, and what the job
        # may do is up to the connector, so it runs as the system.
        env = request.env(user=SUPERUSER_ID)
        # PostgreSQL knows no NUL, neither here nor in the body.
        token = token.replace("\0", "")
        backend = env["generic.backend"].search([("webhook_token", "=", token)])
        if len(backend) != 1:
            return self._answer(404, "not found")
        backend = backend._leaf_backend()
        # Without a connector below it the backend is a leftover.
        if backend._name == "generic.backend" or model_name not in (None, backend._name):
            return self._answer(404, "not found")
        raw, refusal = self._read(backend)
        if refusal:
            return refusal
        headers = request.httprequest.headers
        if not self._verify(backend, raw, headers):
            _logger.warning("a webhook for %s has no valid signature", backend)
            return self._answer(401, "invalid signature")
        stored = self._store(backend, raw, headers)
        return self._answer(200, "accepted" if stored else "repeated")

    def _read(self, backend):
        """The raw body, or the answer that refuses it. The size is checked first."""
        httprequest = request.httprequest
        limit = backend.webhook_max_bytes
        if httprequest.content_length is None:
            return None, self._answer(411, "the length is not told")
        if httprequest.content_length > limit:
            return None, self._answer(413, "too large")
        if httprequest.mimetype in (
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            if backend.webhook_ping_field in httprequest.form:
                return None, self._answer(200, "pong")
            return None, self._answer(400, "forms are not accepted")
        raw = httprequest.get_data(cache=False)
        return (raw, None) if raw else (None, self._answer(400, "empty"))

    def _verify(self, backend, raw, headers):
        """Whether the sender knows the secret, and signed just now.

        The comparison takes constant time.
        """
        return backend._webhook_is_recent(headers) and signature.verify(
            backend.webhook_kind,
            backend.webhook_secret,
            backend._webhook_signed_message(raw, headers),
            self._signature(backend, headers),
            encoding=backend.webhook_encoding,
            prefix=backend.webhook_prefix or "",
            username=backend._webhook_username(),
        )

    def _signature(self, backend, headers):
        basic = backend.webhook_kind == "basic"
        return headers.get("Authorization" if basic else backend.webhook_header)

    def _store(self, backend, raw, headers):
        """Store the webhook and queue its job; False if it is stored already."""
        values = {
            "backend_id": backend._generic_id(),
            "event_type": backend._webhook_event_type(raw, headers),
            "delivery_id": backend._webhook_delivery_id(raw, headers) or False,
            "payload": raw.decode(errors="replace").replace("\0", "\ufffd"),
            # A token or password would be the secret itself.
            "signature": self._signature(backend, headers)
            if backend.webhook_kind in signature.HASHES
            else False,
        }
        webhooks = backend.env["generic.webhook"]
        if values["delivery_id"] and webhooks.search_count(
            [(name, "=", values[name]) for name in ("backend_id", "delivery_id")]
        ):
            return False
        try:
            with backend.env.cr.savepoint():
                webhook = webhooks.create(values)
                webhook.flush_recordset()
        except psycopg2.errors.UniqueViolation:
            # The same delivery came in at the same moment.
            return False
        webhook._delay_process()
        return True

    def _answer(self, status, text):
        return request.make_response(
            text, headers=[("Content-Type", "text/plain")], status=status
        )
