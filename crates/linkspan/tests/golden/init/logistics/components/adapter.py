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
    _verify = Operation("GET", "account")


class AcmeAdapter(Component):
    """Adapter of the backend itself; it tests the connection."""

    _name = "acme.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.backend"


class AcmeItemAdapter(Component):
    _name = "acme.item.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.product.product"
    _list = Operation(
        "GET",
        "items",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "items/{id}", records="data")
    _create = Operation("POST", "items", records="data")
    _write = Operation("PUT", "items/{id}", records="data")
    _since = Since("updated_since", "iso8601")


class AcmeShipmentAdapter(Component):
    _name = "acme.shipment.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.stock.picking"
    _list = Operation(
        "GET",
        "shipments",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "shipments/{id}", records="data")
    _create = Operation("POST", "shipments", records="data")
    _since = Since("updated_since", "iso8601")
