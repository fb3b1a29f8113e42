# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager

from odoo import api, models

from ..lib.convert import ABSENT, take


class GenericBackendMixin(models.AbstractModel):
    """What backends of connectors made from a definition say about themselves."""

    _inherit = "generic.backend.mixin"

    @contextmanager
    def work_on(self, model_name, **kwargs):
        # Records that are being imported, so that those that refer to each other in a
        # circle are noticed.
        kwargs.setdefault("in_progress", set())
        with super().work_on(model_name, **kwargs) as work:
            yield work

    @api.model
    def _backend_defaults(self):
        """Values that fit this external system: authentication, limits, webhooks."""
        return {}

    @api.model
    def _setting_names(self):
        """Fields of the backend that expressions see as ``settings``."""
        return []

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        for name, value in self._backend_defaults().items():
            if name in fields_list and f"default_{name}" not in self.env.context:
                values[name] = value
        return values

    @api.constrains(lambda self: self._setting_names())
    def _check_settings(self):
        for backend in self:
            backend.generic_backend_id._check_address(backend.base_url)

    def _settings(self):
        """Name -> value; None for an empty one."""
        self.ensure_one()
        # A setting may be a user name, which only managers read.
        backend = self.sudo()
        return {
            name: None if backend._is_empty(name) else backend[name]
            for name in self._setting_names()
        }

    def _is_empty(self, name):
        return self._fields[name].type == "char" and not self[name]

    def _import_from_webhook(self, webhook, binding_model, id_path):
        """Queue the import of the record that a webhook names.

        The record itself is read again: a webhook is a hint, not the truth.
        """
        external_id = take(webhook.payload_json(), id_path)
        if external_id is ABSENT or external_id is None or external_id == "":
            # Another attempt would find the same.
            webhook.mark_as_failed(
                f"The webhook has no {id_path}. Its payload may tell why: a record that "
                "was deleted before it could be told has none."
            )
            return
        self.env[binding_model]._delay_import(self, external_id)
