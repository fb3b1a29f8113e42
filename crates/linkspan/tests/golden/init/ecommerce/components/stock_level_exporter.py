# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeStockLevelExportMapper(Component):
    """Values of product.product -> what Acme gets."""

    _name = "acme.stock_level.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.stock.level"

    direct = [
        ("default_code", "sku"),
        (convert_back.decimal("free_qty"), "available"),
    ]


class AcmeStockLevelExporter(Component):
    _name = "acme.stock_level.exporter"
    _inherit = ["generic.record.exporter", "acme.component"]
    _apply_on = "acme.stock.level"

    def _look_up(self, data, key):
        """Acme takes a repeated create for the same one: send it again."""
        return None


class AcmeStockLevelBatchExporter(Component):
    _name = "acme.stock_level.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.stock.level"
