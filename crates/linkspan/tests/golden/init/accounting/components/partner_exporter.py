# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmePartnerExportMapper(Component):
    """Values of res.partner -> what Acme gets.

    Made by rules that have no way back, and not sent: is_company.
    """

    _name = "acme.partner.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.res.partner"

    direct = [
        ("city", "address.city"),
        (convert_back.country("country_id"), "address.country"),
        (convert_back.lower("email"), "email"),
        ("name", "name"),
        (convert_back.text("ref"), "code"),
        ("street", "address.street"),
        (convert_back.upper("vat"), "vat"),
    ]


class AcmePartnerExporter(Component):
    _name = "acme.partner.exporter"
    _inherit = ["generic.record.exporter", "acme.component"]
    _apply_on = "acme.res.partner"
    _version_path = "modified_at"


class AcmePartnerBatchExporter(Component):
    _name = "acme.partner.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.res.partner"
