# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Requests that an adapter can make, as a connector declares them."""

import datetime as dt
from urllib.parse import quote

from requests.auth import AuthBase


class Operation:
    """One request.

    :param path: after the backend's address; may hold ``{id}`` and ``{setting}``
    :param query: parameters of every call; values may hold ``{setting}``
    :param records: where the record, or the list, stands in the answer
    :param pager: how a list goes on after its first page (``lib.paging``)
    """

    def __init__(self, method, path, query=None, records="", pager=None):
        self.method = method
        self.path = path
        self.query = query or {}
        self.records = records
        self.pager = pager

    def endpoint(self, settings, external_id=None):
        """The path with its names filled in, each as one segment of a path."""
        names = {**settings, "id": external_id}
        quoted = {name: quote(str(value), safe="") for name, value in names.items()}
        return self.path.format(**quoted).lstrip("/")

    def params(self, settings):
        return {name: text.format(**settings) for name, text in self.query.items()}


class Since:
    """How a list is narrowed to what changed.

    :param param: query parameter of the earliest change
    :param style: iso8601, iso8601_naive, epoch_seconds or epoch_milliseconds
    """

    def __init__(self, param, style="iso8601"):
        self.param = param
        self.style = style

    def params(self, since):
        """:param since: a naive datetime in UTC"""
        if self.style == "iso8601":
            return {self.param: since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if self.style == "iso8601_naive":
            return {self.param: since.strftime("%Y-%m-%dT%H:%M:%S")}
        seconds = int(since.replace(tzinfo=dt.timezone.utc).timestamp())
        return {self.param: seconds * (1000 if self.style == "epoch_milliseconds" else 1)}


class QueryAuth(AuthBase):
    """An API key as a query parameter."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __call__(self, request):
        request.prepare_url(request.url, {self.name: self.value})
        return request
