# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent


class GenericBatchExporter(AbstractComponent):
    """Queues the export of bindings, one job each."""

    _name = "generic.batch.exporter"
    _inherit = ["base.exporter", "generic.connector.component"]
    _usage = "batch.exporter"

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
