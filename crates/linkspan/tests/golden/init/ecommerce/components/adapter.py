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
    _verify = Operation("GET", "shop")


class AcmeAdapter(Component):
    """Adapter of the backend itself; it tests the connection."""

    _name = "acme.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.backend"


class AcmeCustomerAdapter(Component):
    _name = "acme.customer.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.res.partner"
    _list = Operation(
        "GET",
        "customers",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "customers/{id}", records="data")
    _since = Since("updated_since", "iso8601")


class AcmeProductAdapter(Component):
    _name = "acme.product.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.product.product"
    _list = Operation(
        "GET",
        "products",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "products/{id}", records="data")
    _create = Operation("POST", "products", records="data")
    _write = Operation("PATCH", "products/{id}", records="data")
    _look_up = _list
    _since = Since("updated_since", "iso8601")


class AcmeOrderAdapter(Component):
    _name = "acme.order.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.sale.order"
    _list = Operation(
        "GET",
        "orders",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "orders/{id}", records="data")
    _since = Since("updated_since", "iso8601")
