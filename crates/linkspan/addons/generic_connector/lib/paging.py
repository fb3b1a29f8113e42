# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Ways to walk through a list that comes in pages.

A pager says where the first page is (``start``) and, from an answer, where the next
one is (``next_cursor``). A cursor is what a job can carry: text or a number. That is
how an import of a long list goes on in the next job instead of holding a worker.
"""

from collections import namedtuple

Page = namedtuple("Page", ["records", "next_cursor"])


def dig(value, path):
    """``dig(answer, "data.items")``; an empty path is the value itself."""
    for name in filter(None, (path or "").split(".")):
        value = value.get(name) if isinstance(value, dict) else None
    return value


class Pager:
    """Base of all pagers.

    :param records: path of the list inside the answer; empty: the answer is the list
    """

    start = None

    def __init__(self, records=""):
        self.records = records

    def params(self, cursor):
        """Query parameters of the page at ``cursor``."""
        raise NotImplementedError

    def next_cursor(self, cursor, records, body, response):
        """Cursor of the page after this one; None at the end."""
        raise NotImplementedError

    def page(self, cursor, body, response):
        records = dig(body, self.records) or []
        return Page(records, self.next_cursor(cursor, records, body, response))


class PageNumberPager(Pager):
    """``?page=2&per_page=100``; a page that is not full is the last one.

    :param size_param: query parameter of the size; None: it is not sent
    :param first: number of the first page
    :param last_page_header: header with the number of the last page
    :param total_header: header with the number of records; when it falls during a walk,
        records have moved to the page before, and the walk steps back
    """

    def __init__(
        self,
        records="",
        param="page",
        size_param="per_page",
        size=100,
        first=1,
        last_page_header=None,
        total_header=None,
    ):
        super().__init__(records)
        self.param = param
        self.size_param = size_param
        self.size = size
        self.start = self.first = first
        self.last_page_header = last_page_header
        self.total_header = total_header

    def params(self, cursor):
        params = {self.param: _position(cursor)}
        if self.size_param:
            params[self.size_param] = self.size
        return params

    def next_cursor(self, cursor, records, body, response):
        page = _position(cursor)
        total = _number(response, self.total_header)
        if _fell(cursor, total):
            return _cursor(max(page - 1, self.first), total)
        last = _number(response, self.last_page_header)
        is_last = len(records) < self.size if last is None else page >= last
        return None if is_last else _cursor(page + 1, total)


class OffsetPager(Pager):
    """``?offset=200&limit=100``

    :param size_param: query parameter of the size; None: it is not sent
    :param total_header: as that of ``PageNumberPager``
    """

    start = 0

    def __init__(
        self,
        records="",
        param="offset",
        size_param="limit",
        size=100,
        total_header=None,
    ):
        super().__init__(records)
        self.param = param
        self.size_param = size_param
        self.size = size
        self.total_header = total_header

    def params(self, cursor):
        params = {self.param: _position(cursor)}
        if self.size_param:
            params[self.size_param] = self.size
        return params

    def next_cursor(self, cursor, records, body, response):
        offset = _position(cursor)
        total = _number(response, self.total_header)
        if _fell(cursor, total):
            return _cursor(max(offset - self.size, 0), total)
        return _cursor(offset + len(records), total) if len(records) >= self.size else None


def _cursor(position, total):
    """A position, and the number of records when it was found if that is known."""
    return position if total is None else f"{position}/{total}"


def _position(cursor):
    return int(str(cursor).partition("/")[0])


def _fell(cursor, total):
    before = str(cursor).partition("/")[2]
    return bool(before) and total is not None and total < int(before)


def _number(response, header):
    value = response.headers.get(header, "") if header else ""
    return int(value) if value.isdecimal() else None


class CursorPager(Pager):
    """``?cursor=abc``; the answer holds the next cursor at ``next_path``."""

    def __init__(
        self,
        records="data",
        param="cursor",
        next_path="next_cursor",
        size_param="limit",
        size=100,
    ):
        super().__init__(records)
        self.param = param
        self.next_path = next_path
        self.size_param = size_param
        self.size = size

    def params(self, cursor):
        params = {self.size_param: self.size} if self.size_param else {}
        if cursor is not None:
            params[self.param] = cursor
        return params

    def next_cursor(self, cursor, records, body, response):
        return dig(body, self.next_path) or None


class LinkHeaderPager(Pager):
    """``Link: <https://...>; rel="next"``; the cursor is that address."""

    def __init__(self, records="", size_param="limit", size=100):
        super().__init__(records)
        self.size_param = size_param
        self.size = size

    def params(self, cursor):
        return {self.size_param: self.size} if self.size_param and not cursor else {}

    def next_cursor(self, cursor, records, body, response):
        return (response.links.get("next") or {}).get("url") or None
