# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Values of external records -> values for Odoo.

Absent, null and empty text are three things, and a mapping says what each means. The
functions at the end are modifiers for ``direct``::

    direct = [
        ("number", "client_order_ref"),
        (convert.lower("email"), "email"),
        (convert.trim("billing.phone", optional=True), "phone"),
        (convert.table("status", {"publish": True, "draft": False}), "active"),
        (convert.relation("parent.id", "shop.product.category"), "parent_id"),
        (convert.relations("tags[].id", "shop.product.tag"), "product_tag_ids"),
    ]

They take the options of ``Rule``.
"""

import datetime as dt
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

from . import expr

# A name in quotes or plain, a position, an item by the text of a member.
STEP = re.compile(
    r'\["([^"]+)"\]|([^.\[\]]+)|\[(-?\d+)\]|\[([^=\]]+)=([^\]]+)\]'
)
# Extended (2025-11-01T07:00:00Z) or basic (20251101T070000Z); a zone's name after it
# says nothing more.
MOMENT = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d{2})(?P=dash)(?P<day>\d{2})"
    r"(?:[Tt ](?P<hour>\d{2})"
    r"(?:(?P<colon>:?)(?P<minute>\d{2})"
    r"(?:(?P=colon)(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<ahead>\d{2})(?::?(?P<by>[0-5]\d))?)?)?"
    r"(?:\[[^\[\]]+\])*",
    re.ASCII,
)
# Milliseconds since 1970 as .NET writes them: /Date(1793000000000+0000)/.
DOT_NET = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
# As seconds a greater number would lie in the year 5138: it counts milliseconds. A
# smaller one would lie before 1974: it is a date such as 20261121, or stands for none.
LEAST_SECONDS = 100_000_000
MOST_SECONDS = 99_999_999_999
EXACT_BELOW = 1e13
WORDS = {
    "true": True,
    "yes": True,
    "1": True,
    "on": True,
    "false": False,
    "no": False,
    "0": False,
    "off": False,
}


class _Nothing:
    """A value that is none."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name

    def __bool__(self):
        return False


#: The record has no such member.
ABSENT = _Nothing("ABSENT")
#: The field of Odoo is left alone.
LEAVE = _Nothing("LEAVE")
#: Among mapped values, of lines that left: (line, values if it cannot be removed).
REMOVED = "lines that left"


class Relation:
    """A record of another entity, by its external id; the importer makes an id of it.

    :param missing: what happens when it is not here yet: fetch, wait or empty
    """

    def __init__(self, model, external_id, missing="fetch"):
        self.model = model
        self.external_id = external_id
        self.missing = missing


class Embedded:
    """A record that stands inside the one that is imported."""

    def __init__(self, model, record):
        self.model = model
        self.record = record


class Several:
    """Several related records of a field. Their order means nothing."""

    def __init__(self, records):
        self.records = records


class Relations(Several):
    """Several records of another entity, each once.

    :param missing: what happens when one is not here yet; with empty it is left out
    """

    def __init__(self, model, external_ids, missing="fetch"):
        self.external_ids = sorted(set(external_ids))
        super().__init__([Relation(model, each, missing) for each in self.external_ids])


