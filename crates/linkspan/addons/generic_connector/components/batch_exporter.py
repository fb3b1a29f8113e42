# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from datetime import timedelta

import psycopg2

from odoo import fields

from odoo.addons.component.core import AbstractComponent
from odoo.addons.component.exception import NoComponentError

_logger = logging.getLogger(__name__)


class GenericBatchExporter(AbstractComponent):
    """Queues the export of bindings, one job each."""

    _name = "generic.batch.exporter"
    _inherit = ["base.exporter", "generic.connector.component"]
    _usage = "batch.exporter"

    # How far the search for changes reaches back, in seconds: longer than the longest
    # transaction, because a record bears the time at which its transaction began.
    _overlap = 1800
    # Other models whose changes change these records, and the path that leads there:
    # free stock changes without a trace on the product.
    _watch = []
    # Which records without a binding go out when they change: a domain. None: none.
    _new_domain = None
    # Bindings whose values are compared in one job.
    _page_size = 500

    def run(self, domain=None):
        """Queue the export of every binding of the backend that fits the domain.

        :return: how many were queued
        """
        bindings = self.model.search(
            [("backend_id", "=", self.backend_record.id), ("no_export", "=", False)]
            + (domain or self._domain())
        )
        for binding in bindings:
            binding._delay_export()
        return len(bindings)

    def _domain(self):
        """Bindings that have not gone out yet."""
        return [("sync_state", "=", "pending")]

    # -- what changed here -------------------------------------------------------------

    def run_changes(self, full=False, since=None, started_at=None, after=0):
        """Queue the export of what differs from what went out last, one page per job.

        :param full: look at every binding, not only at what was written since the last
            search
        :param since: where that search begins; set from the second page on, as is
            ``started_at``, the time at which it began, and ``after``, the last binding
        :return: how many were queued
        """
        if not started_at:
            # As the database has it: that is the clock of write_date.
            started_at = fields.Datetime.to_string(self.env.cr.now())
            until = self._looked_at_until()
            if until and not full:
                begin = until - timedelta(seconds=self._overlap)
                since = fields.Datetime.to_string(begin)
            self._bind_new(since)
        domain = [
            ("backend_id", "=", self.backend_record.id),
            ("no_export", "=", False),
            ("id", ">", after),
        ]
        if since:
            domain.append(("odoo_id", "in", self._written_since(since)))
        # An archived record has something to tell too.
        models = self.model.with_context(active_test=False)
        bindings = models.search(domain, order="id", limit=self._page_size)
        queued = 0
        for binding in bindings:
            if self._differs(binding):
                binding._delay_export()
                queued += 1
        if len(bindings) == self._page_size:
            self.model._delay_export_changes(
                self.backend_record,
                full=full,
                since=since,
                started_at=started_at,
                after=bindings[-1].id,
            )
        else:
            self._checkpoints()._move(
                self.backend_record.generic_backend_id,
                self.model._name,
                fields.Datetime.to_datetime(started_at),
                mark="exported_until",
            )
        return queued

    def _checkpoints(self):
        # The framework's own note; a user who may synchronize need not write it.
        return self.env["generic.checkpoint"].sudo()

    def _looked_at_until(self):
        return (
            self._checkpoints()
            ._of(self.backend_record.generic_backend_id, self.model._name)
            .exported_until
        )

    def _records(self):
        # What is sent does not depend on who searches.
        return self.model.odoo_id.sudo().with_context(active_test=False)

    def _written_since(self, since):
        """Ids of the records that were written, or that something watched leads to."""
        written = [("write_date", ">=", since)]
        records = self._records()
        ids = set(records.search(written).ids)
        for model_name, path in self._watch:
            if self._leads(model_name, path):
                watched = records.env[model_name].search(written)
                ids.update(watched.mapped(path).ids)
        return sorted(ids)

    def _leads(self, model_name, path):
        """Whether this Odoo has model and path: the app may not be installed."""
        for name in path.split("."):
            field = model_name in self.env and self.env[model_name]._fields.get(name)
            if not field:
                return False
            model_name = field.comodel_name
        return True

    def _bind_new(self, since):
        """Bind the records that are to be created on the other side."""
        if self._new_domain is None:
            return
        domain = list(self._new_domain)
        if since:
            domain.append(("id", "in", self._written_since(since)))
        records = self._records()
        company = self.backend_record.company_id
        if company and "company_id" in records._fields:
            domain.append(("company_id", "in", [False, company.id]))
        backend_id = self.backend_record.id
        bindings = self.model.sudo().with_context(active_test=False)
        known = bindings.search([("backend_id", "=", backend_id)]).odoo_id
        new = records.with_context(active_test=True).search(domain) - known
        self.backend_record._bind(self.model, new)

    def _differs(self, binding):
        """Whether the record goes out with other values than last."""
        try:
            exporter = self.component(usage="record.exporter")
            exporter.binding = binding
            if exporter._skip_reason():
                return False
            mapper = self.component(usage="export.mapper")
            return mapper.digest_of(binding) != binding.export_digest
        except (NoComponentError, psycopg2.OperationalError):
            raise
        except Exception as error:
            # Its own job tells what is wrong with it and does not stop the others.
            _logger.info("%s cannot be compared: %s", binding, error)
            return True
