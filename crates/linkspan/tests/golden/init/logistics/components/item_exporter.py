# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeItemExportMapper(Component):
    """Values of product.product -> what Acme gets.

    Made by rules that have no way back, and not sent: is_storable, weight.
    """

    _name = "acme.item.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.product.product"

    direct = [
        (convert_back.trim("barcode"), "barcode"),
        (convert_back.trim("default_code"), "sku"),
        ("name", "description"),
    ]


class AcmeItemExporter(Component):
    _name = "acme.item.exporter"
    _inherit = ["generic.record.exporter", "acme.component"]
    _apply_on = "acme.product.product"
    _version_path = "updated_at"


class AcmeItemBatchExporter(Component):
    _name = "acme.item.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.product.product"
