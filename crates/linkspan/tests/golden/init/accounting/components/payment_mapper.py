# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert
from odoo.addons.generic_connector.lib.convert import take


class AcmePaymentImportMapper(Component):
    """Payment of Acme -> values of account.payment."""

    _name = "acme.payment.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.account.payment"

    direct = [
        (convert.decimal("amount"), "amount"),
        (convert.currency("currency"), "currency_id"),
        (convert.date("paid_on"), "date"),
        (convert.plain("reference", optional=True), "memo"),
        (convert.relation("partner_id", "acme.res.partner"), "partner_id"),
    ]

    @mapping
    @only_create
    def partner_type(self, record):
        return self.put(
            "partner_type",
            take(record, "direction"),
            values={"received": "customer", "sent": "supplier"},
        )

    @mapping
    @only_create
    def payment_type(self, record):
        return self.put(
            "payment_type",
            take(record, "direction"),
            values={"received": "inbound", "sent": "outbound"},
        )
