# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
import uuid

from odoo.addons.component.core import AbstractComponent
from odoo.addons.queue_job.exception import RetryableJobError

from ..lib import errors
from ..lib.outward import every
from ..lib.paging import dig
from ..lib.transaction import in_own_transaction

_logger = logging.getLogger(__name__)


class GenericExporter(AbstractComponent):
    """Sends one record to the external system.

    ``generic.exporter`` is the name of the one in OCA's connector, which commits; jobs
    may not do that. This one keeps what must not be lost in transactions of its own
    (see generic.export.intent).
    """

    _name = "generic.record.exporter"
    _inherit = ["base.exporter", "generic.connector.component"]
    _usage = "record.exporter"

    # Where the answer has the id, and the time or number of the change.
    _id_path = "id"
    _version_path = None
    # What a former attempt sent that got no answer.
    _former = None

    def __init__(self, work_context):
        super().__init__(work_context)
        self.binding = None
        # Why nothing was sent; None if it was.
        self.skipped = None

    def run(self, binding, force=False):
        """Export the binding; give its external id.

        :param force: send it even if it is unchanged
        """
        self.binding = binding.with_context(connector_no_export=True)
        self.skipped = None
        self._lock("export", binding.id)
        self._check_fresh()
        self.skipped = self._skip_reason()
        if self.skipped:
            _logger.info("%s not exported: %s", binding, self.skipped)
            return binding.external_id
        self._export_dependencies()
        mapper = self.component(usage="export.mapper")
        map_record = mapper.map_record(self.binding)
        update = map_record.values(for_create=False)
        if self.binding.external_id:
            known = self.binding.export_digest
            if not force and known == mapper.fingerprint(self.binding, update):
                self.skipped = "unchanged"
                _logger.info("%s not exported: unchanged", binding)
                return binding.external_id
            answer = self._update(update)
        else:
            answer = self._create(map_record.values(for_create=True), update)
        self._finish(answer, update)
        return self.binding.external_id

    def _skip_reason(self):
        """Why the record does not go out; None if it does."""
        return "not to be exported" if self.binding.no_export else None

    def _check_fresh(self):
        """Another job may have exported the binding since this transaction began."""
        binding = self.binding

        def work(env):
            return env[binding._name].browse(binding.id).exists().external_id

        known = in_own_transaction(self.env, work)
        if known and known != binding.external_id:
            raise RetryableJobError(
                "The record was exported by another job meanwhile.",
                seconds=1,
                ignore_retry=True,
            )

    # -- dependencies ----------------------------------------------------------------

    def _export_dependencies(self):
        """Export what this record refers to; calls ``_export_dependency``."""

    def _export_dependency(self, record, binding_model):
        """Have another record exported first, in a job of its own.

        This job is put off until the other record has its external id.
        """
        if not record:
            return
        backend = self.backend_record
        domain = [("backend_id", "=", backend.id), ("odoo_id", "=", record.id)]
        # An archived record has its binding still.
        models = self.env[binding_model].with_context(active_test=False)
        binding = models.search(domain, limit=1)
        if binding.external_id or binding.no_export:
            return
        if binding.sync_state == "failed":
            raise errors.DataError(
                f"{record.display_name} has to be exported first, but that failed: "
                f"{binding.last_error}"
            )
        self._check_dependency_goes(record, binding)
        user_id = self.env.uid

        def work(env):
            bindings = env(user=user_id)[binding_model]
            other = bindings.with_context(active_test=False).search(domain, limit=1)
            if not other:
                other = bindings.with_context(connector_no_export=True).create(
                    {"backend_id": backend.id, "odoo_id": record.id}
                )
            other._delay_export()

        in_own_transaction(self.env, work)
        raise RetryableJobError(
            f"waits for the export of {record.display_name}",
            seconds=30,
            ignore_retry=True,
        )

    def _export_each(self, name, binding_model):
        """The same for all records of a field; this job waits for them together."""
        waits = None
        for record in every(self.binding, name):
            try:
                self._export_dependency(record, binding_model)
            except RetryableJobError as error:
                waits = waits or error
        if waits:
            raise waits

    def _check_dependency_goes(self, record, binding):
        """Raise DataError for what is skipped: waiting for it would never end."""
        if not binding:
            return
        exporter = self.component(usage="record.exporter", model_name=binding._name)
        exporter.binding = binding.with_context(connector_no_export=True)
        reason = exporter._skip_reason()
        if reason:
            raise errors.DataError(
                f"{record.display_name} has to be exported first, but it is {reason}."
            )

    # -- send ------------------------------------------------------------------------

    def _update(self, data):
        self._validate_data(data)
        adapter = self.component(usage="backend.adapter")
        return adapter.write(self.binding.external_id, data)

    def _create(self, data, update):
        """Create the record on the other side, once."""
        self._validate_data(data)
        intents = self.env["generic.export.intent"]
        new_key = str(uuid.uuid4())
        existed, external_id, key = intents._begin(self.binding, new_key, data)
        self._former = former = intents._sent(self.binding) if existed else None
        if former and not external_id and self._tells_repeats():
            intents._send_again(self.binding)
            try:
                self._send_once(former, key, first=False)
            except errors.DataError as error:
                # Its data was refused the first time, too.
                if not error.outcome_unknown:
                    intents._withdraw(self.binding)
                raise
            # What was changed since then.
            return self._update(update)
        if not external_id:
            external_id = self._existing(data)
            if existed and not external_id:
                external_id = self._look_up(data, key)
            if external_id:
                intents._answered(self.binding, external_id)
        if external_id:
            # It is there, perhaps by a former attempt: bind it, bring it up to date.
            self.binder.bind(external_id, self.binding)
            intents._done(self.binding)
            self._note_former(former or {})
            return self._update(update)
        if existed:
            intents._send_again(self.binding, data)
        return self._send_once(data, key, first=not existed)

    def _send_once(self, data, key, first):
        """Send a new record and bind it; give the answer.

        :param first: there was no attempt before
        """
        intents = self.env["generic.export.intent"]
        try:
            answer = self._send_new(data, key)
        except errors.ExternalError as error:
            # If it may have arrived, now or by a former attempt, the intent stays and
            # the next attempt looks it up.
            if first and not error.outcome_unknown:
                intents._withdraw(self.binding)
            raise
        external_id = self._external_id_of(answer)
        if external_id is None or external_id == "":
            raise errors.ConflictError(
                f'The other side has created the record but its answer has no "'
                f'{self._id_path}".'
            )
        intents._answered(self.binding, external_id)
        self.binder.bind(external_id, self.binding)
        intents._done(self.binding)
        return answer

    def _send_new(self, data, key):
        return self.component(usage="backend.adapter").create(data, key=key)

    def _tells_repeats(self):
        """Whether the other side tells a repeat of a former attempt by its key."""
        return False

    def _note_former(self, sent):
        """Hook: a former attempt that sent this has created the record."""

    def _existing(self, data):
        """External id of the record if the other side has it already.

        Override it to bind such a record instead of making a second one.
        """

    def _look_up(self, data, key):
        """External id of a record that a former attempt may have created.

        Override it to search the other side by a key that is unique there.

        :param key: idempotency key of the former attempt
        :return: the id, or None if the record is certainly not there
        """
        raise errors.ConflictError(
            "An earlier attempt got no answer: the record may exist on the other side. "
            "Look there, then enter its id in the export intent or delete the intent."
        )

    def _external_id_of(self, answer):
        return dig(answer, self._id_path)

    def _validate_data(self, data):
        """Raise DataError if the data must not be sent."""

    # -- afterwards --------------------------------------------------------------------

    def _finish(self, answer, update):
        mapper = self.component(usage="export.mapper")
        values = {"export_digest": mapper.fingerprint(self.binding, update)}
        version = dig(answer, self._version_path) if self._version_path else None
        if version not in (None, ""):
            # The webhook that our own change causes brings nothing new.
            values["external_version"] = str(version)
        self.binding._note_success(values)
        self._after_export(answer)

    def _after_export(self, answer):
        """Hook: what follows once the record is out."""
