# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import codecs
import json
from datetime import datetime

from requests.auth import HTTPBasicAuth

from odoo import fields

from odoo.addons.component.core import AbstractComponent

from ..lib import auth, errors, formats
from ..lib.convert import ABSENT, take
from ..lib.operation import QueryAuth, filled
from ..lib.paging import described, found_at

EPOCH = datetime(1970, 1, 1)


class GenericDefinitionAdapter(AbstractComponent):
    """Adapter of a connector that declares its requests as ``lib.operation``."""

    _name = "generic.definition.adapter"
    _inherit = "generic.backend.adapter"

    # How bodies and answers are written: json; form (answers are JSON); xml.
    _format = "json"
    # Elements of XML that are a list in answers even if there is one of them.
    _lists = ()
    # Sent with every request; values may hold ``{setting}``, and what is named below.
    _headers = {}
    # Credentials that headers carry, and whether the backend has to have them.
    _header_secrets = {}
    # Whether HTTP Basic does without a password.
    _password_optional = False
    # Whether requests over plain http are signed besides, as OAuth 1.0a has it.
    _sign_over_http = False
    # The API key: what stands before it, or the query parameter that carries it.
    _api_key_prefix = ""
    _api_key_query = None
    # Where an error answer has its code and its sentence for people: a path, of the
    # sentence also several, of which the first with something there counts.
    _error_code_path = None
    _error_message_path = None
    # Path that an answer has only when it is an error, although its status is a success;
    # or such a path and the value that stands there then.
    _error_if = None
    # (status or None, code or None, class of lib.errors, what to do next)
    _error_rules = []

    _verify = None
    _list = None
    _read = None
    _create = None
    _write = None
    _archive = None
    _look_up = None
    _since = None

    # -- requests --------------------------------------------------------------------

    def get_api_headers(self):
        backend = self.backend_record.sudo()
        secrets = {
            name: self.secret(name) if is_needed else backend[name] or None
            for name, is_needed in self._header_secrets.items()
        }
        headers = filled(self._headers, {**backend._settings(), **secrets})
        accept = {"Accept": formats.ACCEPTED[self._format]}
        return {**super().get_api_headers(), **accept, **headers}

    def _written(self, data):
        if data is None or self._format == "json":
            return super()._written(data)
        write = formats.to_xml if self._format == "xml" else formats.to_form
        return {"Content-Type": formats.CONTENT_TYPES[self._format]}, write(data)

    def _parse(self, response):
        # Some systems answer with JSON those who ask for it.
        content = response.content.removeprefix(codecs.BOM_UTF8)
        if self._format != "xml" or not content.lstrip().startswith(b"<"):
            return super()._parse(response)
        try:
            return formats.from_xml(content, self._lists)
        except errors.UnreadableError as error:
            raise errors.UnreadableError(
                self._redact(f"{response.url} answered {response.status_code}: {error}"),
                status=response.status_code,
            ) from error

    def _parse_list(self, response, pager):
        return self._with_records(self._parse(response), pager.records, is_list=True)

    def _with_records(self, answer, path, is_list):
        if self._format == "xml":
            return formats.listed(answer, path, is_list)
        return answer

    def _token_address(self):
        """May hold ``{setting}``: a server's address, with or without a slash behind."""
        settings = {
            name: value.rstrip("/") if isinstance(value, str) else value
            for name, value in self.backend_record._settings().items()
        }
        address = filled({"address": super()._token_address()}, settings)
        if not address:
            raise errors.ConfigError(
                "The token address needs a setting that the backend lacks."
            )
        return address["address"]

    def _auth_basic(self):
        is_needed = not self._password_optional or self.backend_record.sudo().password
        password = self.secret("password") if is_needed else ""
        if self._sign_over_http:
            return auth.BasicOrSigned(self.secret("username"), password)
        return HTTPBasicAuth(self.secret("username").encode(), password.encode())

    def _realm(self):
        settings = self.backend_record._settings()
        realm = self._oauth1_realm and filled({"realm": self._oauth1_realm}, settings)
        return realm and realm.get("realm")

    def _auth_api_key(self):
        key = self._api_key_prefix + self.secret("api_key")
        if self._api_key_query:
            return QueryAuth(self._api_key_query, key)
        return auth.HeaderAuth(self.backend_record.api_key_header, key)

    def test_connection(self):
        if self._verify and self._verify.pager:
            self._page(self._verify, {})
            return True
        if self._verify:
            self._call(self._verify)
            return True
        return super().test_connection()

    def _call(self, operation, external_id=None, data=None, names=None, key=None):
        """The record in the answer of an operation; None if that is empty."""
        answer = self._ask(operation, external_id, data, names, key)
        return None if answer is None else record_in(answer, operation.records)

    def _ask(self, operation, external_id=None, data=None, names=None, key=None):
        """The whole answer of an operation; None for an empty one.

        :param key: idempotency key; None: one of its own
        """
        settings = {**self.backend_record._settings(), **(names or {})}
        headers, body = operation.keyed(operation.body(data, settings, external_id), key)
        answer = self.make_request(
            operation.method,
            operation.endpoint(settings, external_id),
            params=operation.params({**settings, "id": external_id}),
            data=body,
            headers=headers,
            problem_at=(operation.error_if, self._error_if),
        )
        return self._with_records(answer, operation.records, is_list=False)

    def _page(self, operation, params, cursor=None, headers=None):
        """One page of a list that parameters narrow."""
        settings = self.backend_record._settings()
        return self.fetch_page(
            operation.pager,
            operation.endpoint(settings),
            params,
            cursor,
            method=operation.method,
            sent=lambda asked: operation.sent(settings, asked),
            headers=headers,
            problem_at=(operation.error_if, self._error_if),
        )

    # -- errors ----------------------------------------------------------------------

    def _error_class(self, response):
        rule = self._error_rule(response)
        return rule[2] if rule else super()._error_class(response)

    def _error_text(self, response):
        said = next(self._said(response), None)
        text = super()._error_text(response) if said is None else as_text(said)[:500]
        rule = self._error_rule(response)
        return f"{text} {rule[3]}".strip() if rule and rule[3] else text

    def _own_words(self, response):
        # What is no text may hold a token.
        texts = (said for said in self._said(response) if isinstance(said, str))
        return next(texts, None)

    def _said(self, response):
        """What stands where an answer has its sentence for people, best first."""
        paths = self._error_message_path or []
        body = self._error_body(response)
        for path in [paths] if isinstance(paths, str) else paths:
            said = take(body, path)
            if said is not ABSENT and said:
                yield said

    def _is_refused(self, response):
        return bool(self._error_rule(response)) or super()._is_refused(response)

    def _refuses_token(self, response):
        """Some tell it with another status, or with that of a success."""
        if super()._refuses_token(response):
            return True
        rule = self._error_rule(response)
        # A server that failed may have done what it was asked.
        if not rule or rule[2] is not errors.AuthError or response.status_code >= 500:
            return False
        # 403 alone speaks of rights, which another token has not either.
        return response.status_code != 403 or rule[1] is not None

    def _error_rule(self, response):
        """The first rule that fits the answer."""
        if response.status_code < 400 and not response.problem:
            return None
        body = self._error_body(response)
        found = take(body, self._error_code_path) if self._error_code_path else ABSENT
        # Codes may be numbers.
        found = None if found in (ABSENT, None) else as_text(found)
        for rule in self._error_rules:
            status, code = rule[:2]
            fits = status in (None, response.status_code)
            if fits and (code is None or str(code) == found):
                return rule
        return None

    def _error_body(self, response):
        try:
            return self._parse(response)
        except errors.UnreadableError:
            return {}

    # -- records ---------------------------------------------------------------------
    # pylint: disable=method-required-super

    def list_page(self, filters=None, cursor=None):
        filters = filters or {}
        params, headers = {}, {}
        since = fields.Datetime.to_datetime(filters.get("since"))
        if self._since and not since and self._since.always:
            since = EPOCH
        if self._since and since:
            params, headers = self._since.params(since), self._since.headers(since)
        return self._page(self._list, params, cursor, headers)

    def read(self, external_id):
        answer = self._ask(self._read, external_id)
        if answer is None:
            raise errors.TransientError(
                f"{external_id} was answered with nothing where a record was expected."
            )
        record = record_in(answer, self._read.records)
        if record is None or record == []:
            raise errors.GoneError(f"The other side found no record {external_id}.")
        if not isinstance(record, dict):
            raise errors.ConfigError(
                f"One record was expected for {external_id}, but the answer has "
                f"{described(record)}."
            )
        return record

    def create(self, data, key=None):
        if not self._create:
            raise errors.DataError("Such records are not created from Odoo.")
        return self._call(self._create, data=data, key=key)

    def write(self, external_id, data, operation="_write", names=None):
        """Update a record on the other side; give its answer.

        :param operation: attribute that has the operation
        :param names: what stands in its path besides the id
        """
        if not getattr(self, operation):
            raise errors.DataError("Such records are not changed from Odoo.")
        return self._call(getattr(self, operation), external_id, data=data, names=names)

    def archive(self, external_id, body):
        """Tell the other side that the record is archived in Odoo."""
        return self._call(self._archive, external_id, data=body or None)

    def look_up(self, param, value):
        """Records whose list is narrowed to a value."""
        return self._page(self._look_up, {param: value}).records


def record_in(answer, path):
    """What an answer has at a path; one record may stand in a list alone."""
    # Some systems answer with empty brackets alone.
    found = [] if answer == [] else found_at(answer, path)
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict):
        return found[0]
    return found


def as_text(value):
    """A value as it is written in JSON, text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value)
