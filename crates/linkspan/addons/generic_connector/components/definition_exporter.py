# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent

from ..lib import compare, errors
from ..lib.outward import along, find, nested
from ..lib.paging import dig


class GenericDefinitionExporter(AbstractComponent):
    """Exporter for what ``generic.definition.export.mapper`` gives.

    An update reads the record on the other side first and sends what was changed in
    Odoo since both were last in step. What both sides changed is a failure for a
    person to decide.
    """

    _name = "generic.definition.exporter"
    _inherit = "generic.record.exporter"

    # What an update sends besides what changed, as the other side holds it: paths, or
    # "*" for the whole record and what is left out of it.
    _along = ()
    _without = ()
    # What is sent for an archived record, by the adapter's ``_archive`` or as an
    # update; None: nothing in particular.
    _archive_body = None
    # How a record that is there already is found: query parameter, field that has the
    # value, where listed records have it.
    _look_up_by = None

    def __init__(self, work_context):
        super().__init__(work_context)
        # Paths that were sent, and those that both sides changed, with both values.
        self._sent = []
        self._both = []
        # The record on the other side as it was before the update.
        self._current = None

    # -- what connectors say -----------------------------------------------------------

    def _wanted(self, _odoo):
        """Whether the record goes out at all."""
        return True

    def _write_as(self, _odoo, _record):
        """How the record is changed: attribute of the adapter, names of its path."""
        return "_write", {}

    # -- skip ------------------------------------------------------------------------

    @property
    def _adapter(self):
        return self.component(usage="backend.adapter")

    @property
    def _odoo(self):
        return self.component(usage="export.mapper").odoo(self.binding)

    @property
    def _is_archived(self):
        return "active" in self.binding._fields and not self.binding.active

    def _skip_reason(self):
        reason = super()._skip_reason()
        if reason or not self._wanted(self._odoo):
            return reason or "not wanted"
        if self.binding.external_id:
            return None if self._adapter._write else "not changed from Odoo"
        if not self._adapter._create:
            return "not created from Odoo"
        return "archived" if self._is_archived else None

    # -- update ----------------------------------------------------------------------

    def _update(self, update):
        external_id = self.binding.external_id
        if not self._adapter._read:
            # Nobody can tell what the other side holds: everything goes out.
            self._sent = list(update)
            return self._write(update, {})
        self._current = current = self._adapter.read(external_id)
        if self._is_archived and self._archive_body is not None:
            if self._adapter._archive:
                self._adapter.archive(external_id, self._archive_body)
            else:
                self._write(self._archive_body, current)
            return current
        send = self._judge(update, current)
        if not send:
            return current
        self._sent = list(send)
        answer = self._write(send, current)
        self._keep_sent(send, answer)
        return answer

    def _judge(self, update, current):
        """What of the update goes out; keeps what both sides agree on."""
        mapper = self.component(usage="export.mapper")
        base = self.binding._last_in_step()
        send = {}
        for path, ours in update.items():
            now = compare.pair(ours, mapper.held(current, path))
            known = compare.since(base.get(path), ours)
            verdict = compare.changed_by(now, known, path in mapper._shared)
            if verdict == compare.OURS:
                send[path] = ours
            elif verdict == compare.BOTH:
                self._both.append((path, *now))
            elif verdict == compare.SAME or path not in base:
                base[path] = now
        base.update(compare.unsaid(mapper, update, current))
        self.binding._keep_in_step(base)
        return send

    def _keep_sent(self, sent, answer):
        """Keep what both sides hold now; what the answer leaves out is as sent."""
        mapper = self.component(usage="export.mapper")
        base = self.binding._last_in_step()
        for path, ours in sent.items():
            theirs = mapper.told(answer, path)
            base[path] = compare.pair(ours, ours if theirs is None else theirs)
        for path in mapper._shared:
            theirs = mapper.told(answer, path)
            if path not in base and theirs is not None:
                base[path] = compare.pair(None, theirs)
        self.binding._keep_in_step(base)

    def _write(self, values, current):
        self._validate_data(values)
        operation, names = self._write_as(self._odoo, current)
        held = along(current, self._along, self._without)
        return self._adapter.write(
            self.binding.external_id, nested(values, held), operation, names
        )

    # -- create ----------------------------------------------------------------------

    def _send_new(self, data, key):
        answer = super()._send_new(nested(data), key)
        self._keep_sent(data, answer)
        return answer

    def _existing(self, data):
        # What was sent is looked for by what it was sent with; a person may have
        # changed that since.
        for value in dict.fromkeys([self._sent_value(data), self._look_up_value()]):
            external_id = value and self._found(value)
            if external_id:
                return external_id
        return None if self._look_up_value() else super()._existing(data)

    def _found(self, value):
        """External id of the record that a look-up finds; None for none."""
        param, _field, path = self._look_up_by
        found = [
            record
            for record in self._adapter.look_up(param, value)
            if str(find(record, path)) == value
        ]
        if not found:
            return None
        ids = sorted({str(dig(record, self._id_path)) for record in found})
        if len(ids) > 1:
            raise errors.ConflictError(
                f"{value} fits several records of the other side: {', '.join(ids)}."
            )
        other = self.binder.to_internal(ids[0])
        if other and other != self.binding:
            raise errors.ConflictError(
                f"{value} fits {ids[0]}, which is bound to {other.display_name}."
            )
        return ids[0]

    def _look_up_value(self):
        value = self._look_up_by and self.binding[self._look_up_by[1]]
        return str(value).strip() if value else ""

    def _sent_value(self, data):
        """What a former attempt can be looked up by; empty if it went without."""
        path = self._look_up_by and self._look_up_by[2]
        if self._former is None or path not in {**self._former, **data}:
            return self._look_up_value()
        return str(self._former.get(path) or "").strip()

    def _look_up(self, data, key):
        if not self._sent_value(data):
            return super()._look_up(data, key)
        # ``_existing`` has looked: it is not there, or not yet.
        self._wait_for_former()
        return None

    def _tells_repeats(self):
        lasts = self._adapter._create.key_lasts
        if not lasts or self.env["generic.export.intent"]._is_older(self.binding, lasts):
            return False
        self._wait_for_former()
        return True

    def _note_former(self, sent):
        # What differs from it on one side was changed there since.
        base = self.binding._last_in_step()
        base.update({path: compare.pair(ours, ours) for path, ours in sent.items()})
        self.binding._keep_in_step(base)

    def _wait_for_former(self):
        """Put the job off while a former attempt may be under way."""
        seconds = self.env["generic.export.intent"]._seconds_left(self.binding)
        if seconds:
            raise errors.TransientError(
                "An earlier attempt got no answer and may still be under way.",
                seconds=seconds,
                ignore_retry=True,
            )

    # -- afterwards --------------------------------------------------------------------

    def _finish(self, answer, update):
        known = self.binding.external_version
        super()._finish(answer, update)
        if self._current is None:
            return
        before = dig(self._current, self._version_path) if self._version_path else None
        if not self._sent or str(before) != known:
            # What else was changed there is still to come in.
            self.binding._note_success({"external_version": known})
        if self._both:
            self._note_conflict()

    def _note_conflict(self):
        self.binding._note_success({"export_digest": False})
        self.env["generic.sync.failure"]._record(
            self.backend_record,
            "export",
            self.binding._name,
            self.binding.id,
            errors.both_changed(self._both),
        )
