# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class ConnectorSecretMixin(models.AbstractModel):
    """Keeps fields with ``exportable=False`` out of exports, inherited ones too.

    Odoo only hides them from the dialog: whoever names such a field gets its value, and
    the field that a delegating model has instead is exportable again.
    """

    _name = "connector.secret.mixin"
    _description = "Connector Model with Secrets"

    @api.model
    def _is_exportable(self, name):
        field = self._fields.get(name)
        return field is None or field.base_field.exportable

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        described = super().fields_get(allfields, attributes)
        for name, attributes_of in described.items():
            if "exportable" in attributes_of:
                attributes_of["exportable"] = self._is_exportable(name)
        return described

    def _export_rows(self, fields, **kwargs):
        """Rows whose columns of such fields are empty."""
        hidden = {
            column
            for column, path in enumerate(fields)
            if path and not self._is_exportable(path[0])
        }
        shown = [path for column, path in enumerate(fields) if column not in hidden]
        rows = super()._export_rows(shown, **kwargs)
        for column in sorted(hidden):
            for row in rows:
                row.insert(column, "")
        return rows