def as_named(value):
    """A member's value as a path names it: text, ``true``, ``false``, a whole number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def take(record, path):
    """What stands at a path: ``billing.country``, ``items[-1].id``, ``["odata.count"]``,
    ``meta_data[key=color].value``.

    :return: ABSENT if nothing does; None is null
    """
    value = record
    for quoted, plain, position, member, text in STEP.findall(path):
        name = quoted or plain
        if name:
            value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
        elif member:
            items = value if isinstance(value, list) else []
            found = (
                item
                for item in items
                if isinstance(item, dict) and as_named(item.get(member)) == text
            )
            value = next(found, ABSENT)
        else:
            index = int(position)
            inside = isinstance(value, list) and -len(value) <= index < len(value)
            value = value[index] if inside else ABSENT
    return value


def each(record, path):
    """What stands in each item of a list: ``tags[].id``, ``tag_ids[]``.

    :return: a list; ABSENT if there is none, None if it is null
    :raises ValueError: if an item has no such value, or it is no list
    """
    first, *further, last = path.split("[]")
    found = take(record, first)
    if found is ABSENT or found is None:
        return found
    items = _items(found)
    for step in further:
        parts = [_part(item, step, position) for position, item in enumerate(items)]
        items = [item for part in parts for item in _items(part)]
    return [_part(item, last, position) for position, item in enumerate(items)]


def _items(value):
    # Some systems write an empty list as empty text.
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    if not isinstance(value, list):
        raise ValueError("a list is expected here")
    return value


def _part(item, path, position):
    value = take(item, path)
    if value is ABSENT:
        raise ValueError(f"the item at position {position} has no such value")
    return value


class Rule:
    """How one value is made.

    :param kind: name of a converter: text, trim, lower, upper, decimal, integer,
        boolean, date, datetime, html_to_text, currency, country, state, unit
    :param values: external value -> Odoo value; another value is an error
    :param relation: binding model of a related record, whose external id the value is
    :param many: the value is a list of such ids
    :param missing: what happens when that record is not here yet
    :param default: value of an absent member
    :param optional: an absent member leaves the field alone
    :param null: what null means: clear, skip, default or error
    :param empty: what empty text means: the same
    :param required: null and empty are errors
    :param zone: time zone of a time without offset
    :param country: path of the country's code, for a state
    """

    def __init__(
        self,
        kind=None,
        values=None,
        relation=None,
        many=False,
        missing="fetch",
        default=ABSENT,
        optional=False,
        null=None,
        empty=None,
        required=False,
        zone="utc",
        country=None,
    ):
        self.kind = kind
        self.values = values
        self.relation = relation
        self.many = many
        self.missing = missing
        self.default = default
        self.optional = optional
        self.null = null or ("error" if required else "clear")
        self.empty = empty or ("error" if required else "clear")
        self.zone = to_zone(zone)
        self.country = country

    def apply(self, env, record, value):
        """The value for Odoo; LEAVE to leave the field alone.

        :raises ValueError: with the reason, if the value cannot be used
        """
        if value is ABSENT:
            if self.default is not ABSENT:
                return self.default
            if self.optional:
                return LEAVE
            raise ValueError("the record has no such value")
        if value is None:
            return self._blank(self.null, "null")
        if self.values is None and isinstance(value, str) and not value.strip():
            return self._blank(self.empty, "empty")
        if self.many:
            return self._related(value)
        if isinstance(value, (list, dict, tuple)):
            raise ValueError("a list or an object cannot become one value")
        value = self._converted(env, record, exact(value))
        if self.values is None and value == "":
            return self._blank(self.empty, "empty")
        return value

    def _blank(self, meaning, found):
        if meaning == "clear":
            return False
        if meaning == "skip" or (meaning == "default" and self.default is ABSENT):
            return LEAVE
        if meaning == "default":
            return self.default
        raise ValueError(f"the value is {found} but required")

    def _related(self, value):
        """The related records that a list names; each item has to be an id."""
        if not isinstance(value, (list, tuple)):
            raise ValueError("a list is expected here")
        for position, item in enumerate(value):
            is_id = isinstance(item, (str, int)) and not isinstance(item, bool)
            if not is_id or not str(item).strip():
                raise ValueError(
                    f"the item at position {position} is no id of a related record: "
                    "text or a whole number is expected"
                )
        if not value:
            return self._blank(self.empty, "empty")
        return Relations(self.relation, map(str, value), self.missing)

    def _converted(self, env, record, value):
        if self.values is not None:
            return self._from_table(value)
        if self.relation:
            if isinstance(value, bool) or not isinstance(value, (str, int)):
                raise ValueError("an id of a related record is text or a whole number")
            return Relation(self.relation, str(value), self.missing)
        if self.kind is None:
            return value
        if self.kind == "state":
            return find_state(env, value, take(record, self.country))
        if self.kind in REFERENCES:
            return find_reference(env, self.kind, value)
        if self.kind in ("date", "datetime"):
            return CONVERTERS[self.kind](value, self.zone)
        return CONVERTERS[self.kind](value)

    def _from_table(self, value):
        key = str(value).lower() if isinstance(value, bool) else to_text(value)
        if key not in self.values:
            known = ", ".join(self.values)
            raise ValueError(f'"{key}" is not in the value table ({known})')
        return self.values[key]


# -- converters ----------------------------------------------------------------------


def exact(value):
    """A binary float as the decimal number that it prints as."""
    if not isinstance(value, float):
        return value
    if abs(value) >= EXACT_BELOW:
        raise ValueError(f"{value} is too large to be exact as a JSON number")
    return expr.decimal(value)


def to_text(value):
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError(f"{value!r} is not text")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def to_decimal(value):
    if isinstance(value, str):
        number = value.strip()
        if "_" in number:
            raise ValueError(f'"{number}" is not a decimal number such as 12.50')
        return expr.decimal(number)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError(f"{value!r} is not a decimal number")
    return expr.decimal(value)


def to_integer(value):
    if isinstance(value, str):
        value = value.strip()
        if not re.fullmatch(r"[+-]?\d+", value, re.ASCII):
            raise ValueError(f'"{value}" is not a whole number')
        return int(value)
    number = to_decimal(value)
    if number != number.to_integral_value():
        raise ValueError(f"{number} is not a whole number")
    return int(number)


def to_boolean(value):
    key = value.strip().lower() if isinstance(value, str) else value
    if isinstance(key, bool):
        return key
    if isinstance(key, int) and key in (0, 1):
        return bool(key)
    if isinstance(key, str) and key in WORDS:
        return WORDS[key]
    raise ValueError(f"{value!r} is neither true nor false")


def to_zone(name):
    return dt.timezone.utc if name.lower() == "utc" else ZoneInfo(name)


def to_moment(text, zone):
    """A time in ISO 8601 as an aware datetime, and whether it had an offset.

    Without offset it is in ``zone``. Second 60, a leap second, is read as 59.

    :raises ValueError: if it is none, as the service's mapper would
    """
    written = text.strip() if isinstance(text, str) else ""
    if dot_net := DOT_NET.fullmatch(written):
        return since_1970(milliseconds=int(dot_net[1])), True
    match = MOMENT.fullmatch(written)
    if not match:
        raise ValueError(f"this is not a date or time in ISO 8601: {text!r}")
    date = [int(match[name]) for name in ("year", "month", "day")]
    hour, minute, second = (
        int(match[name] or 0) for name in ("hour", "minute", "second")
    )
    fraction = int((match["fraction"] or "").ljust(6, "0")[:6])
    moment = dt.datetime(*date, hour, minute, 59 if second == 60 else second, fraction)
    if match["utc"]:
        return moment.replace(tzinfo=dt.timezone.utc), True
    if not match["sign"]:
        return moment.replace(tzinfo=zone), False
    offset = dt.timedelta(hours=int(match["ahead"]), minutes=int(match["by"] or 0))
    return moment.replace(
        tzinfo=dt.timezone(-offset if match["sign"] == "-" else offset)
    ), True


def since_1970(**distance):
    """The moment that lies this far from 1970, UTC."""
    try:
        return EPOCH + dt.timedelta(**distance)
    except OverflowError as error:
        raise ValueError(f"{distance} is out of range") from error


def to_date(value, zone):
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    moment, has_offset = to_moment(value, zone)
    return (moment.astimezone(zone) if has_offset else moment).date()


def to_datetime(value, zone):
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    if isinstance(value, int) and not isinstance(value, bool):
        if value < LEAST_SECONDS:
            raise ValueError(
                f"{value} is no number of seconds or milliseconds since 1970"
            )
        unit = "milliseconds" if value > MOST_SECONDS else "seconds"
        moment = since_1970(**{unit: value})
    else:
        moment, _has_offset = to_moment(value, zone)
    return moment.astimezone(dt.timezone.utc).replace(tzinfo=None)


def to_code(value, length, what):
    code = to_text(value).strip().upper()
    if len(code) != length or not (code.isascii() and code.isalpha()):
        raise ValueError(f'"{code}" is no {what} code of {length} letters')
    return code


CONVERTERS = {
    "text": to_text,
    "trim": lambda value: to_text(value).strip(),
    "lower": lambda value: to_text(value).strip().lower(),
    "upper": lambda value: to_text(value).strip().upper(),
    "decimal": to_decimal,
    "integer": to_integer,
    "boolean": to_boolean,
    "date": to_date,
    "datetime": to_datetime,
    "html_to_text": lambda value: expr.html_to_text(to_text(value)),
}


# -- records that every Odoo has -----------------------------------------------------

# Kind -> model, field of the code, length of the code.
REFERENCES = {
    "currency": ("res.currency", "name", 3),
    "country": ("res.country", "code", 2),
    "unit": ("uom.uom", "name", None),
}


def find_reference(env, kind, value):
    model, field, length = REFERENCES[kind]
    code = to_code(value, length, kind) if length else to_text(value).strip()
    domain = [(field, "=", code)]
    # Most currencies are archived as delivered.
    every = env[model].with_context(active_test=False)
    found = env[model].search(domain, limit=1) or every.search(domain, limit=1)
    if not found:
        raise ValueError(f"Odoo has no {kind} {code}; add it")
    return found.id


def find_state(env, value, country):
    """Id of a state. Odoo knows the states of few countries: others are left empty."""
    if country is ABSENT or country is None or country == "":
        return False
    country = to_code(country, 2, "country")
    # Odoo has "DE-NW", but "01" for a state of Japan; shops have "DE-NW" and "JP01".
    code = to_text(value).strip()
    wanted = _bare(country, code)
    joined = wanted[len(country) :] if wanted.startswith(country) else wanted
    codes = [wanted, f"{country}-{wanted}", joined, f"{country}-{joined}"]
    domain = [("country_id.code", "=", country), ("code", "in", codes)]
    states = env["res.country.state"].search(domain)
    bare = {_bare(country, state.code): state for state in states}
    found = {f"{country}{code}": state for code, state in bare.items()}
    found.update(bare)
    state = found.get(wanted)
    return state.id if state else False


def _bare(country, code):
    """The code of a state without the country's in front of it, as in ISO 3166-2."""
    return code[3:] if code.startswith(f"{country}-") else code


