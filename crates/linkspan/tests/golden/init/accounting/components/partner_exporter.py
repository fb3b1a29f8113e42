# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmePartnerExportMapper(Component):
    """Values of res.partner -> what Acme gets."""

    _name = "acme.partner.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.res.partner"
    # Both sides may change these: path -> fields that an import makes of it.
    _shared = {
        "address.city": ["city"],
        "address.country": ["country_id"],
        "email": ["email"],
        "name": ["name"],
        "address.street": ["street"],
        "vat": ["vat"],
    }

    direct = [
        ("city", "address.city"),
        (convert_back.country("country_id"), "address.country"),
        (convert_back.lower("email"), "email"),
        ("name", "name"),
        ("street", "address.street"),
        (convert_back.upper("vat"), "vat"),
    ]
    # Acme owns these: they go out with new records only.
    direct_on_create = [
        (convert_back.text("ref"), "code"),
    ]


class AcmePartnerExporter(Component):
    _name = "acme.partner.exporter"
    _inherit = ["generic.definition.exporter", "acme.component"]
    _apply_on = "acme.res.partner"
    _version_path = "modified_at"


class AcmePartnerBatchExporter(Component):
    _name = "acme.partner.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.res.partner"
