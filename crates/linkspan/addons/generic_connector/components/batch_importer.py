# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from datetime import timedelta

import psycopg2

from odoo import fields

from odoo.addons.component.core import AbstractComponent
from odoo.addons.queue_job.exception import RetryableJobError

from ..lib import errors
from ..lib.digest import digest
from ..lib.paging import dig

# What a page's job may take from its start to its lock, which others have while they run.
START = timedelta(minutes=1)

_logger = logging.getLogger(__name__)


class GenericBatchImporter(AbstractComponent):
    """Lists external records, one page per job, and imports each.

    The next page is another job: no worker is held by a long list, and a limit that is
    reached puts off one page, not the whole walk. The checkpoint moves to the time at
    which the walk began, once every record that it listed has its job.

    One walk at a time: while pages of one are still to come, no other begins. A walk
    whose page has failed is over; the next one begins at the checkpoint again.
    """

    _name = "generic.batch.importer"
    _inherit = ["base.importer", "generic.walk"]
    _usage = "batch.importer"

    # One job per record. False: the records of a page are imported in its own job.
    _delayed = True
    # Whether only what changed since the last import is listed.
    _incremental = True
    # Name of the id in a listed record; listed ids may also stand alone.
    _id_path = "id"

    def run(self, filters=None, cursor=None, started_at=None):
        """Import the page at ``cursor`` and queue the job for the next one.

        :param filters: what to list, passed to the adapter; ``since`` is added. With a
            ``since`` of its own the walk leaves the checkpoint alone
        :param started_at: when the walk began; empty on the first page
        :return: how many records the page had
        """
        with self._noting_failure("import"):
            return self._run_page(filters, cursor, started_at)

    def _run_page(self, filters, cursor, started_at):
        filters = dict(filters or {})
        if cursor is None and "since" not in filters:
            self._lock("walk")
            if self._has_pages_to_come("walk", START):
                _logger.info("%s: the last import goes on", self.model._name)
                return 0
            started_at = fields.Datetime.to_string(fields.Datetime.now())
            since = self._incremental and self._since()
            if since:
                filters["since"] = fields.Datetime.to_string(since)
        elif started_at:
            self._lock("walk")
        adapter = self.component(usage="backend.adapter")
        page = adapter.list_page(filters=filters, cursor=cursor)
        for record in page.records:
            self._import_listed(record)
        if page.next_cursor is not None:
            self._delay_next_page(filters, page.next_cursor, started_at)
        else:
            self._walked("import")
            if self._incremental and started_at:
                self._move_checkpoint(started_at)
        return len(page.records)

    def _since(self):
        return self._checkpoints()._get_since(
            self.backend_record.generic_backend_id, self.model._name
        )

    def _delay_next_page(self, filters, cursor, started_at):
        walk = self._walk_key("walk" if started_at else "own walk")
        self.model.with_delay(
            # Before the records that the pages list, so that the walk comes to its end.
            priority=5,
            identity_key=f"{walk} {digest([filters, cursor])}",
            description=f"{self.backend_record.name}: {self.model._description}, "
            "next page",
        ).import_batch(
            self.backend_record, filters=filters, cursor=cursor, started_at=started_at
        )

    def _external_id_of(self, record):
        if isinstance(record, dict):
            return dig(record, self._id_path)
        return record

    def _import_listed(self, record):
        external_id = self._external_id_of(record)
        if external_id is None or external_id == "":
            raise errors.DataError(f"A listed record has no {self._id_path}.")
        if self._delayed:
            self.model._delay_import(self.backend_record, external_id)
        else:
            self._import_directly(str(external_id))

    def _import_directly(self, external_id):
        """Import a record now; one that fails is noted and does not stop the others."""
        failures = self.env["generic.sync.failure"]
        identity = (self.backend_record, "import", self.model._name, external_id)
        importer = self.component(usage="record.importer")
        try:
            with self.env.cr.savepoint():
                importer.run(external_id)
        except (RetryableJobError, psycopg2.OperationalError):
            # Not this record's fault: the page is tried again.
            raise
        except Exception as error:
            _logger.info("%s %s failed: %s", self.model._name, external_id, error)
            failures._record(*identity, error)
        else:
            failures._solve(*identity)
