# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping
from odoo.addons.generic_connector.lib import convert
from odoo.addons.generic_connector.lib.expr import join


class AcmeCustomerImportMapper(Component):
    """Customer of Acme -> values of res.partner."""

    _name = "acme.customer.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.res.partner"

    direct = [
        (convert.plain("address.city", optional=True), "city"),
        (convert.country("address.country", optional=True), "country_id"),
        (convert.lower("email"), "email"),
        (convert.trim("phone", optional=True), "phone"),
        (
            convert.state("address.state", country="address.country", optional=True),
            "state_id",
        ),
        (convert.plain("address.street", optional=True), "street"),
        (convert.text("address.postcode", optional=True), "zip"),
    ]

    @mapping
    def name(self, record):
        value = (
            join(" ", [record["first_name"], record["last_name"]]) or record["email"]
        )
        return self.put("name", value, required=True)
