# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib.expr import decimal


class AcmeOrderImporter(Component):
    _name = "acme.order.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.sale.order"
    _version_path = "updated_at"

    def _wanted(self, record):
        return record["status"] != "draft"

    def _follow(self, binding):
        record = self.external_record
        self._press(
            binding,
            "action_confirm",
            when=record["status"] in ("paid", "shipped"),
            done=lambda odoo, agreed: odoo["state"] in ("sale", "done", "cancel"),
        )
        self._write_again(
            binding, ["date_order"], when=record["status"] in ("paid", "shipped")
        )

    def _expected(self, record):
        return {"amount_untaxed": decimal(record["subtotal"])}


class AcmeOrderBatchImporter(Component):
    _name = "acme.order.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.sale.order"
