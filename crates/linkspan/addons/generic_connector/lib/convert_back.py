# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""The way back of ``lib.convert``: values of Odoo -> what the external system gets.

Modifiers for ``direct`` of export mappers. Decimal numbers are text, as exact as Odoo
shows them; an empty field is empty text where text is expected, null elsewhere.
"""

import datetime as dt
import html
from decimal import Decimal
from zoneinfo import ZoneInfo

from . import expr
from .compare import Number
from .convert import LEAVE
from .outward import every, id_value, listed


def _empty(record, field):
    return record[field] is False and record._fields[field].type != "boolean"


def _of(convert, empty=None):
    """A modifier that gives ``convert(value)``, and ``empty`` for an empty field."""

    def declare(field):
        def modifier(_mapper, record, _to_attr):
            return empty if _empty(record, field) else convert(record[field])

        return modifier

    return declare


def decimal_text(value):
    """A decimal number as it goes out: text, as exact as it is."""
    return Number(format(expr.decimal(value), "f"))


def _text(value):
    return decimal_text(value) if isinstance(value, (float, Decimal)) else str(value)


def _plain(value):
    if isinstance(value, float):
        return decimal_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def _html(value):
    return html.escape(value, quote=False).replace("\n", "<br>")


plain = _of(_plain, empty="")
number = _of(_plain)
text = _of(_text, empty="")
trim = lower = upper = text
decimal = _of(decimal_text)
integer = _of(int)
boolean = _of(bool)
date = _of(lambda value: value.isoformat())
html_to_text = _of(_html, empty="")


def datetime(field, zone="utc"):
    """ISO 8601 without offset in the zone, as the external system writes it."""
    target = dt.timezone.utc if zone.lower() == "utc" else ZoneInfo(zone)

    def modifier(_mapper, record, _to_attr):
        if _empty(record, field):
            return None
        moment = record[field].replace(tzinfo=dt.timezone.utc).astimezone(target)
        return moment.strftime("%Y-%m-%dT%H:%M:%S")

    return modifier


def table(field, values):
    """The one external value that stands for the value of Odoo."""

    def modifier(_mapper, record, _to_attr):
        value = "" if _empty(record, field) else record[field]
        found = [external for external, odoo in values.items() if odoo == value]
        if len(found) != 1:
            known = ", ".join(found) or "none"
            raise ValueError(f'external values that stand for "{value}": {known}')
        return found[0]

    return modifier


def choice(field, values):
    """The external value for the value of Odoo; without one the path is left alone."""

    def modifier(_mapper, record, _to_attr):
        value = "" if _empty(record, field) else record[field]
        key = str(value).lower() if isinstance(value, bool) else _text(value)
        return values.get(key, LEAVE)

    return modifier


def _external_id(mapper, record, model):
    external_id = mapper.binder_for(model).to_external(record, wrap=True)
    if not external_id:
        raise ValueError(f"{record.display_name} has to be exported first")
    return external_id


def relation(field, model):
    """External id of the related record; plain whole numbers go out as numbers."""

    def modifier(mapper, record, _to_attr):
        if not record[field]:
            return None
        return id_value(_external_id(mapper, record[field], model))

    return modifier


def relations(field, model, item=""):
    """External ids of several related records, in a list.

    :param item: path of the id in an item of the list; empty: the item is the id
    """

    def modifier(mapper, record, _to_attr):
        related = every(record, field)
        return listed([_external_id(mapper, each, model) for each in related], item)

    return modifier


def _code(name):
    def declare(field):
        def modifier(_mapper, record, _to_attr):
            return record[field][name] or ""

        return modifier

    return declare


currency = unit = _code("name")
country = state = _code("code")
