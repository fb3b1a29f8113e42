# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert
from odoo.addons.generic_connector.lib.convert import take


class AcmeInvoiceImportMapper(Component):
    """Invoice of Acme -> values of account.move."""

    _name = "acme.invoice.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.account.move"

    direct = [
        (convert.currency("currency"), "currency_id"),
        (convert.date("issued_on"), "invoice_date"),
        (convert.date("due_on", optional=True), "invoice_date_due"),
        (convert.relation("partner_id", "acme.res.partner"), "partner_id"),
        ("number", "ref"),
    ]

    @mapping
    def invoice_line_ids(self, record):
        lines = [("invoice.invoice_line_ids", take(record, "lines"))]
        return self.lines("invoice_line_ids", lines, removed={})

    @mapping
    @only_create
    def move_type(self, record):
        return self.put(
            "move_type",
            take(record, "kind"),
            values={
                "bill": "in_invoice",
                "credit_note": "out_refund",
                "invoice": "out_invoice",
            },
        )


class AcmeInvoiceInvoiceLineIdsMapper(Component):
    """A line -> values of account.move.line."""

    _name = "acme.invoice.invoice_line_ids.mapper"
    _inherit = ["generic.definition.line.mapper", "acme.component"]
    _apply_on = "account.move.line"
    _usage = "invoice.invoice_line_ids"

    direct = [
        ("text", "name"),
        (convert.decimal("net_price"), "price_unit"),
        (convert.decimal("quantity"), "quantity"),
    ]

    @mapping
    def tax_ids(self, line):
        return self.put("tax_ids", None)