# -- modifiers -----------------------------------------------------------------------


def _modifier(field, rule):
    def modifier(mapper, record, _to_attr):
        return rule.apply(mapper.env, record, take(record, field))

    return modifier


def _of_kind(kind):
    return lambda field, **options: _modifier(field, Rule(kind=kind, **options))


plain = _of_kind(None)
text = _of_kind("text")
trim = _of_kind("trim")
lower = _of_kind("lower")
upper = _of_kind("upper")
decimal = _of_kind("decimal")
integer = _of_kind("integer")
boolean = _of_kind("boolean")
date = _of_kind("date")
datetime = _of_kind("datetime")
html_to_text = _of_kind("html_to_text")
currency = _of_kind("currency")
country = _of_kind("country")
state = _of_kind("state")
unit = _of_kind("unit")


def table(field, values, **options):
    """External value -> Odoo value."""
    return _modifier(field, Rule(values=values, **options))


def relation(field, model, **options):
    """External id -> record bound by ``model``."""
    return _modifier(field, Rule(relation=model, **options))


def relations(field, model, **options):
    """External ids in a list -> records bound by ``model``."""
    rule = Rule(relation=model, many=True, **options)

    def modifier(mapper, record, _to_attr):
        return rule.apply(mapper.env, record, each(record, field))

    return modifier
