# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert


class AcmeContactImportMapper(Component):
    """Contact of Acme -> values of res.partner."""

    _name = "acme.contact.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.res.partner"

    direct = [
        (
            convert.relations("tags[].id", "acme.res.partner.category", optional=True),
            "category_id",
        ),
        (convert.plain("address.city", optional=True), "city"),
        (convert.country("address.country", optional=True), "country_id"),
        (convert.lower("email"), "email"),
        (convert.plain("job_title", optional=True), "function"),
        (convert.table("kind", {"company": True, "person": False}), "is_company"),
        (convert.plain("name", required=True), "name"),
        (convert.trim("phone", optional=True), "phone"),
        (convert.text("address.postcode", optional=True), "zip"),
    ]
