# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeShipmentExportMapper(Component):
    """Values of stock.picking -> what Acme gets."""

    _name = "acme.shipment.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.stock.picking"
    # Acme owns these: they go out with new records only.
    direct_on_create = [
        (convert_back.text("carrier_tracking_ref"), "tracking.number"),
        ("origin", "reference"),
        (convert_back.datetime("scheduled_date"), "planned_at"),
    ]


class AcmeShipmentExporter(Component):
    _name = "acme.shipment.exporter"
    _inherit = ["generic.definition.exporter", "acme.component"]
    _apply_on = "acme.stock.picking"
    _version_path = "updated_at"


class AcmeShipmentBatchExporter(Component):
    _name = "acme.shipment.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.stock.picking"
