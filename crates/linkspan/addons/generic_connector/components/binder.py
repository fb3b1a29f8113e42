# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent


class GenericBinder(AbstractComponent):
    """Finds bindings; external ids are text everywhere."""

    _name = "generic.binder"
    _inherit = ["base.binder", "generic.connector.component"]
    _usage = "binder"

    @staticmethod
    def _external_key(external_id):
        """The id as text; empty for what is no id. 0 is one."""
        if external_id is None or isinstance(external_id, bool):
            return ""
        return str(external_id)

    def to_internal(self, external_id, unwrap=False):
        key = self._external_key(external_id)
        if not key:
            # An empty id would match every record that is not bound yet.
            return self.model[self._odoo_field] if unwrap else self.model.browse()
        found = super().to_internal(key, unwrap=unwrap)
        # It looks for archived ones too, which is nothing for those that go on with it.
        return found.with_env(self.env)

    def bind(self, external_id, binding):
        return super().bind(self._external_key(external_id), binding)
