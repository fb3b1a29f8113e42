# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert


class AcmeRecipientImportMapper(Component):
    """Recipient of Acme -> values of res.partner."""

    _name = "acme.recipient.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.recipient"

    direct = [
        (convert.plain("city", optional=True), "city"),
        (convert.country("country", optional=True), "country_id"),
        (convert.plain("name", required=True), "name"),
        (convert.plain("street", optional=True), "street"),
    ]

    @mapping
    @only_create
    def type(self, record):
        return {"type": "delivery"}
