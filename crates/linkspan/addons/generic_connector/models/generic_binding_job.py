# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series >= 18
from odoo import SUPERUSER_ID, api, models
#% else
from odoo import SUPERUSER_ID, _, api, models
#% endif

from odoo.addons.queue_job.job import identity_exact

from ..lib.errors import GoneError, is_wait


class GenericBinding(models.AbstractModel):
    """Jobs of bindings. Each concrete model needs its rows in queue.job.function."""

    _inherit = "generic.binding"

    # Seconds that a change waits before it goes out, so that what else was changed with
    # it goes first.
    _export_delay = 0

    # -- import ----------------------------------------------------------------------

    @api.model
    def import_batch(self, backend, filters=None, cursor=None, started_at=None):
        """Job: list one page of records and queue their import."""
        with backend.work_on(self._name) as work:
            importer = work.component(usage="batch.importer")
            return importer.run(filters=filters, cursor=cursor, started_at=started_at)

    @api.model
    def _delay_import_batch(self, backend):
        """Queue the list of what changed; the same job is not queued twice."""
        return self.with_delay(
            identity_key=identity_exact,
            priority=5,
            description={{ t }}(
                "%(backend)s: list %(model)s",
                backend=backend.name,
                model=self._description,
            ),
        ).import_batch(backend)

    @api.model
    def import_record(self, backend, external_id, force=False):
        """Job: bring one record of the external system in.

        A record that is gone there stays as it is here. Its failure tells so; the job
        is done, because another attempt would find the same.

        :param external_id: id on the other side
        :param force: write it even if it seems unchanged or older
        """
        external_id = str(external_id)
        generic_id = backend._generic_id()
        try:
            with backend.work_on(self._name) as work:
                importer = work.component(usage="record.importer")
                try:
                    result = importer.run(external_id, force=force)
                except GoneError as error:
                    if importer.external_record is not None:
                        # Something else that the record needs is gone.
                        raise
                    return self._note_gone(backend, external_id, error)
        except Exception as error:
            if not is_wait(error):
                self.env["generic.sync.failure"]._record_after_rollback(
                    generic_id, "import", self._name, external_id, error
                )
            raise
        if not result or result.sync_state != "failed":
            self.env["generic.sync.failure"]._solve(
                backend, "import", self._name, external_id
            )
        return result

    @api.model
    def _note_gone(self, backend, external_id, error):
        gone = GoneError(
            f"It no longer exists on the other side; dismiss this failure. {error}"
        )
        self.env["generic.sync.failure"]._record(
            backend, "import", self._name, external_id, gone
        )
        return self.browse()

    @api.model
    def _delay_import(self, backend, external_id, force=False, **properties):
        """Queue the import of one record; the same job is not queued twice."""
        properties.setdefault("identity_key", identity_exact)
        properties.setdefault(
            "description",
            {{ t }}(
                "%(backend)s: import %(model)s %(record)s",
                backend=backend.name,
                model=self._description,
                record=external_id,
            ),
        )
        return self.with_delay(**properties).import_record(
            backend, str(external_id), force=force
        )

    def action_import(self):
        """Queue the import of these records again."""
        for binding in self.filtered("external_id"):
            binding._delay_import(binding.backend_id, binding.external_id, force=True)

    # -- export ----------------------------------------------------------------------

    def _export_to_external(self):
        """Job: send this record to the external system."""
        self.ensure_one()
        backend = self.backend_id
        generic_id = backend._generic_id()
        try:
            with backend.work_on(self._name) as work:
                # In the company and language of the backend.
                binding = self.with_env(work.env)
                result = work.component(usage="record.exporter").run(binding)
        except Exception as error:
            if not is_wait(error):
                self.env["generic.sync.failure"]._record_after_rollback(
                    generic_id, "export", self._name, self.id, error
                )
            raise
        if self.sync_state != "failed":
            self.env["generic.sync.failure"]._solve(
                backend, "export", self._name, self.id
            )
        return result

    def _delay_export(self, **properties):
        """Queue the export of this record; the same job is not queued twice."""
        self.ensure_one()
        properties.setdefault("identity_key", identity_exact)
        properties.setdefault("max_retries", self.max_retries)
        if self._export_delay:
            properties.setdefault("eta", self._export_delay)
        properties.setdefault(
            "description",
            {{ t }}(
                "%(backend)s: export %(model)s %(record)s",
                backend=self.backend_id.name,
                model=self._description,
                record=self.display_name,
            ),
        )
        return self.with_delay(**properties)._export_to_external()

    @api.model
    def export_changes(self, backend, **page):
        """Job: queue the export of what changed here, one page of it.

        :param page: as ``run_changes`` of the batch exporter has it
        """
        with backend.work_on(self._name) as work:
            return work.component(usage="batch.exporter").run_changes(**page)

    @api.model
    def _delay_export_changes(self, backend, identity_key=identity_exact, **page):
        """Queue the search for what changed here; the same one is not queued twice.

        It sees everything, whoever asks for it: its mark holds for all.
        """
        backend = backend.with_user(SUPERUSER_ID)
        return self.with_user(SUPERUSER_ID).with_delay(
            identity_key=identity_key,
            # Before the records that it finds, so that it comes to its end.
            priority=5,
            description={{ t }}(
                "%(backend)s: look for changes of %(model)s",
                backend=backend.name,
                model=self._description,
            ),
        ).export_changes(backend, **page)

    def action_export(self):
        """Queue the export of these records."""
        for binding in self.filtered(lambda record: not record.no_export):
            binding._delay_export()
