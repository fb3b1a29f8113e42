# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError

from odoo.addons.component.core import AbstractComponent

from ..lib import errors, expr
from ..lib.convert import ABSENT, REMOVED, Embedded, Relation, Several, take
from ..lib.outward import every


class GenericDefinitionImporter(AbstractComponent):
    """Importer for what ``generic.definition.import.mapper`` gives.

    read -> map -> related records first -> write -> steps -> check
    """

    _name = "generic.definition.importer"
    _inherit = "generic.importer"

    # Binding models of what the other side lists as records of their own. A record here
    # that is bound as one of these is bound, and not written: what stands inside another
    # record is no proof of how it is.
    _listed_as = ()
    # Whether a record that ``_match_domain`` finds is bound and never written; only those
    # that imports made are.
    _link_only = False
    # What is added to the context of writes.
    _context = {}

    def __init__(self, work_context):
        super().__init__(work_context)
        self.parent_record = None
        self._given = None
        self._given_version = None
        self._values = {}
        self._left_lines = []
        self._agreed = []
        self._matched = None

    def run_embedded(self, record, parent, version=None):
        """Import a record that stands inside another one, which is as old."""
        self._given = record
        self._given_version = version
        self.parent_record = parent
        return self.run(self._embedded_id(record, parent))

    # -- what connectors say -----------------------------------------------------------

    def _embedded_id(self, record, _parent):
        """External id of a record that stands inside another one."""
        return record["id"]

    def _wanted(self, _record):
        """Whether the record is imported at all."""
        return True

    def _follow(self, binding):
        """Steps after the write; calls ``_press`` and ``_write_again``."""

    def _expected(self, _record):
        """Field -> what Odoo must show after the write."""
        return {}

    # -- read ------------------------------------------------------------------------

    def _get_external_data(self):
        return super()._get_external_data() if self._given is None else self._given

    def _external_version(self, record):
        return self._given_version or super()._external_version(record)

    def _skip_reason(self, binding):
        if not self._wanted(self.external_record):
            return "not wanted"
        return super()._skip_reason(binding)

    def _first_match(self, *domains):
        """The first domain that finds a record; None where a value is empty."""
        model = self.env[self.binder.unwrap_model()].with_context(active_test=False)
        for domain in domains:
            if all(term[2] not in (None, "") for term in domain):
                if model.search_count(self._in_company(domain)):
                    return domain
        return None

    def _match_text(self, path, convert=str.strip):
        """The text at a path, for a match; empty if there is none."""
        value = take(self.external_record, path)
        if value is ABSENT or value is None or isinstance(value, (bool, list, dict)):
            return ""
        return convert(str(value))

    # -- related records ---------------------------------------------------------------

    def _match(self):
        """Looked for once: before mapping, because an adopted record is not new."""
        if self._matched is None:
            self._matched = super()._match()
        return self._matched

    def _map_data(self, map_record, binding):
        known = binding or self._match()
        values = map_record.values(
            for_create=not known,
            binding=binding,
            known=known,
            parent=self.parent_record,
        )
        self._left_lines = values.pop(REMOVED, [])
        key = (self.model._name, self.external_id)
        self.work.in_progress.add(key)
        self._values = self._resolve(values, self.model)
        self.work.in_progress.discard(key)
        return self._values

    def _resolve(self, values, model):
        """The values with ids of related records, imported first if needed."""
        return {
            name: self._resolve_value(name, value, model._fields.get(name))
            for name, value in values.items()
        }

    def _resolve_value(self, name, value, field):
        if isinstance(value, (Relation, Embedded)):
            related_id = self._related_id(name, value)
            if field.type.endswith("2many"):
                return [(6, 0, [related_id] if related_id else [])]
            return related_id
        if isinstance(value, Several):
            if field.type != "many2many":
                raise errors.DataError(
                    f"{name}: several records go into a many2many field only."
                )
            related = {self._related_id(name, each) for each in value.records}
            return [(6, 0, sorted(related - {False}))]
        if isinstance(value, list) and field is not None and field.comodel_name:
            comodel = self.env[field.comodel_name]
            return [
                (*command[:2], self._resolve(command[2], comodel))
                if isinstance(command[2], dict)
                else command
                for command in value
            ]
        return value

    def _related_id(self, name, related):
        if isinstance(related, Embedded):
            importer = self.component(
                usage="record.importer", model_name=related.model
            )
            version = self._external_version(self.external_record)
            return importer.run_embedded(
                related.record, self.external_record, version
            ).odoo_id.id
        binder = self.binder_for(related.model)
        circle = (related.model, related.external_id) in self.work.in_progress
        if related.missing == "fetch" and not circle:
            try:
                self._import_dependency(related.external_id, related.model)
            except errors.GoneError as error:
                raise self._lacks(name, related) from error
        binding = binder.to_internal(related.external_id)
        if binding or related.missing == "empty":
            return binding.odoo_id.id
        raise self._lacks(name, related)

    def _is_listed(self, record):
        """Whether the other side has the record as one of its own."""
        bound = [
            ("backend_id", "=", self.backend_record.id),
            ("odoo_id", "in", record.ids),
        ]
        return any(
            self.env[model].with_context(active_test=False).search_count(bound)
            for model in self._listed_as
        )

    def _lacks(self, name, related):
        text = (
            f"{name}: {self.env[related.model]._description} {related.external_id} "
            "is not in Odoo."
        )
        if related.missing == "wait":
            return errors.TransientError(text, seconds=300)
        return errors.DataError(text)

    # -- write -----------------------------------------------------------------------

    def _create(self, values):
        match = self._match()
        is_left = match and (self._link_only or self._is_listed(match))
        return super()._create({} if is_left else values)

    def _update(self, binding, values):
        """Write what differs, on the record itself.

        Odoo computes fields again whenever those that they depend on are written, even
        with the same value; and lines written through a binding are moved to their
        record once more.
        """
        record = binding.odoo_id
        # A record that an import made is as old as its binding.
        is_made = record.create_date == binding.create_date
        if self._is_listed(record) or (self._link_only and not is_made):
            return binding
        record = record.with_context(connector_no_export=True, **self._context)
        changes = self._changes(record, values)
        if changes:
            # An empty write would look like a change of somebody's.
            record.write(changes)
        binding = super()._update(
            binding,
            {n: v for n, v in values.items() if not self.model._fields[n].inherited},
        )
        for line, instead in self._left_lines:
            try:
                with self.env.cr.savepoint():
                    line.unlink()
            except UserError:
                # A line of a confirmed order, for instance.
                if not instead:
                    raise
                line.write(instead)
        return binding

    def _changes(self, record, values):
        """The values that Odoo does not show yet."""
        changes = {}
        for name, value in values.items():
            if name not in record._fields or name == "backend_id":
                continue
            if shows(record, name, value):
                continue
            is_commands = isinstance(value, list)
            changes[name] = (
                self._changed_commands(record, name, value) if is_commands else value
            )
        return changes

    def _changed_commands(self, record, name, commands):
        lines = self.env[record._fields[name].comodel_name]
        return [
            (1, command[1], self._changes(lines.browse(command[1]), command[2]))
            if command[0] == 1
            else command
            for command in commands
        ]

    # -- steps and checks --------------------------------------------------------------

    def _after_import(self, binding):
        """Steps and checks. The record stays if one fails; its binding shows it."""
        self._agreed = []
        try:
            with self.env.cr.savepoint():
                self._follow(binding)
                binding.env.flush_all()
                self._check(binding)
        except (UserError, errors.ConflictError) as error:
            if self._given is not None:
                # It fails the record around it, which can be tried again.
                raise
            # What was pressed before is undone with the savepoint.
            self._agreed = []
            self._note_failure(error)
        if self._agreed:
            binding.with_context(connector_no_export=True).write(
                {"sync_agreed_step": self._agreed[-1]}
            )

    def _note_failure(self, error):
        self.env["generic.sync.failure"]._record(
            self.backend_record, "import", self.model._name, self.external_id, error
        )

    def _press(self, binding, method, when=True, done=None, **context):
        """Call a button of the record, unless Odoo shows its outcome already.

        :param done: function of the record and of the last step whose outcome both
            sides showed (None at first)
        """
        if not when:
            return
        agreed = binding.sync_agreed_step or None
        record = binding.odoo_id.with_context(connector_no_export=True, **context)
        if not (done and done(record, agreed)):
            getattr(record, method)()
            if done and not done(record, agreed):
                raise errors.ConflictError(
                    f"{method} changed nothing. Odoo may ask a question there: press "
                    "the button by hand."
                )
        if done:
            self._agreed.append(method)

    def _write_again(self, binding, names, when=True):
        """Write mapped fields once more, because a button may have changed them."""
        if when:
            values = {
                name: self._values[name]
                for name in names
                if name in self._values and not shows(binding, name, self._values[name])
            }
            binding.with_context(connector_no_export=True).write(values)

    def _check(self, binding):
        for name, expected in self._expected(self.external_record).items():
            if expected is not None and not shows(binding, name, expected):
                raise errors.ConflictError(
                    f"{name}: Odoo shows {binding[name]} and the other side {expected}."
                )


class GenericDefinitionBatchImporter(AbstractComponent):
    """Batch importer for records whose id stands anywhere."""

    _name = "generic.definition.batch.importer"
    _inherit = "generic.batch.importer"

    def _external_id_of(self, record):
        external_id = take(record, self._id_path)
        return None if external_id is ABSENT else external_id


def shows(record, name, expected):
    """Whether the field has the value; numbers are compared as Odoo's floats are."""
    field = record._fields[name]
    now = record[name]
    if field.type in ("float", "monetary") and not isinstance(expected, bool):
        return round(expr.decimal(now), 6) == round(Decimal(str(expected)), 6)
    if field.type == "datetime" and now and expected:
        return now == fields.Datetime.to_datetime(expected)
    if field.type == "many2one":
        return now.id == expected
    if isinstance(expected, list):
        # Records have no order in a many2many; lines are told by their own values.
        is_set = field.type == "many2many" and [command[0] for command in expected] == [6]
        return is_set and set(every(record, name).ids) == set(expected[0][2])
    return now == expected
