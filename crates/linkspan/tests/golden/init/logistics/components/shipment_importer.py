# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeShipmentImporter(Component):
    _name = "acme.shipment.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.stock.picking"
    _version_path = "updated_at"

    def _match_domain(self, record):
        """The first of these that finds a record."""
        return self._first_match(
            [("name", "=", self._match_text("reference"))],
        )


class AcmeShipmentBatchImporter(Component):
    _name = "acme.shipment.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.stock.picking"
