# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent
from odoo.addons.component.exception import NoComponentError
from odoo.addons.connector.components.mapper import mapping
from odoo.addons.connector.exception import MappingError

from ..lib.digest import digest
from ..lib.paging import dig


class GenericImportMapper(AbstractComponent):
    """External record -> values of a binding."""

    _name = "generic.import.mapper"
    _inherit = ["base.import.mapper", "generic.connector.component"]
    _usage = "import.mapper"
    _map_child_fallback = "generic.map.child.import"

    def _map_child(self, map_record, from_attr, to_attr, model_name):
        if map_record.source.get(from_attr) is None:
            # Lines that are not told are left as they are.
            return []
        return super()._map_child(map_record, from_attr, to_attr, model_name)

    @mapping
    def backend_id(self, record):
        return {"backend_id": self.backend_record.id}

    @staticmethod
    def dig(record, path):
        """Value at a path like ``billing.address.city``; None if it is not there."""
        return dig(record, path)


# What mapping a record for export raises where nothing can go out: there is no mapper,
# or a value has no way back.
NOTHING_GOES_OUT = (NoComponentError, MappingError, KeyError, ValueError)


class GenericExportMapper(AbstractComponent):
    """Binding -> what is sent to the external system."""

    _name = "generic.export.mapper"
    _inherit = ["base.export.mapper", "generic.connector.component"]
    _usage = "export.mapper"

    def digest_of(self, binding):
        """Fingerprint of what an update of this binding would send."""
        update = self.map_record(binding).values(for_create=False)
        return self.fingerprint(binding, update)

    def fingerprint(self, _binding, update):
        """Fingerprint of an update of this binding."""
        return digest(update)
