# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Requests that an adapter can make, as a connector declares them."""

import copy
import datetime as dt
import email.utils
import re
import uuid
from urllib.parse import quote

from requests.auth import AuthBase

from .convert import STEP, take, to_zone
from .errors import ConfigError

NAME = re.compile(r"\{(\w+)\}")
# A name alone, as it stands in a body.
WHOLE = re.compile(r"\{([A-Za-z0-9_]+)\}")
# Styles of a time without offset, and of a date.
LOCAL = {
    "iso8601_naive": "%Y-%m-%dT%H:%M:%S",
    "blank": "%Y-%m-%d %H:%M:%S",
    "date": "%Y-%m-%d",
}

YEAR = 365 * 24 * 3600
# What a body leaves out.
LEFT_OUT = object()


class Operation:
    """One request.

    :param path: after the backend's address; may hold ``{id}`` and ``{setting}``
    :param query: parameters of every call; values may hold ``{id}`` and ``{setting}``,
        and one whose setting is empty is left out
    :param wrap: path to where the record stands in the body
    :param records: where the record, or the list, stands in the answer
    :param pager: how a list goes on after its first page (``lib.paging``)
    :param body: what is sent with every call; a text that is ``{id}`` or ``{setting}``
        and nothing else is what that stands for, and a member whose setting is empty is
        left out
    :param params_in_body: whether what narrows a list stands in the body, each at the
        path that its name gives, and not in the query
    :param error_if: path that an answer has only when it is an error, although its
        status is a success; or such a path and the value that stands there then
    :param key_header: header of an idempotency key, by which the other side tells a
        repeat from another request
    :param key_path: where such a key stands in the body, instead
    :param key_lasts: seconds that the other side knows it
    """

    def __init__(
        self,
        method,
        path,
        query=None,
        records="",
        pager=None,
        wrap=None,
        body=None,
        params_in_body=False,
        error_if=None,
        key_header=None,
        key_path=None,
        key_lasts=86400,
    ):
        self.method = method
        self.path = path
        self.query = query or {}
        self.records = records
        self.pager = pager
        self.wrap = wrap
        self.own_body = body
        self.params_in_body = params_in_body
        self.error_if = error_if
        self.key_header = key_header
        self.key_path = key_path
        self.key_lasts = key_lasts if key_header or key_path else 0

    def endpoint(self, settings, external_id=None):
        """The path with its names filled in, each as one segment of a path."""
        names = {**settings, "id": external_id}
        quoted = {name: quote(str(value), safe="") for name, value in names.items()}
        return self.path.format(**quoted)

    def params(self, settings):
        return filled(self.query, settings)

    def sent(self, settings, params=None):
        """Query and body (None for none) of a call that parameters narrow.

        A parameter is filled in where query or body has ``{name}``; else it stands in
        the body or the query by its name.
        """
        params = params or {}
        names = {**settings, **params}
        asked = self.params(names)
        body = None if self.own_body is None else filled_body(self.own_body, names)
        texts = [*self.query.values(), *_texts(self.own_body)]
        named = {name for text in texts for name in NAME.findall(text)}
        rest = {name: value for name, value in params.items() if name not in named}
        if not self.params_in_body:
            return {**asked, **rest}, body
        for path, value in rest.items():
            body = {} if body is None else body
            put(body, path, value)
        return asked, body

    def body(self, data, settings=None, external_id=None):
        """What is sent with a record; None for nothing."""
        names = {**(settings or {}), "id": external_id}
        own = None if self.own_body is None else filled_body(self.own_body, names)
        if data is None:
            return own
        if not self.wrap:
            return {**own, **data} if own else data
        own = {} if own is None else own
        put(own, self.wrap, data)
        return own

    def keyed(self, body, key=None):
        """Headers and body, with an idempotency key where the other side wants one.

        :param key: None: one that no other request has
        """
        if not self.key_lasts:
            return None, body
        key = key or str(uuid.uuid4())
        if self.key_header:
            return {self.key_header: key}, body
        body = {} if body is None else copy.deepcopy(body)
        put(body, self.key_path, key)
        return None, body


class Login(Operation):
    """A request that gives a token for those after it.

    :param body: what is posted; a text that is ``{username}``, ``{password}`` or
        ``{setting}`` and nothing else is what that stands for
    :param form: whether it is posted as a form instead of JSON
    :param token: path to the token; None: the answer is the token
    :param expires_in: path to the seconds that the token is good for
    :param lifetime: the same where the answer does not tell; None: until it is refused
    :param header: header that carries the token
    :param prefix: what stands in front of the token there
    """

    def __init__(
        self,
        path,
        body,
        form=False,
        token=None,
        expires_in=None,
        lifetime=None,
        header="Authorization",
        prefix="Bearer ",
    ):
        super().__init__("POST", path, body=body)
        self.form = form
        self.token = token
        self.expires_in = expires_in
        self.lifetime = lifetime
        self.header = header
        self.prefix = prefix

    def credentials(self):
        """Names of the credentials that are posted."""
        named = [WHOLE.fullmatch(text)[1] for text in _texts(self.own_body)]
        return [name for name in ("username", "password") if name in named]

    def posted(self, names):
        """What ``requests`` is given to send."""
        body = self.body(None, names)
        if self.form:
            return {"data": {name: shown(value) for name, value in body.items()}}
        return {"json": body}

    def token_in(self, answer):
        """The token of an answer, None without one.

        :param answer: JSON, or the text of an answer that is none
        """
        found = take(answer, self.token) if self.token else answer
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        # A page for people is no token.
        plain = isinstance(found, str) and not re.search(r"[\s<]", found)
        return found or None if plain else None

    def lifetime_in(self, answer):
        """Seconds that the token of an answer is good for; None for nobody knows."""
        found = take(answer, self.expires_in) if self.expires_in else None
        return seconds_in(found) or self.lifetime


