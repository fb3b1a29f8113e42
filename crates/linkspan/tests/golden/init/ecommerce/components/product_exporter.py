# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeProductExportMapper(Component):
    """Values of product.product -> what Acme gets.

    Made by rules that have no way back, and not sent: sale_ok.
    """

    _name = "acme.product.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.product.product"

    direct = [
        (convert_back.table("active", {"active": True, "archived": False}), "status"),
        (convert_back.trim("default_code"), "sku"),
        (convert_back.decimal("list_price"), "price"),
        (convert_back.html_to_text("name"), "title"),
        (convert_back.decimal("weight"), "weight_kg"),
    ]


class AcmeProductExporter(Component):
    _name = "acme.product.exporter"
    _inherit = ["generic.record.exporter", "acme.component"]
    _apply_on = "acme.product.product"
    _version_path = "updated_at"


class AcmeProductBatchExporter(Component):
    _name = "acme.product.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.product.product"
