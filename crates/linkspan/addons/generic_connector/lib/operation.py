# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Requests that an adapter can make, as a connector declares them."""

import datetime as dt
import re
from urllib.parse import quote

from requests.auth import AuthBase

from .convert import to_zone

NAME = re.compile(r"\{(\w+)\}")
# Styles of a time without offset.
LOCAL = {"iso8601_naive": "%Y-%m-%dT%H:%M:%S", "blank": "%Y-%m-%d %H:%M:%S"}


class Operation:
    """One request.

    :param path: after the backend's address; may hold ``{id}`` and ``{setting}``
    :param query: parameters of every call; values may hold ``{id}`` and ``{setting}``,
        and one whose setting is empty is left out
    :param wrap: name of the member that the body stands in
    :param records: where the record, or the list, stands in the answer
    :param pager: how a list goes on after its first page (``lib.paging``)
    """

    def __init__(self, method, path, query=None, records="", pager=None, wrap=None):
        self.method = method
        self.path = path
        self.query = query or {}
        self.records = records
        self.pager = pager
        self.wrap = wrap

    def endpoint(self, settings, external_id=None):
        """The path with its names filled in, each as one segment of a path."""
        names = {**settings, "id": external_id}
        quoted = {name: quote(str(value), safe="") for name, value in names.items()}
        return self.path.format(**quoted).lstrip("/")

    def params(self, settings):
        return filled(self.query, settings)

    def narrowed(self, settings, name, value):
        """Parameters that narrow a list to a value.

        The value is filled in where one of them has ``{name}``; else it is one more.
        """
        params = self.params({**settings, name: value})
        named = any(name in NAME.findall(text) for text in self.query.values())
        return params if named else {**params, name: value}

    def body(self, data):
        """What is sent; None for nothing."""
        return data if data is None or not self.wrap else {self.wrap: data}


def filled(texts, settings):
    """Texts with ``{setting}`` filled in; one whose setting is empty is left out."""
    names = {name: NAME.findall(text) for name, text in texts.items()}
    return {
        name: NAME.sub(lambda found: shown(settings[found[1]]), text)
        for name, text in texts.items()
        if all(settings.get(setting) is not None for setting in names[name])
    }


def shown(value):
    """A setting as it stands in an address or a header."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Since:
    """How a list is narrowed to what changed.

    :param param: query parameter of the earliest change
    :param style: iso8601, iso8601_naive, blank, epoch_seconds or epoch_milliseconds
    :param value: the parameter's value, with ``{time}`` where the time stands
    :param zone: of a time without offset: ``utc`` or a name such as ``Europe/Paris``
    """

    def __init__(self, param, style="iso8601", value="{time}", zone="utc"):
        self.param = param
        self.style = style
        self.value = value
        self.zone = to_zone(zone)

    def params(self, since):
        """:param since: a naive datetime in UTC"""
        return {self.param: self.value.replace("{time}", self._time(since))}

    def _time(self, since):
        moment = since.replace(tzinfo=dt.timezone.utc)
        if self.style == "iso8601":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.style in LOCAL:
            return moment.astimezone(self.zone).strftime(LOCAL[self.style])
        seconds = int(moment.timestamp())
        return str(seconds * (1000 if self.style == "epoch_milliseconds" else 1))


class QueryAuth(AuthBase):
    """An API key as a query parameter."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __call__(self, request):
        request.prepare_url(request.url, {self.name: self.value})
        return request
