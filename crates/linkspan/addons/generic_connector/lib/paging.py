# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Ways to walk through a list that comes in pages.

A pager says where the first page is (``start``) and, from an answer, where the next
one is (``next_cursor``). A cursor is what a job can carry: text or a number. That is
how an import of a long list goes on in the next job instead of holding a worker.

The numbers that end a walk, and its steps back, are as those of ``linkspan sync``.
"""

import json
from collections import namedtuple
from urllib.parse import urljoin

from .convert import ABSENT, take
from .digest import digest
from .errors import ConfigError, TransientError, UnreadableError

Page = namedtuple("Page", ["records", "next_cursor"])


class Problem:
    """What an answer with the status of a success says of an error.

    :param is_refusal: whether it says that nothing was done
    """

    def __init__(self, said, is_refusal):
        self.said = said
        self.is_refusal = is_refusal

    @property
    def sentence(self):
        """The ``message`` of the error, or of the first of several; else all of it."""
        one = self.said[0] if isinstance(self.said, list) else self.said
        message = one.get("message", one) if isinstance(one, dict) else one
        return (message if isinstance(message, str) else json.dumps(message))[:300]


def said_of_error(answer, place):
    """What an answer says of an error; nothing, or None, if it is none.

    :param place: a path, or a path and the value that only an error has there
    """
    if isinstance(place, str):
        return dig(answer, place)
    path, value = place
    found = dig(answer, path)
    # For Python 0 is False too.
    if type(found) is not type(value) or found != value:
        return None
    return f'"{path}" is {json.dumps(value, ensure_ascii=False)}'


def dig(value, path):
    """``dig(answer, "data.items[0]")``; an empty path is the value itself.

    :return: None if nothing is there
    """
    found = take(value, path or "")
    return None if found is ABSENT else found


def found_at(body, path):
    """What stands at a path of an answer; it may be null.

    :raises UnreadableError: if nothing does
    """
    found = take(body, path or "")
    if found is ABSENT:
        raise UnreadableError(
            f'Nothing is at "{path}" in the answer, which is {described(body)}.'
        )
    return found


def described(value):
    """What a value is, with the names of an object's first members."""
    if isinstance(value, dict):
        names = ", ".join(list(value)[:8])
        return f"an object with {names}" if names else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "null" if value is None else f"a {type(value).__name__}"


class Pager:
    """Base of all pagers.

    :param records: path of the list inside the answer; empty: the answer is the list
    """

    start = None

    def __init__(self, records=""):
        self.records = records

    def is_address(self, cursor):
        """Whether a cursor is the address of a page, which says all by itself."""
        return isinstance(cursor, str) and cursor.startswith(("https://", "http://"))

    def params(self, cursor):
        """Query parameters of the page at ``cursor``."""
        raise NotImplementedError

    def next_cursor(self, cursor, records, body, response):
        """Cursor of the page after this one; None at the end."""
        raise NotImplementedError

    def page(self, cursor, body, response):
        """
        :raises UnreadableError: if the answer has no list at the path: taken for an
            empty one, it would end the walk unseen
        """
        # Some systems answer an empty list with the brackets alone.
        records = [] if body == [] else found_at(body, self.records)
        if not isinstance(records, list):
            place = f' at "{self.records}"' if self.records else ""
            raise UnreadableError(
                f"A list was expected{place}, but the answer has {described(records)}."
            )
        return Page(records, self.next_cursor(cursor, records, body, response))


class WholePager(Pager):
    """No pages: one answer has the whole list."""

    def params(self, cursor):
        return {}

    def next_cursor(self, cursor, records, body, response):
        return None


