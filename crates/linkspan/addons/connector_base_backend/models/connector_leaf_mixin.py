# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series >= 18
from odoo import models
#% else
from odoo import _, models
#% endif
from odoo.exceptions import UserError


class ConnectorLeafMixin(models.AbstractModel):
    """Finds the concrete backend below a level of the delegation chain.

    A connector has one backend model of its own, which delegates to
    generic.backend, which delegates to connector.base.backend. Methods are not
    delegated, so a call on an upper level has to reach the record at the end of
    the chain: the leaf.
    """

    _name = "connector.leaf.mixin"
    _inherit = "connector.secret.mixin"
    _description = "Level of a Connector Backend"

    def _leaf_backend(self):
        """The record of the connector's own model that delegates to this one.

        Walks down level by level; without a level below, this record is it.
        """
        self.ensure_one()
        for model_name in sorted(self._inherits_children):
            model = self.env[model_name].with_context(active_test=False)
            link = model._inherits[self._name]
            child = model.search([(link, "=", self.id)], limit=1)
            if child:
                return child.with_env(self.env)._leaf_backend()
        return self

    def _implements_export(self, model_name):
        """Whether records of the model can be exported to this backend."""
        return hasattr(self._leaf_backend(), self._export_method_name(model_name))

    def _export_method_name(self, model_name):
        return "export_{}".format(model_name.replace(".", "_"))

    def export_records(self, model_name, record_ids):
        """Call ``export_<model>`` of the concrete backend.

        :param model_name: name of an Odoo model, for instance product.product
        :param record_ids: ids of the records to export
        :return: an action, usually a notification
        """
        self.ensure_one()
        leaf = self._leaf_backend()
        method = getattr(leaf, self._export_method_name(model_name), None)
        if method is None:
            raise UserError(
                {{ t }}(
                    "%(backend)s does not export records of %(model)s.",
                    backend=self.display_name,
                    model=model_name,
                )
            )
        return method(record_ids)

    def _build_notification(self, title, message, notification_type="info"):
        """An action that shows a message and closes the wizard it came from.

        :param notification_type: info, success, warning or danger
        """
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": title,
                "message": message,
                "type": notification_type,
                "sticky": notification_type in ("warning", "danger"),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
