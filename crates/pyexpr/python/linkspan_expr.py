"""Functions that expressions of a connector definition may call.

The service evaluates the same expressions without Python. Both sides give the same
values of the same types and raise the same exceptions; a test evaluates many thousand
expressions on both and compares. Change them together.
"""

import datetime as dt
import hashlib
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from html.entities import name2codepoint

MAX_DIGITS = 34
MAX_EXPONENT = 6144
MAX_PLACES = 12

MOMENT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"(?:[Zz]|([+-])(\d{2})(?::?(\d{2}))?)?)?",
    re.ASCII,
)
TAG = re.compile(
    r"<!--.*?(-->|\Z)|<(/?)(?:([A-Za-z][A-Za-z0-9]*)|!)[^>]*>", re.DOTALL
)
REFERENCE = re.compile(r"&(#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z0-9]{1,8});")
BLANKS = re.compile("[ \t\r\xa0]")
HIDDEN = {
    name: re.compile(f"</{name}[^>]*>", re.IGNORECASE | re.ASCII)
    for name in ("script", "style")
}
BLOCKS = frozenset("br p div li ul ol tr table h1 h2 h3 h4 h5 h6 hr".split())


def _text(function, value):
    if not isinstance(value, str):
        raise TypeError(f"{function}() takes text, not {type(value).__name__}")
    return value


def decimal(value):
    """The number as a Decimal: text as written, a float by what it prints as.

    ``None`` and booleans raise TypeError; what is no finite number of at most 34 digits
    raises ValueError.
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(f"decimal() takes text or a number, not {type(value).__name__}")
    try:
        number = Decimal(value if isinstance(value, (str, int)) else repr(value))
    except InvalidOperation:
        raise ValueError(f"this is not a decimal number: {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"this is not a decimal number: {value!r}")
    digits = len(number.as_tuple().digits)
    if digits > MAX_DIGITS or abs(number.adjusted()) > MAX_EXPONENT:
        raise ValueError(f"a decimal number has at most {MAX_DIGITS} digits: {value!r}")
    return number


def round_half_up(value, places):
    """``decimal(value)`` rounded to 0 to 12 places, ties away from zero."""
    number = decimal(value)
    if isinstance(places, bool) or not isinstance(places, int):
        raise TypeError("round_half_up() takes a whole number of places")
    if not 0 <= places <= MAX_PLACES:
        raise ValueError(f"round_half_up() rounds to 0 to {MAX_PLACES} places")
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _moment(text, wanted):
    """The moment as written, and its distance from UTC."""
    match = MOMENT.fullmatch(text)
    if not match:
        raise ValueError(f"this is not {wanted} in ISO 8601: {text!r}")
    fraction = (match[7] or "").ljust(6, "0")[:6]
    parts = [int(part or 0) for part in match.group(1, 2, 3, 4, 5, 6)]
    hours, minutes = int(match[9] or 0), int(match[10] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f"this is not a time zone: {text!r}")
    offset = dt.timedelta(hours=hours, minutes=minutes)
    return dt.datetime(*parts, int(fraction)), -offset if match[8] == "-" else offset


def date(text):
    """The date of ``2024-05-31`` or of a moment in ISO 8601, as it is written there."""
    return _moment(_text("date", text), "a date")[0].date()


def datetime(text):
    """The moment of a date and time in ISO 8601, in UTC and naive, as Odoo stores it.

    Without a zone it is taken for UTC. Fractions beyond microseconds are cut off.
    """
    moment, offset = _moment(_text("datetime", text), "a date and time")
    try:
        return moment - offset
    except OverflowError:
        raise ValueError(f"this is not a date and time: {text!r}") from None


def _character(match):
    reference = match[1]
    if not reference.startswith("#"):
        code = 39 if reference == "apos" else name2codepoint.get(reference, 0)
    elif reference[1] in "xX":
        code = int(reference[2:], 16)
    else:
        code = int(reference[1:])
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        return match[0]
    return chr(code)


def html_to_text(html):
    """Plain text: no tags, references decoded, a new line for each block.

    Runs of blanks become one, empty lines go, scripts and styles are left out.
    """
    _text("html_to_text", html)
    parts = []
    at = 0
    # Behind it no tag ends. Looking for that end anew at each "<" would take a second
    # for a text of 100 KB.
    last = html.rfind(">") + 1
    while match := TAG.search(html, at, last):
        parts.append(html[at : match.start()])
        at = match.end()
        if match[1] == "":
            at = len(html)
        name = (match[3] or "").lower()
        if name in BLOCKS:
            parts.append("\n")
        if name in HIDDEN and not match[2]:
            end = HIDDEN[name].search(html, at, last)
            at = end.end() if end else len(html)
    parts.append(html[at:].partition("<!--")[0])
    lines = REFERENCE.sub(_character, "".join(parts)).split("\n")
    lines = (" ".join(filter(None, BLANKS.split(line))) for line in lines)
    return "\n".join(filter(None, lines))


def digest(text):
    """A short, stable key: the first 16 hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(_text("digest", text).encode()).hexdigest()[:16]


def merge(first, second):
    """A dict with the members of both; those of the second win."""
    for value in (first, second):
        if not isinstance(value, dict):
            raise TypeError(f"merge() takes two dicts, not {type(value).__name__}")
    return {**first, **second}


def join(separator, items):
    """The items as text with the separator between them.

    ``None``, ``False`` and empty texts are left out.
    """
    if not isinstance(separator, str):
        raise TypeError(f"join() takes text first, not {type(separator).__name__}")
    return separator.join(
        str(item)
        for item in items
        if item is not None and item is not False and item != ""
    )
