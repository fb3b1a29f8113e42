# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from datetime import timezone
from functools import partial

import psycopg2

from odoo.addons.component.core import AbstractComponent
from odoo.addons.queue_job.exception import RetryableJobError

from ..lib import convert, errors, expr
from ..lib.digest import digest
from ..lib.paging import dig
from ..lib.transaction import in_own_transaction
from .mapper import NOTHING_GOES_OUT

_logger = logging.getLogger(__name__)


class GenericImporter(AbstractComponent):
    """Brings one record of the external system in.

    read -> skip? -> dependencies -> map -> match or bind -> write -> note
    """

    _name = "generic.importer"
    _inherit = ["base.importer", "generic.connector.component"]
    _usage = "record.importer"

    # Where the external record has the time or number of its last change, and the zone
    # of a time without offset.
    _version_path = None
    _version_zone = "utc"

    def __init__(self, work_context):
        super().__init__(work_context)
        self.external_id = None
        self.external_record = None
        # Why the record was left as it is; None if it was written.
        self.skipped = None

    def run(self, external_id, force=False):
        """Import the record; give its binding, also if nothing had to be done.

        :param force: write it even if it seems unchanged or older
        """
        self.external_id = str(external_id)
        self._lock("import", self.external_id)
        self.skipped = None
        binding = self._import_record(self.external_id, force=force)
        if binding and not self.skipped:
            self._finish(binding.with_context(connector_no_export=True))
        return binding

    def _import_record(self, external_id, force=False):
        """Read, map and write; give the binding."""
        self.external_record = self._get_external_data()
        binding = self._get_binding()
        self._check_fresh(binding)
        self.skipped = None if force else self._skip_reason(binding)
        if self.skipped:
            _logger.info(
                "%s %s not imported: %s", self.model._name, external_id, self.skipped
            )
            return binding
        self._import_dependencies()
        map_record = self.component(usage="import.mapper").map_record(
            self.external_record
        )
        values = self._map_data(map_record, binding)
        self._validate_data(values)
        return self._update(binding, values) if binding else self._create(values)

    # -- read ------------------------------------------------------------------------

    def _get_external_data(self):
        """The record as it is now on the other side."""
        return self.component(usage="backend.adapter").read(self.external_id)

    def _get_binding(self):
        return self.binder.to_internal(self.external_id)

    def _check_fresh(self, binding):
        """Another job may have bound the record since this transaction began."""
        if binding:
            return
        generic_id = self.backend_record._generic_id()

        def work(env):
            return env[self.model._name]._find_binding(generic_id, self.external_id).id

        if in_own_transaction(self.env, work):
            raise RetryableJobError(
                f"{self.external_id} was imported by another job meanwhile.",
                seconds=1,
                ignore_retry=True,
            )

    # -- skip ------------------------------------------------------------------------

    def _skip_reason(self, binding):
        """Why the record is left as it is; None if it is imported."""
        if not binding:
            return None
        version = self._external_version(self.external_record)
        known = binding.external_version
        if version and known and is_older(version, known, self._version_zone):
            return "older than what was imported"
        if binding.sync_state == "failed":
            return None
        if binding.payload_digest == digest(self._digest_source(self.external_record)):
            return "unchanged"
        digest_sent = binding.export_digest
        if version and version == known and digest_sent:
            if digest_sent == self._export_digest(binding):
                return "echo of our own export"
        return None

    def _external_version(self, record):
        """Time or number of the last change as text; None: unknown."""
        if not self._version_path:
            return None
        value = dig(record, self._version_path)
        return None if value in (None, "") else str(value)

    def _digest_source(self, record):
        """The part of the record that counts as a change."""
        return record

    def _export_digest(self, binding):
        """Fingerprint of what would be exported; False if nothing can be."""
        try:
            mapper = self.component(usage="export.mapper")
            return mapper.digest_of(binding)
        except NOTHING_GOES_OUT:
            return False

    # -- dependencies ----------------------------------------------------------------

    def _import_dependencies(self):
        """Import what this record refers to; calls ``_import_dependency``."""

    def _import_dependency(self, external_id, binding_model, force=False):
        """Import another record first, unless it is bound already."""
        if external_id is None or external_id is False or external_id == "":
            return
        binder = self.binder_for(binding_model)
        if force or not binder.to_internal(external_id):
            importer = self.component(usage="record.importer", model_name=binding_model)
            importer.run(external_id, force=force)

    # -- map and write -----------------------------------------------------------------

    def _map_data(self, map_record, binding):
        return map_record.values(for_create=not binding, binding=binding)

    def _validate_data(self, values):
        """Raise DataError if the values must not be written."""

    def _match_domain(self, record):
        """Domain that finds the record among those that are here already.

        Empty: nothing is matched, a new record is made.
        """
        return []

    def _match(self):
        """The record of the bound model that this one is; empty if there is none."""
        odoo_model = self.env[self.binder.unwrap_model()].with_context(active_test=False)
        domain = self._match_domain(self.external_record)
        if not domain:
            return odoo_model.browse()
        matches = odoo_model.search(self._in_company(domain), limit=2)
        if len(matches) > 1:
            raise errors.ConflictError(
                f"{self.external_id} fits several records: "
                f"{', '.join(matches.mapped('display_name'))}. Merge them, or bind one."
            )
        if matches and self.binder.to_external(matches, wrap=True):
            raise errors.ConflictError(
                f"{self.external_id} fits {matches.display_name}, which is bound to "
                f"{self.binder.to_external(matches, wrap=True)}."
            )
        return matches

    def _in_company(self, domain):
        """The domain without other companies' records, which crons and webhooks see."""
        if "company_id" not in self.env[self.binder.unwrap_model()]._fields:
            return domain
        company = self.backend_record.company_id or self.env.company
        return [*domain, ("company_id", "in", [False, company.id])]

    def _create(self, values):
        match = self._match()
        if match:
            bound = self.model.with_context(active_test=False).search(
                [
                    ("backend_id", "=", self.backend_record.id),
                    ("odoo_id", "=", match.id),
                ]
            )
            if bound:
                # Bound for an export that has not happened yet.
                return self._update(bound, values)
            values = {**values, "odoo_id": match.id}
        values = {
            **values,
            "backend_id": self.backend_record.id,
            "external_id": self.external_id,
        }
        model = self.model.with_context(connector_no_export=True)
        try:
            with self.env.cr.savepoint():
                return model.create(values)
        except psycopg2.errors.UniqueViolation as error:
            raise RetryableJobError(
                f"{self.external_id} was written by another job meanwhile: {error}",
                seconds=5,
            ) from error

    def _update(self, binding, values):
        values = {name: value for name, value in values.items() if name != "backend_id"}
        binding.with_context(connector_no_export=True).write(values)
        return binding

    # -- afterwards --------------------------------------------------------------------

    def _finish(self, binding):
        """Bind, note what was imported, let the connector go on."""
        self.binder.bind(self.external_id, binding)
        values = {}
        if self.external_record is not None:
            version = self._external_version(self.external_record)
            known = binding.external_version
            if version and not (known and is_older(version, known, self._version_zone)):
                values["external_version"] = version
            values["payload_digest"] = digest(self._digest_source(self.external_record))
            values["export_digest"] = self._export_digest(binding)
        binding._note_success(values)
        self._after_import(binding)

    def _after_import(self, binding):
        """Hook: what follows once the record is in."""


def is_older(version, other, zone="utc"):
    """Whether a version comes before another.

    Numbers are compared as numbers, times as moments, anything else as text.

    :param zone: time zone of a time without offset
    """
    for understand in (expr.decimal, partial(_moment, zone=convert.to_zone(zone))):
        try:
            return understand(version) < understand(other)
        except (ArithmeticError, ValueError):
            continue
    return version < other


def _moment(text, zone):
    # In one zone Python would compare what the clocks show.
    return convert.to_moment(text, zone)[0].astimezone(timezone.utc)
