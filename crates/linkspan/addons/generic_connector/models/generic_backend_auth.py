# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import secrets

from odoo import api, fields, models

SECRET = {
    "groups": "connector_base_backend.group_connector_manager",
    "copy": False,
    "exportable": False,
}


class GenericBackendAuth(models.AbstractModel):
    """Credentials. Managers alone read them; copies and exports leave them out."""

    _name = "generic.backend.auth"
    _description = "Connector Backend: Credentials"

    auth_kind = fields.Selection(
        [
            ("none", "None"),
            ("api_key", "API Key"),
            ("bearer", "Bearer Token"),
            ("basic", "User and Password"),
            ("oauth1", "OAuth 1.0a: Signed Requests"),
            ("oauth2_client", "OAuth 2: Client Credentials"),
            ("oauth2_code", "OAuth 2: Authorization Code"),
            ("hmac", "Signed Requests (HMAC)"),
            ("jwt", "JSON Web Token"),
            ("login", "Login for a Token"),
        ],
        string="Authentication",
        default="none",
        required=True,
    )
    api_key_header = fields.Char(
        default="X-API-Key", help="Header that carries the API key."
    )
    api_key = fields.Char(**SECRET)
    api_secret = fields.Char(**SECRET)
    access_token = fields.Char(**SECRET)
    token_secret = fields.Char(**SECRET)
    username = fields.Char(**SECRET)
    password = fields.Char(**SECRET)
    client_id = fields.Char(**SECRET)
    client_secret = fields.Char(**SECRET)
    oauth_token_url = fields.Char(string="Token Address")
    oauth_authorize_url = fields.Char(string="Authorization Address")
    oauth_scope = fields.Char(string="Scope")
    oauth_connected = fields.Boolean(compute="_compute_oauth_connected")
    jwt_algorithm = fields.Selection(
        [("HS256", "HS256"), ("RS256", "RS256")], default="HS256"
    )
    jwt_key = fields.Text(**SECRET)
    jwt_issuer = fields.Char()
    jwt_audience = fields.Char()
    jwt_lifetime = fields.Integer(default=300, help="Seconds that a token is valid.")

    @api.model
    def _secret_fields(self):
        """Names of the fields whose values appear in no log and no message."""
        return [
            "api_key",
            "api_secret",
            "access_token",
            "token_secret",
            "username",
            "password",
            "client_id",
            "client_secret",
            "jwt_key",
            "webhook_username",
            "webhook_secret",
        ]

    def _generic_id(self):
        self.ensure_one()
        return self.id

    def _secret_values(self, leaf=None):
        """Values that have to be masked in logs and messages.

        :param leaf: the connector's own record, where it is at hand
        """
        self.ensure_one()
        # Nobody sees the values: they are only looked for in texts.
        backend = (leaf or self._leaf_backend()).sudo()
        state = self.sudo().state_ids[:1]
        values = [backend[name] for name in backend._secret_fields()]
        return values + [state.oauth_access_token, state.oauth_refresh_token]

    @api.depends("state_ids")
    def _compute_oauth_connected(self):
        # Whether there is a token may be known to all; the token may not.
        for backend in self:
            backend.oauth_connected = bool(backend.sudo().state_ids.oauth_access_token)

    def _oauth_redirect_uri(self):
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param("web.base.url") + "/generic_connector/oauth/callback"

    def _oauth_begin(self):
        """A fresh state that the answer to an authorization has to carry."""
        self.ensure_one()
        state = secrets.token_urlsafe(32)
        self.state_ids.write(
            {
                "oauth_state": state,
                "oauth_state_user_id": self.env.uid,
                "oauth_state_at": fields.Datetime.now(),
            }
        )
        return state
