# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import changed_by, mapping
from odoo.addons.generic_connector.lib import convert_back


class AcmeProductExportMapper(Component):
    """Values of product.product -> what Acme gets."""

    _name = "acme.product.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.product.product"
    # Both sides may change these: path -> fields that an import makes of it.
    _shared = {
        "status": ["active"],
        "price": ["list_price"],
        "title": ["name"],
    }

    direct = [
        (convert_back.table("active", {"active": True, "archived": False}), "status"),
        (convert_back.decimal("list_price"), "price"),
        (convert_back.html_to_text("name"), "title"),
    ]
    # Acme owns these: they go out with new records only.
    direct_on_create = [
        (convert_back.trim("default_code"), "sku"),
        (convert_back.decimal("weight"), "weight_kg"),
    ]

    @mapping
    @changed_by("free_qty")
    def available(self, record):
        if not self.has(record, "free_qty"):
            return {}
        return self.back("available", convert_back.decimal("free_qty"), record)


class AcmeProductExporter(Component):
    _name = "acme.product.exporter"
    _inherit = ["generic.definition.exporter", "acme.component"]
    _apply_on = "acme.product.product"
    _version_path = "updated_at"
    _look_up_by = ("sku", "default_code", "sku")


class AcmeProductBatchExporter(Component):
    _name = "acme.product.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.product.product"
    _watch = [
        ("stock.quant", "product_id"),
    ]
