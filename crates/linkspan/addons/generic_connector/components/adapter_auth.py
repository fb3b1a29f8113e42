# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import hashlib
import json
import time
from datetime import timedelta
from urllib.parse import urlencode

import requests
from requests.auth import HTTPBasicAuth

from odoo import fields

from odoo.addons.component.core import AbstractComponent

from ..lib import auth, errors
from ..lib.operation import seconds_in
from ..lib.transaction import in_own_transaction

# A token is renewed so many seconds before it ends, one with a short life after half.
EARLY = 60
# Kinds of authentication that ask for tokens, and where a token usually stands.
TOKEN_KINDS = ("oauth2_client", "oauth2_code", "login")
# What to do about a refresh token that is refused.
REFRESH_TOKEN_ENDED = (
    " The refresh token is good no more: it has expired, was revoked, or another program "
    "used it and got the next one. Open the backend and choose Authorize."
)
BEARER = ("Authorization", "Bearer ")


class GenericAdapterAuth(AbstractComponent):
    """Authentication of the adapter."""

    _name = "generic.backend.adapter.auth"
    _inherit = "generic.connector.component"

    # Header that carries an OAuth token alone; None: ``Authorization: Bearer <token>``.
    _oauth_header = None
    # Hash that OAuth 1.0a signs with: sha1, sha256 or sha512; the realm it names, if any.
    _oauth1_hash = "sha256"
    _oauth1_realm = None
    # Whether client id and secret stand in the form that asks for a token, instead of
    # HTTP Basic.
    _client_in_form = False
    # ``lib.operation.Login``, for a backend whose users log in for a token.
    _login = None

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

    def _auth_oauth1(self):
        backend = self.backend_record.sudo()
        token = {}
        if backend.access_token:
            token = {
                "token": backend.access_token,
                "token_secret": self.secret("token_secret"),
            }
        return auth.OAuth1(
            self.secret("client_id"),
            self.secret("client_secret"),
            hash_name=self._oauth1_hash,
            realm=self._realm(),
            **token,
        )

    def _realm(self):
        """The realm that OAuth 1.0a names; None for none."""
        return self._oauth1_realm

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
        asked_with = [grant, self._token_address(), *self._client()]
        token = self._kept_token(
            lambda state: self._request_token(grant), asked_with=asked_with
        )
        return self._token_auth(token)

    def _auth_oauth2_code(self):
        token = self._kept_token(
            lambda state: self._request_token(self._refresh_grant(state))
        )
        return self._token_auth(token)

    def _auth_login(self):
        address, sent = self._login_request()
        token = self._kept_token(
            lambda state: self._log_in(address, sent), asked_with=[address, sent]
        )
        return self._token_auth(token)

    def _token_auth(self, token):
        header, prefix = self._token_place()
        return auth.HeaderAuth(header, prefix + token)

    def _token_place(self):
        """The header that carries a token, and what stands in front of it there."""
        if self.backend_record.auth_kind == "login":
            return self._login.header, self._login.prefix
        return (self._oauth_header, "") if self._oauth_header else BEARER

    def _bearer(self, token):
        header, prefix = BEARER
        return auth.HeaderAuth(header, prefix + token)

    # -- tokens ----------------------------------------------------------------------

    def _refresh_grant(self, state):
        if not state.oauth_refresh_token:
            raise errors.AuthError(
                "The backend is not connected: open it and choose Authorize."
            )
        return {
            "grant_type": "refresh_token",
            "refresh_token": state.oauth_refresh_token,
        }

    def _kept_token(self, ask, asked_with=None):
        """A token that is valid; renewed by one worker, the others wait for it.

        :param ask: takes the backend's state, gives what a token server answers
        :param asked_with: as JSON, what the token is asked for with: another one needs
            another token. None: a person asked for it.
        """
        shared = self.backend_record.sudo().state_ids[:1]
        text = json.dumps(asked_with, sort_keys=True)
        digest = asked_with and hashlib.sha256(text.encode()).hexdigest()

        def work(env):
            state = shared._locked(env) or shared
            ends = state.oauth_expires_at
            is_good = not ends or ends > fields.Datetime.now()
            is_same = not digest or state.oauth_asked_with in (False, digest)
            if not (state.oauth_access_token and is_good and is_same):
                values = self._token_values(ask(state))
                state.write({**values, "oauth_asked_with": digest})
            return state.oauth_access_token

        try:
            return in_own_transaction(self.env, work)
        except errors.ExternalError as error:
            # Wrong passwords lock accounts: the circuit stops logins as it stops calls.
            if shared and (error.status or isinstance(error, errors.NotSentError)):
                shared._note_failure()
            raise

    def _renews_token(self, response, state):
        """Have a token that was refused renewed; false where there is none to renew."""
        if not state or self.backend_record.auth_kind not in TOKEN_KINDS:
            return False
        header, prefix = self._token_place()
        used = response.request.headers.get(header, "")
        state._expire_token(used.removeprefix(prefix))
        return True

    def _login_request(self):
        """Address of the login, and what is posted there."""
        login = self._login
        if not login:
            raise errors.ConfigError("This connector does not say how users log in.")
        settings = self.backend_record._settings()
        names = {name: self.secret(name) for name in login.credentials()}
        address = self.build_url(login.endpoint(settings))
        return address, login.posted({**settings, **names})

    def _log_in(self, address, sent):
        """Post the credentials; give the token as a token server does."""
        headers = {**self.get_api_headers(), "Accept": "application/json"}
        response = self._ask_for_token(address, headers=headers, **sent)
        try:
            answer = response.json()
        except ValueError:
            answer = response.text.strip()
        token = self._login.token_in(answer) if response.status_code < 300 else None
        if not token:
            raise self._login_error(response)
        return {"access_token": token, "expires_in": self._login.lifetime_in(answer)}

    def _login_error(self, response):
        """The answer may hold a token elsewhere, so only its own sentence is shown."""
        status = response.status_code
        said = self._redact(self._own_words(response) or "")[:200]
        message = f"The login was answered with {status}: {said or 'no reason was given'}"
        if status < 300 and not said:
            hint = "It gave no token where the connector looks for one."
            return errors.ConfigError(f"{message}. {hint}", status=status)
        kind = errors.ConfigError if 300 <= status < 400 else errors.AuthError
        return kind(message, status=status)

    def _own_words(self, response):
        """The sentence for people in an error answer; None where nobody knows of one."""

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

    def _token_address(self):
        """Where tokens are asked for."""
        return self.secret("oauth_token_url")

    def _client(self):
        return self.secret("client_id"), self.secret("client_secret")

    def _request_token(self, grant):
        sent = {"data": grant, "auth": self._client()}
        if self._client_in_form:
            names = ("client_id", "client_secret")
            sent = {"data": {**grant, **dict(zip(names, self._client()))}}
        headers = {"Accept": "application/json"}
        response = self._ask_for_token(self._token_address(), headers=headers, **sent)
        token = self._parse(response) if response.status_code == 200 else None
        if not isinstance(token, dict) or not token.get("access_token"):
            text = (
                f"The token server refused ({response.status_code}): {response.text[:200]}"
            )
            if self._refresh_token_ended(grant, response):
                text += REFRESH_TOKEN_ENDED
            raise errors.AuthError(self._redact(text), status=response.status_code)
        return token

    def _refresh_token_ended(self, grant, response):
        """As RFC 6749, 5.2 has it."""
        is_refresh = grant["grant_type"] == "refresh_token"
        return is_refresh and "invalid_grant" in response.text

    def _ask_for_token(self, address, **sent):
        try:
            response = self.work.http_session.post(
                address,
                timeout=min(self.backend_record.timeout or 30, 30),
                stream=True,
                allow_redirects=False,
                **sent,
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
        return response

    def _token_values(self, answer):
        values = {
            "oauth_access_token": answer["access_token"],
            "oauth_expires_at": False,
        }
        seconds = seconds_in(answer.get("expires_in"))
        if seconds:
            used = timedelta(seconds=max(seconds - EARLY, seconds / 2))
            values["oauth_expires_at"] = fields.Datetime.now() + used
        if answer.get("refresh_token"):
            values["oauth_refresh_token"] = answer["refresh_token"]
        return values
