# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component

from ..lib.paging import dig


class GenericImportMapChild(Component):
    """Lines of a record: the same line is updated, never added twice.

    The model of the lines inherits ``generic.line``, where the key of a line is kept.
    Lines that people added have no key and are left alone.
    """

    _name = "generic.map.child.import"
    _inherit = ["base.map.child.import", "generic.connector.component"]
    _usage = "import.map.child"

    # Where an external line has its id.
    _external_key_path = "id"

    def line_key(self, source):
        """Key of an external line, unique over all backends."""
        key = dig(source, self._external_key_path)
        if key is None or key == "":
            return None
        return f"{self._key_prefix()}{key}"

    def _key_prefix(self):
        return f"{self.backend_record._generic_id()}:"

    def get_items(self, items, parent, to_attr, options):
        """Commands that make the lines of the record those of ``items``."""
        mapper = self._child_mapper()
        existing = self._existing_lines(options.get("binding"), to_attr)
        commands = []
        for item in items or []:
            map_record = mapper.map_record(item, parent=parent)
            if self.skip_item(map_record):
                continue
            key = self.line_key(map_record.source)
            line = existing.pop(key, None) if key else None
            values = self.get_item_values(
                map_record, to_attr, {**options, "for_create": line is None}
            )
            values.pop("backend_id", None)
            if line is None:
                commands.append((0, 0, {**values, "connector_line_key": key}))
            else:
                commands.append((1, line.id, values))
        commands.extend(self._remove_command(line) for line in existing.values())
        return commands

    def _existing_lines(self, binding, to_attr):
        if not binding:
            return {}
        prefix = self._key_prefix()
        return {
            line.connector_line_key: line
            for line in binding[to_attr]
            if (line.connector_line_key or "").startswith(prefix)
        }

    def _remove_command(self, line):
        """What becomes of a line that left the record; override to keep it."""
        return (2, line.id)