def seconds_in(value):
    """A whole number of seconds above 0, None for anything else; no more than a year."""
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) else 0
    except ValueError:
        return None
    return int(min(seconds, YEAR)) if seconds >= 1 else None


def filled(texts, settings):
    """Texts with ``{setting}`` filled in; one whose setting is empty is left out."""
    names = {name: NAME.findall(text) for name, text in texts.items()}
    return {
        name: NAME.sub(lambda found: shown(settings[found[1]]), text)
        for name, text in texts.items()
        if all(settings.get(setting) is not None for setting in names[name])
    }


def filled_body(body, settings):
    """A body with each ``{setting}`` that stands alone filled in."""
    if isinstance(body, dict):
        found = {name: filled_body(value, settings) for name, value in body.items()}
        return {name: value for name, value in found.items() if value is not LEFT_OUT}
    if isinstance(body, list):
        found = [filled_body(value, settings) for value in body]
        return [value for value in found if value is not LEFT_OUT]
    whole = WHOLE.fullmatch(body) if isinstance(body, str) else None
    if not whole:
        return body
    value = settings.get(whole[1])
    return LEFT_OUT if value is None else value


def _texts(body):
    """The texts of a body that are a name alone."""
    if isinstance(body, dict):
        return [text for value in body.values() for text in _texts(value)]
    if isinstance(body, list):
        return [text for value in body for text in _texts(value)]
    return [body] if isinstance(body, str) and WHOLE.fullmatch(body) else []


def shown(value):
    """A setting as it stands in an address or a header."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def put(whole, path, value):
    """Put a value at a path.

    Objects on the way are made, a list takes one more item at its end, and where an
    object is put on an object their members come together.

    :raises ConfigError: if something else stands on the way
    """
    steps = STEP.findall(path)
    if any(member for _quoted, _plain, _position, member, _text in steps):
        raise ConfigError(f'The body has no place for "{path}".')
    names = [
        (quoted or plain) or int(position)
        for quoted, plain, position, _member, _text in steps
    ]
    for name, following in zip(names, names[1:] + [None]):
        member = isinstance(name, str)
        if not isinstance(whole, dict if member else list):
            raise ConfigError(f'The body has something else on the way to "{path}".')
        if not member and name == len(whole):
            whole.append(None)
        if not member and not 0 <= name < len(whole):
            raise ConfigError(f'The body has no place for "{path}".')
        here = whole.get(name) if member else whole[name]
        if following is None:
            both = isinstance(here, dict) and isinstance(value, dict)
            whole[name] = {**here, **value} if both else value
        elif here is None:
            whole[name] = {} if isinstance(following, str) else []
        whole = whole[name]


class Since:
    """How a list is narrowed to what changed.

    :param param: parameter of the earliest change
    :param style: iso8601, iso8601_naive, blank, date, epoch_seconds, epoch_milliseconds
        or http_date
    :param value: the parameter's value, with ``{time}`` where the time stands; None: the
        time alone, an epoch as a number
    :param zone: of a time without offset: ``utc`` or a name such as ``Europe/Paris``
    :param header: header of the earliest change, instead of a parameter
    :param always: whether a walk through everything asks too, with 1970-01-01
    """

    def __init__(
        self,
        param=None,
        style="iso8601",
        value=None,
        zone="utc",
        header=None,
        always=False,
    ):
        self.always = always
        self.param = param
        self.style = style
        self.value = value
        self.zone = to_zone(zone)
        self.header = header

    def params(self, since):
        """:param since: a naive datetime in UTC"""
        return {self.param: self._value(since)} if self.param else {}

    def headers(self, since):
        """:param since: a naive datetime in UTC"""
        return {self.header: str(self._value(since))} if self.header else {}

    def _value(self, since):
        time = self._time(since)
        return time if self.value is None else self.value.replace("{time}", str(time))

    def _time(self, since):
        moment = since.replace(tzinfo=dt.timezone.utc)
        if self.style == "iso8601":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.style == "http_date":
            return email.utils.format_datetime(moment, usegmt=True)
        if self.style in LOCAL:
            return moment.astimezone(self.zone).strftime(LOCAL[self.style])
        seconds = int(moment.timestamp())
        return seconds * (1000 if self.style == "epoch_milliseconds" else 1)


class QueryAuth(AuthBase):
    """An API key as a query parameter."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __call__(self, request):
        request.prepare_url(request.url, {self.name: self.value})
        return request
