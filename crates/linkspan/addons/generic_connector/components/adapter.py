# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import email.utils
import json
import logging
import time
from urllib.parse import unquote_plus, urljoin, urlsplit

import requests
from urllib3.exceptions import LocationParseError, NewConnectionError
from urllib3.util import parse_url

from odoo.addons.component.core import AbstractComponent

from ..lib import errors, redact
from ..lib.auth import without_signature
from ..lib.operation import YEAR
from ..lib.paging import Page, Problem, said_of_error

_logger = logging.getLogger(__name__)

CLASSES = {
    400: errors.DataError,
    401: errors.AuthError,
    402: errors.AuthError,
    403: errors.AuthError,
    404: errors.GoneError,
    405: errors.ConfigError,
    408: errors.TransientError,
    409: errors.ConflictError,
    410: errors.GoneError,
    412: errors.ConflictError,
    423: errors.TransientError,
    425: errors.TransientError,
    429: errors.ThrottledError,
}

DEFAULT_PORTS = {"http": 80, "https": 443}


# pylint: disable=method-required-super
class GenericAdapter(AbstractComponent):
    """Speaks HTTP with the external system.

    Every call has a timeout, counts against the limits that all workers share, and
    fails with a class of ``lib.errors``. Nothing here sleeps: what may succeed later
    raises an error that puts the job off.
    """

    _name = "generic.backend.adapter"
    _inherit = [
        "generic.backend.adapter.auth",
        "generic.backend.adapter.envelope",
        "base.backend.adapter.crud",
    ]
    _usage = "backend.adapter"

    # Path that answers whenever address and credentials are right.
    _test_endpoint = ""

    # -- requests --------------------------------------------------------------------

    def get_api_headers(self):
        """Headers of every request."""
        return {"Accept": "application/json"}

    def build_url(self, endpoint=""):
        """The address of an endpoint; a full one has to be on the same host.

        Without an endpoint it is the backend's own.
        """
        base = (self.backend_record.base_url or "").strip()
        if not base:
            raise errors.ConfigError("The backend has no address.")
        if "://" in endpoint:
            if _origin(endpoint) != _origin(base):
                # The credentials are for the backend's host alone.
                raise errors.ConfigError(f"{endpoint} is not on the backend's host.")
            return endpoint
        if not endpoint:
            return base.rstrip("/")
        return urljoin(base.rstrip("/") + "/", endpoint.lstrip("/"))

    def make_request(self, method, endpoint, **kwargs):
        """Send a request; give the parsed body (None for an empty one)."""
        return self._parse(self.request(method, endpoint, **kwargs))

    def get(self, endpoint, params=None, **kwargs):
        return self.make_request("GET", endpoint, params=params, **kwargs)

    def post(self, endpoint, data=None, **kwargs):
        return self.make_request("POST", endpoint, data=data, **kwargs)

    def put(self, endpoint, data=None, **kwargs):
        return self.make_request("PUT", endpoint, data=data, **kwargs)

    def patch(self, endpoint, data=None, **kwargs):
        return self.make_request("PATCH", endpoint, data=data, **kwargs)

    def delete(self, endpoint, **kwargs):
        return self.make_request("DELETE", endpoint, **kwargs)

    def test_connection(self):
        """Whether the external system answers."""
        self.get(self._test_endpoint or "/")
        return True

    def request(
        self,
        method,
        endpoint,
        params=None,
        data=None,
        body=None,
        headers=None,
        problem_at=(),
    ):
        """Send a request; give the answer if it is a success.

        :param data: what is sent, as JSON unless the connector speaks otherwise
        :param body: bytes or text that is sent as it is, instead of ``data``
        :param problem_at: paths that an answer has only when it is an error, although
            its status is a success; what stands at the first one is a refusal. Instead
            of a path also a path and the value that stands there then
        """
        url = self.build_url(endpoint)
        kind, written = self._written(data) if body is None else ({}, body)
        sent = {
            "params": params,
            "data": written,
            "headers": {**kind, **self.get_api_headers(), **(headers or {})},
        }
        state = self.backend_record.state_ids[:1]
        response = self._send(method, url, state, sent, data)
        response.problem = self._problem_in(response, problem_at)
        if self._refuses_token(response) and self._renews_token(response, state):
            # It was turned away, so nothing was done: a token may end before its time.
            response = self._send(method, url, state, sent, data)
            response.problem = self._problem_in(response, problem_at)
        self._check(response, state)
        return response

    def _written(self, data):
        """How data is sent: headers that say so, and the body; None for nothing."""
        if data is None:
            return {}, None
        return {"Content-Type": "application/json"}, json.dumps(data, allow_nan=False).encode()

    def _problem_in(self, response, places):
        """What an answer with the status of a success says of an error.

        :return: ``Problem``, or None
        """
        if not any(places) or response.status_code >= 300 or not response.content:
            return None
        answer = self._parse(response)
        for number, place in enumerate(places):
            said = said_of_error(answer, place) if place else None
            if said:
                return Problem(said, is_refusal=number == 0)
        return None

    def _send(self, method, url, state, sent, data=None):
        """Send a request once; give the answer, whatever it is.

        :param data: what is logged of the body
        """
        if state:
            self._admit(state)
        auth = self._auth()
        began = time.monotonic()
        try:
            response = self.work.http_session.request(
                method,
                url,
                auth=auth,
                timeout=self.backend_record.timeout or 30,
                stream=True,
                # Another host must not be given the credentials.
                allow_redirects=False,
                **sent,
            )
            self._read_body(response)
        except requests.RequestException as error:
            if state:
                state._note_failure()
            raise _lost(error)(
                self._redact(f"{method} {url} was not answered: {error}")
            ) from error
        seconds = time.monotonic() - began
        # What people read of an answer is where it came from.
        response.url = without_signature(response.url)
        self._log(method, url, sent["params"], data, response, seconds)
        return response

    def _admit(self, state):
        """Count a request against the limits that all workers share.

        The limit puts off the first request of a job alone. Later ones overdraw it:
        what the job has done would be lost, and one that needs more requests than the
        limit lets through at once would never end.
        """
        admitted = getattr(self.work, "admitted", set())
        state._admit(overdraw=state.id in admitted)
        admitted.add(state.id)

    def _read_body(self, response):
        """Read the body, but no more of it than the backend takes."""
        limit = self.backend_record.answer_max_bytes
        chunks = []
        size = 0
        with response:
            for chunk in response.iter_content(65536):
                size += len(chunk)
                if limit and size > limit:
                    raise errors.UnreadableError(
                        self._redact(
                            f"{response.url} answered with more than {limit} bytes. "
                            "Ask for smaller pages, or raise the largest answer."
                        ),
                        status=response.status_code,
                    )
                chunks.append(chunk)
        # What ``content``, ``text`` and ``json`` read from.
        response._content = b"".join(chunks)

    # -- answers ---------------------------------------------------------------------

    def _parse(self, response):
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise errors.UnreadableError(
                self._redact(
                    f"{response.url} answered {response.status_code} with something "
                    f"that is not JSON: {response.text[:200]}"
                ),
                status=response.status_code,
            ) from error

    def _parse_list(self, response, _pager):
        """The parsed body of an answer that has a list."""
        return self._parse(response)

    def _check(self, response, state):
        """Raise the error that the answer stands for; keep the shared state."""
        status = response.status_code
        error_class = self._error_class(response)
        if error_class is None:
            if state:
                state._note_success()
            return
        wait = retry_after(response)
        if state and error_class is errors.ThrottledError:
            state._pause(wait or 10)
        elif state and issubclass(error_class, errors.TransientError):
            state._note_failure()
        elif state:
            # It works, although it refused.
            state._note_success()
        message = self._redact(
            f"{response.request.method} {response.url} answered {status}: "
            f"{self._error_text(response)}"
        )
        if issubclass(error_class, errors.RetryableExternalError):
            # However often the other side asks for a pause, the job only waits.
            is_asked = error_class is errors.ThrottledError
            error = error_class(
                message, status=status, seconds=wait, ignore_retry=is_asked
            )
        else:
            error = error_class(message, status=status, body=response.text)
        # A server that failed on the way may have done it; a fault says it did not.
        error.outcome_unknown = status >= 500 and not self._is_soap_fault(response)
        if response.problem:
            failed = issubclass(error_class, errors.TransientError)
            error.outcome_unknown = failed or not self._is_refused(response)
        if error_class is errors.AmbiguousError:
            error.outcome_unknown = True
        raise error

    def _refuses_token(self, response):
        """Whether a request was turned away for its token, so that another may do."""
        return response.status_code == 401

    def _is_refused(self, response):
        """Whether a problem in an answer says that nothing was done."""
        return response.problem.is_refusal

    def _error_class(self, response):
        """The class of ``lib.errors`` for an answer; None for a success."""
        status = response.status_code
        if status < 300:
            return errors.DataError if response.problem else None
        # Nothing changed since the time that a header of the request named.
        if status == 304 and "If-Modified-Since" in response.request.headers:
            return None
        if status < 400:
            return errors.ConfigError
        if self._is_soap_fault(response):
            return errors.DataError
        if status >= 500:
            return errors.TransientError
        return CLASSES.get(status, errors.DataError)

    def _error_text(self, response):
        """What the answer says about the error; connectors read it from the body."""
        if 300 <= response.status_code < 400:
            return "a redirect to {}".format(response.headers.get("Location", "nowhere"))
        if response.problem:
            return response.problem.sentence
        wait = asked_wait(response)
        if wait and not response.text.strip():
            return f"it asks to wait {wait} s"
        return response.text[:500]

    # -- logs ------------------------------------------------------------------------

    def _redact(self, text):
        return redact.redact_text(text, self.backend_record._secret_values())

    def _log(self, method, url, params, data, response, seconds):
        if not self.backend_record.debug_log:
            return
        _logger.info(
            "%s",
            self._redact(
                f"{method} {url} {redact.redact_mapping(params)} {data or ''} -> "
                f"{response.status_code} in {seconds * 1000:.0f} ms: "
                f"{response.text[:500]}"
            ),
        )

    # -- lists -----------------------------------------------------------------------

    def fetch_page(
        self,
        pager,
        endpoint,
        params=None,
        cursor=None,
        method="GET",
        sent=None,
        headers=None,
        problem_at=(),
    ):
        """One page of a list.

        :param pager: one of ``lib.paging``
        :param cursor: where; None: the first page
        :param sent: function that gives query and body for parameters, for a list whose
            parameters do not stand in the query
        :return: ``Page(records, next_cursor)``
        """
        cursor = pager.start if cursor is None else cursor
        asked = {**(params or {}), **pager.params(cursor)}
        asked, data = sent(asked) if sent else (asked, None)
        if cursor is not None and pager.is_address(cursor):
            endpoint, asked = cursor, {}
        response = self.request(
            method,
            endpoint,
            params=asked,
            data=data,
            headers=headers,
            problem_at=problem_at,
        )
        if response.status_code == 304:
            return Page([], None)
        if not response.content:
            raise errors.TransientError(
                f"{endpoint} was answered with nothing where a list was expected."
            )
        body = self._parse_list(response, pager)
        try:
            page = pager.page(cursor, body, response)
        except (errors.ConfigError, errors.TransientError) as error:
            raise type(error)(f"{endpoint}: {error}") from error
        following = page.next_cursor
        if following is not None and pager.is_address(following):
            following = self._own_address(following)
        if following is not None and following == cursor:
            raise errors.ConfigError(f"{endpoint}: the next page is this page again.")
        return Page(page.records, following)

    def _own_address(self, link):
        """The address of a next page as it may be stored: without our credentials.

        A system behind a proxy that ends TLS often writes ``http://`` into its own
        addresses.
        """
        base, parts = urlsplit(self.build_url()), urlsplit(link)
        ports = (base.port, parts.port)
        twin = base.hostname == parts.hostname and ports == (None, None)
        if twin and (base.scheme, parts.scheme) == ("https", "http"):
            parts = parts._replace(scheme="https")
        # Short ones are no keys, and stand in an address by chance.
        values = self.backend_record._secret_values()
        secrets = [value for value in values if value and len(value) >= 8]
        pairs = [
            pair
            for pair in parts.query.split("&")
            if not any(secret in unquote_plus(pair) for secret in secrets)
        ]
        return without_signature(parts._replace(query="&".join(pairs)).geturl())

    def paginate(self, pager, endpoint, params=None):
        """All records of a list, one after the other."""
        seen = set()
        cursor = None
        while True:
            page = self.fetch_page(pager, endpoint, params, cursor)
            yield from page.records
            cursor = page.next_cursor
            if cursor is None:
                return
            if cursor in seen:
                raise errors.ConfigError(f"{endpoint}: the pages lead in a circle.")
            seen.add(cursor)

    # -- records: what importers and exporters call ------------------------------------

    def list_page(self, filters=None, cursor=None):
        """``Page`` of external records that fit the filters.

        :param filters: ``since`` (datetime in UTC) and what the connector knows
        """
        raise NotImplementedError

    def read(self, external_id):
        """The external record, or GoneError."""
        raise NotImplementedError

    def create(self, data, key=None):
        """Create a record on the other side; give its answer.

        :param key: idempotency key, the same when the call is repeated
        """
        raise NotImplementedError

    def write(self, external_id, data):
        """Update a record on the other side; give its answer."""
        raise NotImplementedError


def _origin(address):
    """Scheme, host and port, as those read them who send the request.

    ``urlsplit`` reads the host of ``https://evil.test\\@shop.example`` otherwise.
    """
    try:
        parts = parse_url(address)
    except LocationParseError as error:
        raise errors.ConfigError(f"{address} is no address.") from error
    return parts.scheme, parts.host, parts.port or DEFAULT_PORTS.get(parts.scheme)


def _lost(error):
    """The class for a request that was not answered."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    no_connection = isinstance(reason, NewConnectionError)
    if no_connection or isinstance(error, requests.ConnectTimeout):
        return errors.NotSentError
    return errors.TransientError


def retry_after(response):
    """Seconds that an answer asks to wait for, at most an hour; None if it does not."""
    wait = asked_wait(response)
    return None if wait is None else min(wait, 3600)


def asked_wait(response):
    """Seconds that an answer asks to wait for; None if it does not."""
    value = response.headers.get("Retry-After")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = email.utils.parsedate_tz(value)
        if moment is None:
            return None
        seconds = email.utils.mktime_tz(moment) - time.time()
    return int(min(max(seconds, 1), YEAR))
