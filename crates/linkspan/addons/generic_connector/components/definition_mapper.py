# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from decimal import Decimal
from functools import partial

from odoo.addons.component.core import AbstractComponent
from odoo.addons.connector.exception import MappingError

from ..lib import convert


class GenericDefinitionMapper(AbstractComponent):
    """What the mappers of both directions share: an error names its field."""

    _name = "generic.definition.mapper"
    _inherit = "generic.connector.component"

    @property
    def map_methods(self):
        for method, definition in super().map_methods:
            yield partial(self._named, method.__name__, method), definition

    def _named(self, name, function, *args):
        try:
            return function(*args)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else error
            raise MappingError(f"{name}: {reason}") from error


class GenericDefinitionImportMapper(AbstractComponent):
    """Mapper with the rules of ``lib.convert``.

    Mapping is pure: related records come out as ``convert.Relation``, and the importer
    sees to it that they are here. A value that cannot be used is an error that names
    the field.
    """

    _name = "generic.definition.import.mapper"
    _inherit = ["generic.definition.mapper", "generic.import.mapper"]

    # -- what mapping methods look at --------------------------------------------------

    @property
    def parent(self):
        """The record around an embedded one."""
        return self.options.parent

    # -- what mapping methods give -----------------------------------------------------

    def put(self, name, value, **options):
        """``{name: value}``, or nothing if the field is left alone.

        :param options: those of ``convert.Rule``
        """
        value = convert.Rule(**options).apply(self.env, self._source, value)
        return {} if value is convert.LEAVE else {name: value}

    def embed(self, name, record, model, optional=False, required=False):
        """A related record that stands inside this one; null empties the field."""
        if isinstance(record, dict):
            return {name: convert.Embedded(model, record)}
        if record is None and not required:
            return {name: False}
        if record is convert.ABSENT and optional and not required:
            return {}
        raise ValueError("an object is expected here")

    def embed_each(self, name, records, model, optional=False, required=False):
        """The same for several records in a list."""
        if records is convert.ABSENT and optional and not required:
            return {}
        if records is None or records == [] or records == ():
            if required:
                raise ValueError("nothing stands here, but it is required")
            return {name: False}
        if not isinstance(records, (list, tuple)):
            raise ValueError("a list of objects is expected here")
        for position, record in enumerate(records):
            if not isinstance(record, dict):
                raise ValueError(f"the item at position {position} is no object")
        each = [convert.Embedded(model, record) for record in records]
        return {name: convert.Several(each)}

    def lines(self, name, sources, removed=None, sent=False):
        """Lines of the record: the same line is updated, never added twice.

        :param sources: (usage of the lines' mapper, external lines) of each kind
        :param removed: values for a line that left the record and cannot be removed;
            None: such lines stay as they are
        :param sent: they go out of Odoo, too: those that Odoo made stay what they are,
            because they come back as the same lines under other ids
        """
        here = self.options.known
        lines = here[name] if here else []
        known = self._known_lines(lines)
        if sent and lines and not known:
            return {}
        commands = []
        for usage, items in sources:
            if items is None:
                continue
            if not isinstance(items, list):
                raise ValueError("a list of lines is expected here")
            model_name = self.model._fields[name].comodel_name
            mapper = self.component(usage=usage, model_name=model_name)
            for item in items:
                commands.append(mapper.command(item, self._source, known))
        keys = [command[2]["connector_line_key"] for command in commands]
        if len(keys) != len(set(keys)):
            raise ValueError("two lines have the same id")
        result = {name: commands}
        if removed is not None:
            left = [line for key, line in known.items() if key not in keys]
            result[convert.REMOVED] = [(line, removed) for line in left]
        return result

    def _known_lines(self, lines):
        """Lines that this backend has made; those of people are left alone."""
        prefix = f"{self.backend_record._generic_id()}:"
        return {
            line.connector_line_key: line
            for line in lines
            if (line.connector_line_key or "").startswith(prefix)
        }

    # -- the way of a record -----------------------------------------------------------

    def _apply_with_options(self, map_record):
        self._source = map_record.source
        return super()._apply_with_options(map_record)

    def _map_direct(self, record, from_attr, to_attr):
        modifier = from_attr if callable(from_attr) else convert.plain(from_attr)
        return self._named(to_attr, modifier, self, record, to_attr)

    def finalize(self, map_record, values):
        values = super().finalize(map_record, values)
        return {
            name: self._spelled(name, value)
            for name, value in values.items()
            if value is not convert.LEAVE
        }

    def _spelled(self, name, value):
        """The value as Odoo's field takes it."""
        field = self.model._fields.get(name)
        if isinstance(value, Decimal):
            text = field is not None and field.type in ("char", "text", "html")
            return convert.to_text(value) if text else float(value)
        if value is False and field is not None and field.type.endswith("2many"):
            return [(6, 0, [])]
        return value


class GenericDefinitionLineMapper(AbstractComponent):
    """Mapper of one kind of lines; its usage says which."""

    _name = "generic.definition.line.mapper"
    _inherit = "generic.definition.import.mapper"

    # Where a line has its id, and what tells its kind from others.
    _key_path = "id"
    _key_prefix = ""

    @property
    def record(self):
        """The record that the lines stand in."""
        return self.options.record

    def command(self, item, record, known):
        """The command that creates or updates the line.

        :param known: lines that are here, by key
        """
        key = convert.take(item, self._key_path)
        if isinstance(key, bool) or not isinstance(key, (str, int)) or key == "":
            raise ValueError("a line needs an id, so that a repeat changes it")
        key = f"{self.backend_record._generic_id()}:{self._key_prefix}{key}"
        line = known.get(key)
        values = self.map_record(item).values(for_create=line is None, record=record)
        values.pop("backend_id", None)
        values["connector_line_key"] = key
        return (0, 0, values) if line is None else (1, line.id, values)