class _NumberedPager(Pager):
    """Pages that are found by a number.

    :param size_param: query parameter of the size; None: it is not sent
    :param total_header: header with the number of records; when it falls during a walk,
        records have moved to the page before, and the walk steps back
    :param total_path: where the body has that number
    """

    def __init__(self, records, param, size_param, size, total_header, total_path):
        super().__init__(records)
        self.param = param
        self.size_param = size_param
        self.size = size
        self.total_header = total_header
        self.total_path = total_path

    def params(self, cursor):
        params = {self.param: self._shown(_place(cursor).position)}
        if self.size_param:
            params[self.size_param] = self.size
        return params

    def next_cursor(self, cursor, records, body, response):
        place = _place(cursor)
        total = _number(body, response, self.total_header, self.total_path)
        gone = place.total - total if None not in (place.total, total) else 0
        if gone > 0 and place.position > self.start:
            return self._back(place, gone, total)
        if not records:
            self._check_empty(place, total, body, response)
        position, read, is_last = self._after(place, records, total, body, response)
        if is_last:
            return None
        content = digest(records)[:12] if records else ""
        if content and content == place.content:
            raise ConfigError(
                f'The list does not end: the page at "{self.param}" {place.position} '
                "repeats the one before it. The server may ignore the parameter, or "
                "repeat its last page."
            )
        return _text(position, place.total if total is None else total, read, content)

    def _shown(self, position):
        return position

    def _check_empty(self, place, total, body, response):
        """
        :raises TransientError: if the answer itself says that the list goes on: taken
            for its end, an empty page would lose the rest unseen
        """
        pages = self._last_page(body, response)
        if pages is not None and place.position < pages:
            said = f"{pages} pages"
        elif total is not None and total > self._asked_from(place):
            said = f"{total} records"
        else:
            return
        raise TransientError(
            f'The list broke off: the page at "{self.param}" {place.position} is empty, '
            f"although its own answer speaks of {said}."
        )

    def _last_page(self, body, response):
        """Number of the last page, where the answer tells it."""
        return None

    def _asked_from(self, place):
        """How many records stand before this page, if all pages before are full."""
        return place.position

    def _back(self, place, gone, total):
        """Where the walk goes on when the list has become shorter."""
        raise NotImplementedError

    def _after(self, place, records, total, body, response):
        """Position after this page, records read until there, whether it is the end."""
        raise NotImplementedError


