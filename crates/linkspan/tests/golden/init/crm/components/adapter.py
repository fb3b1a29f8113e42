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
    _verify = Operation("GET", "me")


class AcmeAdapter(Component):
    """Adapter of the backend itself; it tests the connection."""

    _name = "acme.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.backend"


class AcmeTagAdapter(Component):
    _name = "acme.tag.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.res.partner.category"
    _list = Operation(
        "GET",
        "tags",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "tags/{id}", records="data")
    _create = Operation("POST", "tags", records="data")
    _write = Operation("PATCH", "tags/{id}", records="data")


class AcmeContactAdapter(Component):
    _name = "acme.contact.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.res.partner"
    _list = Operation(
        "GET",
        "contacts",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "contacts/{id}", records="data")
    _create = Operation("POST", "contacts", records="data")
    _write = Operation("PATCH", "contacts/{id}", records="data")
    _since = Since("updated_since", "iso8601")


class AcmeLeadAdapter(Component):
    _name = "acme.lead.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.crm.lead"
    _list = Operation(
        "GET",
        "leads",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "leads/{id}", records="data")
    _create = Operation("POST", "leads", records="data")
    _write = Operation("PATCH", "leads/{id}", records="data")
    _since = Since("updated_since", "iso8601")


class AcmeMeetingAdapter(Component):
    _name = "acme.meeting.adapter"
    _inherit = "acme.base.adapter"
    _apply_on = "acme.calendar.event"
    _list = Operation(
        "GET",
        "meetings",
        pager=CursorPager(
            records="data",
            param="cursor",
            next_path="meta.next_cursor",
            size_param="limit",
            size=100,
        ),
    )
    _read = Operation("GET", "meetings/{id}", records="data")
    _since = Since("updated_since", "iso8601")
