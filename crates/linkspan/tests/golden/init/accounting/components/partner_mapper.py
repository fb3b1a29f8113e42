# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert


class AcmePartnerImportMapper(Component):
    """Partner of Acme -> values of res.partner."""

    _name = "acme.partner.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.res.partner"

    direct = [
        (convert.plain("address.city", optional=True), "city"),
        (convert.country("address.country", optional=True), "country_id"),
        (convert.lower("email", optional=True), "email"),
        (convert.plain("name", required=True), "name"),
        (convert.text("code"), "ref"),
        (convert.plain("address.street", optional=True), "street"),
        (convert.upper("vat", optional=True), "vat"),
    ]

    @mapping
    @only_create
    def is_company(self, record):
        return {"is_company": True}
