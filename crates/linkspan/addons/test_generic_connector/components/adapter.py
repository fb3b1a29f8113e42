# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent, Component
from odoo.addons.generic_connector.lib import errors
from odoo.addons.generic_connector.lib.operation import Operation, Since
from odoo.addons.generic_connector.lib.paging import (
    CursorPager,
    PageNumberPager,
    WholePager,
)


class TestConnectorAdapter(Component):
    _name = "test.connector.adapter"
    _inherit = ["generic.backend.adapter", "test.connector.component"]
    _apply_on = "test.connector.backend"
    _test_endpoint = "status"


# pylint: disable=method-required-super
class TestConnectorCrudAdapter(AbstractComponent):
    _name = "test.connector.crud.adapter"
    _inherit = ["generic.backend.adapter", "test.connector.component"]

    _path = None

    def list_page(self, filters=None, cursor=None):
        params = {"since": filters["since"]} if (filters or {}).get("since") else {}
        return self.fetch_page(PageNumberPager(size=2), self._path, params, cursor)

    def read(self, external_id):
        return self.get(f"{self._path}/{external_id}")

    def create(self, data, key=None):
        return self.make_request(
            "POST", self._path, data=data, headers={"Idempotency-Key": key}
        )

    def write(self, external_id, data):
        return self.put(f"{self._path}/{external_id}", data=data)


class TestConnectorCategoryAdapter(Component):
    _name = "test.connector.category.adapter"
    _inherit = ["generic.definition.adapter", "test.connector.component"]
    _apply_on = "test.connector.category"
    _list = Operation("GET", "categories", pager=PageNumberPager(size=2))
    _read = Operation("GET", "categories/{id}")
    _create = Operation("POST", "categories", key_header="Idempotency-Key")
    _write = Operation("PUT", "categories/{id}", key_path="meta.key")


class TestConnectorPartnerAdapter(Component):
    _name = "test.connector.partner.adapter"
    _inherit = "test.connector.crud.adapter"
    _apply_on = "test.connector.partner"
    _path = "partners"


class TestConnectorDefinitionAdapter(Component):
    """An adapter as ``linkspan init`` writes them."""

    _name = "test.connector.definition.adapter"
    _inherit = ["generic.definition.adapter", "test.connector.component"]
    _apply_on = "test.connector.backend"
    _usage = "definition.adapter"
    _api_key_query = "key"
    _error_code_path = "errors[0].code"
    _error_rules = [(None, "16", errors.GoneError, "Look for it there.")]

    _read = Operation("GET", "contacts/{id}", records="Contacts")
    _create = Operation("POST", "contacts", records="Contacts")


class TestConnectorGraphqlAdapter(Component):
    """An adapter of a definition whose requests have a body."""

    _name = "test.connector.graphql.adapter"
    _inherit = ["generic.definition.adapter", "test.connector.component"]
    _apply_on = "test.connector.backend"
    _usage = "graphql.adapter"
    _error_if = "errors"
    _error_code_path = "errors[0].extensions.code"
    _error_rules = [
        (None, "THROTTLED", errors.ThrottledError, "Wait."),
        (None, "DENIED", errors.AuthError, None),
        (None, "LOCKED", errors.AmbiguousError, None),
    ]

    _list = Operation(
        "POST",
        "graphql",
        body={"query": "query($after: String) { items { id } }"},
        params_in_body=True,
        pager=CursorPager(
            records="data.items.nodes",
            param="variables.after",
            next_path="data.items.end",
            size_param="variables.first",
            size=2,
            more_path="data.items.more",
        ),
    )
    _read = Operation(
        "POST",
        "graphql",
        records="data.item",
        body={"query": "query($id: ID!) { item { id } }", "variables": {"id": "{id}"}},
    )
    _write = Operation(
        "POST",
        "graphql",
        records="data.update.item",
        wrap="variables.item",
        body={"query": "mutation { update }", "variables": {"item": {"id": "{id}"}}},
        error_if="data.update.userErrors",
    )
    _since = Since("variables.since", style="epoch_seconds")


class TestConnectorSuccessAdapter(Component):
    """An adapter whose answers say in a member whether they are errors."""

    _name = "test.connector.success.adapter"
    _inherit = ["generic.definition.adapter", "test.connector.component"]
    _apply_on = "test.connector.backend"
    _usage = "success.adapter"
    _error_if = ("success", False)
    _error_code_path = "status"
    _error_message_path = ["detail", "message"]
    _error_rules = [(None, "401", errors.AuthError, None)]
    _read = Operation("GET", "contacts/{id}", records="data")
    _write = Operation("POST", "contacts", error_if=("state", "refused"))


class TestConnectorXmlAdapter(Component):
    _name = "test.connector.xml.adapter"
    _inherit = ["generic.definition.adapter", "test.connector.component"]
    _apply_on = "test.connector.backend"
    _usage = "xml.adapter"
    _format = "xml"
    _lists = ["tag"]
    _error_code_path = "shop.error.code"
    _error_message_path = "shop.error.message"
    _error_rules = [(400, "85", errors.ConflictError, None)]
    _list = Operation("GET", "items", pager=WholePager(records="shop.items.item"))
    _read = Operation("GET", "items/{id}", records="shop.item")
    _write = Operation("PUT", "items/{id}", records="shop.item", wrap="shop.item")


class TestConnectorFormAdapter(Component):
    _name = "test.connector.form.adapter"
    _inherit = ["generic.definition.adapter", "test.connector.component"]
    _apply_on = "test.connector.backend"
    _usage = "form.adapter"
    _format = "form"
    _create = Operation("POST", "customers")
