# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert
from odoo.addons.generic_connector.lib.expr import decimal


class AcmeItemImportMapper(Component):
    """Item of Acme -> values of product.product."""

    _name = "acme.item.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.product.product"

    direct = [
        (convert.trim("barcode", optional=True), "barcode"),
        (convert.trim("sku"), "default_code"),
        (convert.plain("description", required=True), "name"),
    ]

    @mapping
    @only_create
    def is_storable(self, record):
        return {"is_storable": True}

    @mapping
    def weight(self, record):
        value = decimal(record["weight_g"]) / 1000 if record["weight_g"] else None
        return self.put("weight", value, null="skip")