class PageNumberPager(_NumberedPager):
    """``?page=2&per_page=100``

    Without a number of pages or records, a page that is not full is the last one. Where
    no size is asked for, a full page has as many records as those before it.

    :param first: number of the first page
    :param last_page_header: header with the number of the last page
    :param pages_path: where the body has that number
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
        total_path=None,
        pages_path=None,
    ):
        super().__init__(records, param, size_param, size, total_header, total_path)
        self.start = self.first = first
        self.last_page_header = last_page_header
        self.pages_path = pages_path

    def _last_page(self, body, response):
        return _number(body, response, self.last_page_header, self.pages_path)

    def _asked_from(self, place):
        return (place.position - self.first) * self.size

    def _read_before(self, place):
        before = (place.position - self.first) * self.size
        return before if place.read is None else place.read

    def _back(self, place, gone, total):
        before = place.position - self.first
        # A server may give fewer records a page than it was asked for.
        a_page = min(max(self._read_before(place) // before, 1), max(self.size, 1))
        back = min(-(-gone // a_page), before)
        return _text(place.position - back, total, (before - back) * a_page)

    def _after(self, place, records, total, body, response):
        page = place.position
        read = self._read_before(place) + len(records)
        last = self._last_page(body, response)
        if last is not None:
            is_last = page >= last
        elif total is not None:
            is_last = not records or read >= total
        elif self.size_param:
            is_last = len(records) < self.size
        else:
            before = page - self.first
            full = self._read_before(place) // before if before else 1
            is_last = len(records) < full
        return page + 1, read, is_last


class OffsetPager(_NumberedPager):
    """``?offset=200&limit=100``

    Without a number of records, a page that is not full is the last one; where no size
    is asked for, an empty one.

    :param value: the parameter's value, with ``{offset}`` and ``{size}``; None: the
        offset alone
    """

    start = 0

    def __init__(
        self,
        records="",
        param="offset",
        size_param="limit",
        size=100,
        total_header=None,
        total_path=None,
        value=None,
    ):
        super().__init__(records, param, size_param, size, total_header, total_path)
        self.value = value

    def _shown(self, position):
        if self.value is None:
            return position
        return self.value.format(offset=position, size=self.size)

    def _back(self, place, gone, total):
        back = max(place.position - gone, 0)
        return _text(back, total, back)

    def _after(self, place, records, total, body, response):
        # Records that came, not records asked for: a server may give fewer.
        reached = place.position + (len(records) or max(self.size, 1))
        is_asked = self.size_param or "{size}" in (self.value or "")
        full = self.size if is_asked else 1
        is_last = len(records) < full if total is None else reached >= total
        return reached, reached, is_last


# Where a walk is: the number of the page or record, records in the whole list when the
# page before was read, records read until then, and what that page's content was.
_Place = namedtuple("_Place", ["position", "total", "read", "content"])


def _place(cursor):
    position, total, read, content = (str(cursor).split("/") + [""] * 3)[:4]
    return _Place(
        int(position), int(total) if total else None, int(read) if read else None, content
    )


def _text(position, total, read, content=""):
    return f"{position}/{'' if total is None else total}/{read}/{content}"


def _number(body, response, header, path):
    """A whole number in a header, or at a path of the body; None for neither.

    :raises UnreadableError: without a number at the path nobody knows where the list
        ends
    """
    if header:
        text = response.headers.get(header, "")
        return int(text) if text.isdecimal() else None
    # PHP's brackets alone, for an empty list, tell no number.
    if not path or body == []:
        return None
    found = dig(body, path)
    if isinstance(found, bool) or not str(found).isdecimal():
        raise UnreadableError(
            f'A number was expected at "{path}", but the answer has {described(found)}.'
        )
    return int(found)


class CursorPager(Pager):
    """``?cursor=abc``; the answer holds the next cursor at ``next_path``.

    :param more_path: where the answer has whether more follows; without it the list ends
        where there is no next cursor
    """

    def __init__(
        self,
        records="data",
        param="cursor",
        next_path="next_cursor",
        size_param="limit",
        size=100,
        more_path=None,
    ):
        super().__init__(records)
        self.param = param
        self.next_path = next_path
        self.size_param = size_param
        self.size = size
        self.more_path = more_path

    def is_address(self, cursor):
        return False

    def params(self, cursor):
        params = {self.size_param: self.size} if self.size_param else {}
        if cursor is not None:
            params[self.param] = cursor
        return params

    def next_cursor(self, cursor, records, body, response):
        if self.more_path:
            more = dig(body, self.more_path)
            if not isinstance(more, bool):
                raise UnreadableError(
                    f'True or false was expected at "{self.more_path}", but the answer '
                    f"has {described(more)}."
                )
            if not more:
                return None
        following = dig(body, self.next_path) or None
        if self.more_path and following is None:
            raise UnreadableError(
                f'More follows, but the answer has no cursor at "{self.next_path}".'
            )
        return following


class _AddressPager(Pager):
    """The answer names the next page's address, which is the cursor."""

    def __init__(self, records="", size_param="limit", size=100):
        super().__init__(records)
        self.size_param = size_param
        self.size = size

    def params(self, cursor):
        return {self.size_param: self.size} if self.size_param and not cursor else {}

    def next_cursor(self, cursor, records, body, response):
        link = self._link(body, response)
        if link and not isinstance(link, str):
            raise UnreadableError(
                f"The next page's address is {described(link)}, which is none."
            )
        # It may be relative to the page that names it.
        return urljoin(response.url, link) if link else None

    def _link(self, body, response):
        raise NotImplementedError


class LinkHeaderPager(_AddressPager):
    """``Link: <https://...>; rel="next"``"""

    def _link(self, body, response):
        return (response.links.get("next") or {}).get("url")


class NextUrlPager(_AddressPager):
    """The answer holds the next page's address at ``next_path``."""

    def __init__(self, records="", next_path="next", size_param="limit", size=100):
        super().__init__(records, size_param, size)
        self.next_path = next_path

    def _link(self, body, response):
        return dig(body, self.next_path)
