# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent

from ..lib import compare, errors
from .mapper import NOTHING_GOES_OUT


class GenericDefinitionImporter(AbstractComponent):
    """Imports of records that are exported too.

    An import leaves alone what was changed in Odoo and is still to go out, and keeps
    what both sides hold afterwards.
    """

    _inherit = "generic.definition.importer"

    def __init__(self, work_context):
        super().__init__(work_context)
        # Paths whose value in Odoo stays, and those that both sides changed.
        self._kept = set()
        self._both = []
        # Fingerprint of what went out last, before this import.
        self._went_out = None

    def _outgoing(self, binding):
        """Export mapper, path -> what would go out; nothing where nothing goes out."""
        try:
            mapper = self.component(usage="export.mapper")
            return mapper, mapper.map_record(binding).values(for_create=False)
        except NOTHING_GOES_OUT:
            # What cannot go out does not keep anything from coming in.
            return None, {}

    def _update(self, binding, values):
        self._went_out = binding.export_digest
        return super()._update(binding, self._hold_back(binding, values))

    def _hold_back(self, binding, values):
        """The values without those that were changed in Odoo."""
        base = binding._last_in_step()
        if not base:
            return values
        mapper, outgoing = self._outgoing(binding)
        values = dict(values)
        for path in set(outgoing) & set(base):
            held = mapper.held(self.external_record, path)
            now = compare.pair(outgoing[path], held)
            known = compare.since(base[path], outgoing[path])
            verdict = compare.changed_by(now, known, shared=True)
            if verdict in (compare.SAME, compare.THEIRS) or path not in mapper._shared:
                continue
            for name in mapper._shared[path]:
                values.pop(name, None)
            if verdict != compare.NOBODY:
                self._kept.add(path)
            if verdict == compare.BOTH:
                self._both.append((path, *now))
        return values

    def _after_import(self, binding):
        result = super()._after_import(binding)
        self._keep_base(binding)
        if self._both:
            self._note_failure(errors.both_changed(self._both))
        return result

    def _keep_base(self, binding):
        """Keep what both sides hold now, but of what is still to go out."""
        mapper, outgoing = self._outgoing(binding)
        base = binding._last_in_step()
        # A record that this import has made holds nothing but what it wrote.
        is_new = self._matched is not None and not self._matched
        settled = not self._kept
        for path, ours in outgoing.items():
            now = compare.pair(ours, mapper.held(self.external_record, path))
            shared = path in mapper._shared
            if path in self._kept:
                continue
            if is_new or shared or now[0] == now[1]:
                base[path] = now
            elif path not in base or base[path][0] != now[0]:
                settled = False
        if mapper:
            base.update(compare.unsaid(mapper, outgoing, self.external_record))
            binding._keep_in_step(base)
        # That a record is archived stays to be told until it went out.
        archived = "active" in binding._fields and not binding.active
        if not settled or (archived and binding.export_digest != self._went_out):
            binding.with_context(connector_no_export=True).export_digest = False
