# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping
from odoo.addons.generic_connector.lib import convert, convert_back


class TestConnectorCategoryMapper(Component):
    _name = "test.connector.category.import.mapper"
    _inherit = ["generic.definition.import.mapper", "test.connector.component"]
    _apply_on = "test.connector.category"

    direct = [
        ("name", "name"),
        (
            convert.relations("members[].id", "test.connector.partner", optional=True),
            "partner_ids",
        ),
    ]


class TestConnectorPartnerMapper(Component):
    _name = "test.connector.partner.import.mapper"
    _inherit = ["generic.import.mapper", "test.connector.component"]
    _apply_on = "test.connector.partner"

    direct = [("name", "name"), ("email", "email")]
    children = [("accounts", "bank_ids", "res.partner.bank")]

    @mapping
    def category_id(self, record):
        if not record.get("category"):
            return {}
        binder = self.binder_for("test.connector.category")
        category = binder.to_internal(record["category"], unwrap=True)
        return {"category_id": [(6, 0, category.ids)]}


class TestConnectorBankMapper(Component):
    _name = "test.connector.bank.import.mapper"
    _inherit = ["generic.import.mapper", "test.connector.component"]
    _apply_on = "res.partner.bank"

    direct = [("number", "acc_number")]


class TestConnectorPartnerExportMapper(Component):
    _name = "test.connector.partner.export.mapper"
    _inherit = ["generic.export.mapper", "test.connector.component"]
    _apply_on = "test.connector.partner"

    direct = [("name", "name"), ("email", "email")]


class TestConnectorCategoryExportMapper(Component):
    _name = "test.connector.category.export.mapper"
    _inherit = ["generic.definition.export.mapper", "test.connector.component"]
    _apply_on = "test.connector.category"
    _shared = {"name": ["name"]}

    direct = [("name", "name"), (convert_back.plain("color"), "color")]
