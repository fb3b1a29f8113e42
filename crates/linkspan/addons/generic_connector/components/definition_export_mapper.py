# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from decimal import Decimal

from odoo.addons.component.core import AbstractComponent

from ..lib import convert_back
from ..lib.convert import LEAVE
from ..lib.outward import Shown, find, held_list


class GenericDefinitionExportMapper(AbstractComponent):
    """The way back of ``lib.convert``.

    Gives path -> value; ``lib.outward.nested`` makes of it what is sent.
    """

    _name = "generic.definition.export.mapper"
    _inherit = ["generic.definition.mapper", "generic.export.mapper"]

    # As ``direct``, for what the other side owns: it goes out with new records only.
    direct_on_create = []
    # What both sides may change: path -> fields that an import makes of it.
    _shared = {}
    # Path -> where the other side's record has the same value, if not there.
    _compare = {}
    # Path of a list of related records -> where an item has its id; empty: it is the id.
    _items = {}
    # Relation -> fields of its records that expressions look at.
    _related = {}

    # -- what mapping methods look at --------------------------------------------------

    def odoo(self, record, **context):
        """The record as expressions see it.

        :param context: key -> setting that has its value; one that is empty is left out
        """
        return Shown(self._in_context(record, context), self._related)

    def _in_context(self, record, context):
        settings = self.settings
        known = {key: settings[name] for key, name in context.items() if settings[name]}
        return record.odoo_id.with_context(**known)

    def has(self, record, *names):
        """Whether this Odoo has the fields: the app that brings them is installed."""
        return all(name in record._fields for name in names)

    # -- what mapping methods give -----------------------------------------------------

    def put(self, path, value):
        """``{path: value}``; None leaves the path alone, a float stays a number."""
        if value is None:
            return {}
        if isinstance(value, Decimal):
            value = convert_back.decimal_text(value)
        return {path: value}

    def back(self, path, modifier, record, **context):
        """``{path: value}`` by a modifier of ``lib.convert_back``."""
        value = modifier(self, self._in_context(record, context), path)
        return {} if value is LEAVE else {path: value}

    # -- what the other side holds -----------------------------------------------------

    def held(self, record, path):
        """What the other side's record has of what goes out at a path; None: nothing."""
        found = self._found(record, path)
        return held_list(found, self._items[path]) if path in self._items else found

    def told(self, record, path):
        """The same of an answer; None where it says nothing of it."""
        return None if self._found(record, path) is None else self.held(record, path)

    def _found(self, record, path):
        return find(record, self._compare.get(path, path))

    # -- the way of a record -----------------------------------------------------------

    def _map_direct(self, record, from_attr, to_attr):
        modifier = from_attr if callable(from_attr) else convert_back.plain(from_attr)
        return self._named(to_attr, modifier, self, record, to_attr)

    def finalize(self, map_record, values):
        values = super().finalize(map_record, values)
        if self.options.for_create:
            for from_attr, to_attr in self.direct_on_create:
                values[to_attr] = self._map_direct(map_record.source, from_attr, to_attr)
        return {path: value for path, value in values.items() if value is not LEAVE}

    def fingerprint(self, binding, update):
        archived = "active" in binding._fields and not binding.active
        return super().fingerprint(binding, [update, archived])
