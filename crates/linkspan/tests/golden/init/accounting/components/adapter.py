# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent, Component
from odoo.addons.generic_connector.lib.errors import AuthError, ThrottledError
from odoo.addons.generic_connector.lib.operation import Operation, Since
from odoo.addons.generic_connector.lib.paging import CursorPager


class AcmeBaseAdapter(AbstractComponent):
    """What holds for every request to Acme."""

    _name = "acme.base.adapter"
    _inherit = ["generic.definition.adapter", "acme.component"]
    _error_code_path = "error.code"
    _error_message_path = "error.message"
    _error_rules = [
        (401, None, AuthError, ("Check the API token.")),
        (None, "rate_limited", ThrottledError, None),
    ]
    _verify = Operation("GET", "company")


class AcmeAdapter(Component):
    """Adapter of the backend itself; it tests the connection."""

    _name = "acme.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.backend"


class AcmePartnerAdapter(Component):
    _name = "acme.partner.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.res.partner"
    _list = Operation(
        "GET",
        "partners",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "partners/{id}", records="data")
    _create = Operation("POST", "partners", records="data")
    _write = Operation("PUT", "partners/{id}", records="data")
    _since = Since("modified_since", "iso8601")


class AcmeInvoiceAdapter(Component):
    _name = "acme.invoice.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.account.move"
    _list = Operation(
        "GET",
        "invoices",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "invoices/{id}", records="data")
    _since = Since("modified_since", "iso8601")


class AcmePaymentAdapter(Component):
    _name = "acme.payment.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.account.payment"
    _list = Operation(
        "GET",
        "payments",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "payments/{id}", records="data")
    _since = Since("modified_since", "iso8601")
