# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series < 17
import re

#% endif
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
    #% if series < 18

    @api.model
    def _where_calc(self, domain, active_test=True):
        """No search by fields that the user may not read.

        Before 18.0 Odoo allows it, and a password is guessed letter by letter.
        """
        leaves = [leaf for leaf in domain or [] if isinstance(leaf, (list, tuple))]
        self._check_readable([str(leaf[0]) for leaf in leaves])
        return super()._where_calc(domain, active_test=active_test)

    def _check_readable(self, paths):
        """Refuse paths such as ``generic_backend_id.password``.

        Every step is looked at: what a backend delegates to is joined unasked.
        """
        for path in paths:
            model = self
            for name in path.split("."):
                field = model._fields.get(name)
                if field is None:
                    break
                model.check_field_access_rights("read", [name])
                if not field.relational:
                    break
                model = model.env[field.comodel_name]
    #% endif
    #% if series < 17

    @api.model
    def _read_group_raw(self, domain, fields, groupby, *args, **kwargs):
        """No groups of them either: before 17.0 Odoo tells their values."""
        grouped = [groupby] if isinstance(groupby, str) else list(groupby)
        self._check_readable(re.findall(r"\w+", " ".join([*(fields or []), *grouped])))
        return super()._read_group_raw(domain, fields, groupby, *args, **kwargs)
    #% endif
