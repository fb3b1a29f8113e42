# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeItemExportMapper(Component):
    """Values of product.product -> what Acme gets."""

    _name = "acme.item.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.product.product"
    # Both sides may change these: path -> fields that an import makes of it.
    _shared = {
        "barcode": ["barcode"],
        "description": ["name"],
    }

    direct = [
        (convert_back.trim("barcode"), "barcode"),
        ("name", "description"),
    ]
    # Acme owns these: they go out with new records only.
    direct_on_create = [
        (convert_back.trim("default_code"), "sku"),
    ]


class AcmeItemExporter(Component):
    _name = "acme.item.exporter"
    _inherit = ["generic.definition.exporter", "acme.component"]
    _apply_on = "acme.product.product"
    _version_path = "updated_at"


class AcmeItemBatchExporter(Component):
    _name = "acme.item.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.product.product"
