# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import secrets

from odoo import api, fields, models

from ..lib import signature
from .generic_backend_auth import SECRET


class GenericBackendWebhook(models.AbstractModel):
    """How webhooks of this backend are told from forgeries."""

    _name = "generic.backend.webhook"
    _description = "Connector Backend: Webhooks"

    webhook_token = fields.Char(
        **SECRET,
        index=True,
        default=lambda self: self._new_webhook_token(),
        help="Part of the address, so that it cannot be guessed.",
    )
    webhook_url = fields.Char(
        string="Webhook Address", compute="_compute_webhook_url", **SECRET
    )
    webhook_kind = fields.Selection(
        signature.KINDS, string="Signature", default="hmac_sha256", required=True
    )
    webhook_username = fields.Char(
        **SECRET,
        help="For HTTP Basic. Empty: the secret is user:password.",
    )
    webhook_secret = fields.Text(
        **SECRET,
        help="Without it every webhook is refused. For HTTP Basic: the password. Each "
        "line is accepted, so that it can be changed on one side first.",
    )
    webhook_header = fields.Char(
        string="Signature Header", default="X-Signature", required=True
    )
    webhook_encoding = fields.Selection(
        [("hex", "Hexadecimal"), ("base64", "Base64")], default="hex", required=True
    )
    webhook_prefix = fields.Char(
        string="Signature Prefix", help='What precedes the signature, like "sha256=".'
    )
    webhook_delivery_header = fields.Char(
        string="Delivery Header", help="Header with the id of the delivery."
    )
    webhook_topic_header = fields.Char(
        string="Topic Header", help="Header that says what happened."
    )
    webhook_timestamp_header = fields.Char(
        string="Timestamp Header",
        help="Header with the Unix time that the sender signs before the body, "
        "separated by a dot. Old webhooks are refused then.",
    )
    webhook_tolerance = fields.Integer(
        default=300, help="Seconds that the timestamp may differ from now."
    )
    webhook_ping_field = fields.Char(
        string="Ping Field",
        help="Field of the unsigned form that the system sends to see whether "
        "the address answers. Such a form is answered and not stored.",
    )
    webhook_max_bytes = fields.Integer(default=1048576, string="Largest Webhook")

    @api.model
    def _new_webhook_token(self):
        return secrets.token_urlsafe(24)

    @api.depends("webhook_token")
    def _compute_webhook_url(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        for backend in self:
            leaf = backend._leaf_backend() if backend.id else backend
            path = leaf._webhook_path()
            backend.webhook_url = f"{base}{path}/{backend.webhook_token}"

    def _webhook_path(self):
        """What stands before the token in the address."""
        return "/generic_connector/webhook"
