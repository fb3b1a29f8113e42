# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib.convert import take


class AcmeTransferTypeImportMapper(Component):
    """Transfer Type of Acme -> values of stock.picking.type."""

    _name = "acme.transfer_type.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.transfer.type"

    @mapping
    @only_create
    def code(self, record):
        return {"code": "outgoing"}

    @mapping
    @only_create
    def name(self, record):
        return self.put("name", "Transfers " + record["code"])

    @mapping
    @only_create
    def sequence_code(self, record):
        return self.put("sequence_code", take(record, "code"))
