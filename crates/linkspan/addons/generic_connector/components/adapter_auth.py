# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import time
from datetime import timedelta
from urllib.parse import urlencode

import requests
from requests.auth import HTTPBasicAuth

from odoo import fields

from odoo.addons.component.core import AbstractComponent

from ..lib import auth, errors
from ..lib.transaction import in_own_transaction

# A token is renewed this long before it ends.
EARLY = timedelta(seconds=60)


class GenericAdapterAuth(AbstractComponent):
    """Authentication of the adapter."""

    _name = "generic.backend.adapter.auth"
    _inherit = "generic.connector.component"

    # Header that carries an OAuth token alone; None: ``Authorization: Bearer <token>``.
    _oauth_header = None

    def secret(self, name):
        """Value of a credential of the backend.

        Whoever may synchronize may use the credentials, but not read them.
        """
        value = self.backend_record.sudo()[name]
        if not value:
            label = self.backend_record._fields[name].string
            raise errors.ConfigError(f'The backend lacks "{label}".')
        return value

    def _auth(self):
        """What ``requests`` calls on every request; None for no authentication."""
        kind = self.backend_record.auth_kind
        return getattr(self, f"_auth_{kind}")()

    def _auth_none(self):
        return None

    def _auth_api_key(self):
        header = self.backend_record.api_key_header or "X-API-Key"
        return auth.HeaderAuth(header, self.secret("api_key"))

    def _auth_bearer(self):
        return self._bearer(self.secret("access_token"))

    def _auth_basic(self):
        username = self.secret("username").encode()
        return HTTPBasicAuth(username, self.secret("password").encode())

    def _auth_hmac(self):
        return auth.HmacAuth(self.secret("api_key"), self.secret("api_secret"))

    def _auth_jwt(self):
        now = int(time.time())
        backend = self.backend_record
        claims = {"iat": now, "exp": now + (backend.jwt_lifetime or 300)}
        if backend.jwt_issuer:
            claims["iss"] = backend.jwt_issuer
        if backend.jwt_audience:
            claims["aud"] = backend.jwt_audience
        algorithm = backend.jwt_algorithm or "HS256"
        return self._bearer(auth.jwt(claims, self.secret("jwt_key"), algorithm))

    def _auth_oauth2_client(self):
        grant = {"grant_type": "client_credentials"}
        if self.backend_record.oauth_scope:
            grant["scope"] = self.backend_record.oauth_scope
        return self._token_auth(self._oauth_token(lambda state: grant))

    def _auth_oauth2_code(self):
        return self._token_auth(self._oauth_token(self._refresh_grant))

    def _token_auth(self, token):
        if self._oauth_header:
            return auth.HeaderAuth(self._oauth_header, token)
        return self._bearer(token)

    def _bearer(self, token):
        return auth.HeaderAuth("Authorization", f"Bearer {token}")

    # -- OAuth 2 ---------------------------------------------------------------------

    def _refresh_grant(self, state):
        if not state.oauth_refresh_token:
            raise errors.AuthError(
                "The backend is not connected: open it and choose Authorize."
            )
        return {
            "grant_type": "refresh_token",
            "refresh_token": state.oauth_refresh_token,
        }

    def _oauth_token(self, grant_of):
        """A token that is valid; renewed by one worker, the others wait for it."""
        shared = self.backend_record.sudo().state_ids[:1]

        def work(env):
            state = shared._locked(env) or shared
            ends = state.oauth_expires_at
            valid = not ends or ends - EARLY > fields.Datetime.now()
            if not state.oauth_access_token or not valid:
                answer = self._request_token(grant_of(state))
                state.write(self._token_values(answer))
            return state.oauth_access_token

        return in_own_transaction(self.env, work)

    def _renews_token(self, response, state):
        """Have a token that was refused renewed; false where there is none to renew."""
        if not state or not self.backend_record.auth_kind.startswith("oauth2_"):
            return False
        header = self._oauth_header or "Authorization"
        used = response.request.headers.get(header, "")
        state._expire_token(used.removeprefix("Bearer "))
        return True

    def _redirect_uri(self):
        return self.backend_record.generic_backend_id._oauth_redirect_uri()

    def exchange_code(self, code):
        """Take the code that the user brought back for tokens."""
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri(),
        }
        answer = self._request_token(grant)
        self.backend_record.sudo().state_ids.write(self._token_values(answer))

    def authorization_url(self, state):
        """Address that asks the user to allow access."""
        address = self.backend_record.oauth_authorize_url
        if not address:
            raise errors.ConfigError("The backend has no authorization address.")
        query = {
            "response_type": "code",
            "client_id": self.secret("client_id"),
            "redirect_uri": self._redirect_uri(),
            "state": state,
        }
        if self.backend_record.oauth_scope:
            query["scope"] = self.backend_record.oauth_scope
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def _request_token(self, grant):
        address = self.backend_record.oauth_token_url
        if not address:
            raise errors.ConfigError("The backend has no token address.")
        try:
            response = self.work.http_session.post(
                address,
                data=grant,
                auth=(self.secret("client_id"), self.secret("client_secret")),
                headers={"Accept": "application/json"},
                timeout=min(self.backend_record.timeout or 30, 30),
                stream=True,
                allow_redirects=False,
            )
            self._read_body(response)
        except requests.RequestException as error:
            raise errors.NotSentError(
                self._redact(f"The token server did not answer: {error}")
            ) from error
        if response.status_code >= 500 or response.status_code == 429:
            raise errors.NotSentError(
                f"The token server answered {response.status_code}."
            )
        token = self._parse(response) if response.status_code == 200 else None
        if not isinstance(token, dict) or not token.get("access_token"):
            raise errors.AuthError(
                self._redact(
                    f"The token server refused ({response.status_code}): "
                    f"{response.text[:200]}"
                )
            )
        return token

    def _token_values(self, answer):
        values = {
            "oauth_access_token": answer["access_token"],
            "oauth_expires_at": False,
        }
        if answer.get("expires_in"):
            lifetime = timedelta(seconds=int(answer["expires_in"]))
            values["oauth_expires_at"] = fields.Datetime.now() + lifetime
        if answer.get("refresh_token"):
            values["oauth_refresh_token"] = answer["refresh_token"]
        return values
