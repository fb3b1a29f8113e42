# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""What expressions on the way out look at, and where their values go."""

import copy
import re

from odoo import fields

from .convert import as_named

# "meta_data[key=_tracking].value": names, and items of lists by the value of a member.
STEP = re.compile(r"([^.\[\]]+)|\[([^=\]]+)=([^\]]+)\]")


class Shown:
    """A record as Odoo's ``read`` shows it to callers from outside.

    :param related: relation -> fields of its records, which then stand in the place of
        their ids
    """

    def __init__(self, record, related=None):
        self._record = record
        self._related = related or {}

    def __getitem__(self, name):
        field = self._record._fields.get(name)
        if field is None:
            raise KeyError(name)
        value = self._record[name]
        if name in self._related:
            shown = [self._along(record, self._related[name]) for record in value]
            return shown if field.type.endswith("2many") else next(iter(shown), None)
        if field.type.endswith("2many"):
            return value.ids
        if field.type == "many2one":
            return [value.id, value.display_name] if value else False
        if field.type == "datetime" and value:
            return fields.Datetime.to_string(value)
        if field.type == "date" and value:
            return fields.Date.to_string(value)
        return value

    def get(self, name, default=None):
        """The value, or the default where this Odoo has no such field."""
        return self[name] if name in self._record._fields else default

    @staticmethod
    def _along(record, names):
        shown = Shown(record)
        return {name: shown[name] for name in names if name in record._fields}


def every(record, name):
    """Related records of a field, archived ones too.

    They are read from the record of Odoo itself: a binding keeps what it showed first,
    whatever the context says.
    """
    record = record.odoo_id if "odoo_id" in record._fields else record
    return record.with_context(active_test=False)[name]


def find(record, path):
    """What stands at a path of the external record; None if nothing does."""
    for name, member, wanted in STEP.findall(path):
        if name:
            record = record.get(name) if isinstance(record, dict) else None
        else:
            items = record if isinstance(record, list) else []
            record = next((item for item in items if _is(item, member, wanted)), None)
    return record


def id_value(external_id):
    """An external id as it goes out: plain whole numbers as numbers, "007" as text."""
    whole = external_id.isdecimal() and str(int(external_id)) == external_id
    return int(external_id) if whole else external_id


def listed(external_ids, item=""):
    """Ids of related records as a list that goes out, in one order: none is meant.

    :param item: path of the id in an item of the list; empty: the item is the id
    """
    ids = [id_value(external_id) for external_id in sorted(set(external_ids))]
    return [nested({item: value}) for value in ids] if item else ids


def held_list(found, item=""):
    """What the other side holds, as ``listed`` would write it.

    A list whose ids are not found stays as it is.
    """
    if found is None or (isinstance(found, str) and not found.strip()):
        return []
    if not isinstance(found, list):
        return found
    ids = [find(each, item) if item else each for each in found]
    if not all(isinstance(i, (str, int)) and not isinstance(i, bool) for i in ids):
        return found
    return listed(map(str, ids), item)


def along(record, paths, without=()):
    """What an update sends of what the other side holds, whether it changed or not.

    :param paths: paths in the record, or ``*`` for the whole of it
    :param without: paths that are left out
    """
    if "*" in paths:
        result = copy.deepcopy(record)
    else:
        held = {path: find(record, path) for path in paths}
        result = nested({path: value for path, value in held.items() if value is not None})
    for path in without:
        before, _dot, last = path.rpartition(".")
        here = find(result, before) if before else result
        if isinstance(here, dict):
            here.pop(last, None)
    return result


def nested(values, whole=None):
    """``{"billing.city": "Riyadh"}`` as the object that is sent.

    :param whole: what is sent besides
    """
    result = copy.deepcopy(whole or {})
    for path, value in values.items():
        *before, last = STEP.findall(path)
        here = result
        for position, (name, member, wanted) in enumerate(before):
            kind = list if before[position + 1 :] and before[position + 1][1] else dict
            if not name:
                here = _item(here, member, wanted)
                continue
            if not isinstance(here.get(name), kind):
                here[name] = kind()
            here = here[name]
        here[last[0]] = value
    return result


def _item(items, member, wanted):
    for item in items:
        if _is(item, member, wanted):
            return item
    items.append({member: wanted})
    return items[-1]


def _is(item, member, wanted):
    return isinstance(item, dict) and as_named(item.get(member)) == wanted
