# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent
from odoo.addons.component_event import skip_if


class GenericExportListener(AbstractComponent):
    """Queues the export of a bound record when something changes that goes out.

    Which fields matter is what the export mapper reads: ``direct`` and ``changed_by``.
    What an import writes is not sent back.
    """

    _name = "generic.export.listener"
    _inherit = "base.connector.listener"

    # One2many of the bound model to its bindings.
    _bindings_field = None

    @skip_if(lambda self, record, **kwargs: self.no_connector_export(record))
    def on_record_write(self, record, fields=None):
        # Whoever may write the record need not be allowed to see its bindings.
        for binding in record.sudo()[self._bindings_field]:
            if binding.no_export:
                continue
            with binding.backend_id.work_on(binding._name) as work:
                mapper = work.component(usage="export.mapper")
                if mapper.changed_by_fields() & set(fields or ()):
                    binding._delay_export()
