# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert
from odoo.addons.generic_connector.lib.convert import take


class AcmeShipmentImportMapper(Component):
    """Shipment of Acme -> values of stock.picking."""

    _name = "acme.shipment.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.stock.picking"

    direct = [
        (convert.text("tracking.number", optional=True), "carrier_tracking_ref"),
        ("reference", "origin"),
        (convert.datetime("planned_at"), "scheduled_date"),
    ]

    @mapping
    @only_create
    def partner_id(self, record):
        return self.embed("partner_id", take(record, "recipient"), "acme.recipient")

    @mapping
    @only_create
    def picking_type_id(self, record):
        return self.embed(
            "picking_type_id",
            {"code": "OUT" if record["direction"] == "outbound" else "IN"},
            "acme.transfer.type",
        )
