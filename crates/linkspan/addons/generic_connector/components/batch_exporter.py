# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from datetime import timedelta

import psycopg2

from odoo import fields

from odoo.addons.component.core import AbstractComponent
from odoo.addons.component.exception import NoComponentError

from ..lib.digest import digest

# What a page's job may take.
LONGEST_PAGE = timedelta(hours=1)

_logger = logging.getLogger(__name__)


class GenericBatchExporter(AbstractComponent):
    """Queues the export of bindings, one job each."""

    _name = "generic.batch.exporter"
    _inherit = ["base.exporter", "generic.walk"]
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

        One search at a time: while pages of one are still to come, no other begins.

        :param full: look at every binding, not only at what was written since the last
            search
        :param since: where that search begins; set from the second page on, as is
            ``started_at``, the time at which it began, and ``after``, the last binding
        :return: how many were queued
        """
        with self._noting_failure("export"):
            return self._run_page(full, since, started_at, after)

    def _run_page(self, full, since, started_at, after):
        if not started_at:
            self._lock("changes")
            if self._has_pages_to_come(_kind(full), LONGEST_PAGE):
                _logger.info("%s: the last search goes on", self.model._name)
                return 0
            # As the database has it: that is the clock of write_date.
            started_at = fields.Datetime.to_string(self.env.cr.now())
            until = self._looked_at_until()
            if until and not full:
                begin = until - timedelta(seconds=self._overlap)
                since = fields.Datetime.to_string(begin)
        led_to = self._led_to(since) if since else []
        if not after:
            self._bind_new(since, led_to)
        domain = [
            ("backend_id", "=", self.backend_record.id),
            ("no_export", "=", False),
            ("id", ">", after),
        ]
        if since:
            domain += ["|", ("odoo_id.write_date", ">=", since)]
            domain.append(("odoo_id", "in", led_to))
        # An archived record has something to tell too; its archived lines do not.
        bindings = (
            self.model.with_context(active_test=False)
            .search(domain, order="id", limit=self._page_size)
            .with_env(self.env)
        )
        queued = 0
        for binding in bindings:
            if self._differs(binding):
                binding._delay_export()
                queued += 1
        if len(bindings) == self._page_size:
            page = {"since": since, "started_at": started_at, "after": bindings[-1].id}
            self._delay_page(full, page)
        else:
            self._walked("export")
            self._move_checkpoint(started_at, mark="exported_until")
        return queued

    def _delay_page(self, full, page):
        self.model._delay_export_changes(
            self.backend_record,
            identity_key=f"{self._walk_key(_kind(full))} {digest([full, page])}",
            full=full,
            **page,
        )

    def _looked_at_until(self):
        generic = self.backend_record.generic_backend_id
        until = self._checkpoints()._of(generic, self.model._name).exported_until
        # A clock that was ahead must not hide what changes until then.
        return until and min(until, self.env.cr.now())

    def _led_to(self, since):
        """Ids of the records that something watched and written since leads to."""
        ids = set()
        for model_name, path in self._watch:
            if self._leads(model_name, path):
                models = self.env[model_name].with_context(active_test=False)
                watched = models.search([("write_date", ">=", since)])
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

    def _bind_new(self, since, led_to):
        """Bind the records that are to be created on the other side."""
        if self._new_domain is None:
            return
        domain = list(self._new_domain)
        if since:
            domain += ["|", ("write_date", ">=", since), ("id", "in", led_to)]
        records = self.model.odoo_id.with_context(active_test=True)
        company = self.backend_record.company_id
        if company and "company_id" in records._fields:
            domain.append(("company_id", "in", [False, company.id]))
        new = records.search(domain)
        bindings = self.model.with_context(active_test=False)
        known = bindings.search(
            [("backend_id", "=", self.backend_record.id), ("odoo_id", "in", new.ids)]
        )
        self.backend_record._bind(self.model, new - known.odoo_id)

    def _differs(self, binding):
        """Whether the record goes out with other values than last."""
        try:
            with self.env.cr.savepoint():
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


def _kind(full):
    return "full search" if full else "search"
