# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert_back


class AcmeContactExportMapper(Component):
    """Values of res.partner -> what Acme gets."""

    _name = "acme.contact.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.res.partner"
    # Both sides may change these: path -> fields that an import makes of it.
    _shared = {
        "email": ["email"],
        "job_title": ["function"],
        "name": ["name"],
        "phone": ["phone"],
    }

    direct = [
        (convert_back.lower("email"), "email"),
        ("function", "job_title"),
        ("name", "name"),
        (convert_back.trim("phone"), "phone"),
    ]
    # Acme owns these: they go out with new records only.
    direct_on_create = [
        ("city", "address.city"),
        (convert_back.country("country_id"), "address.country"),
        (convert_back.table("is_company", {"company": True, "person": False}), "kind"),
        (convert_back.text("zip"), "address.postcode"),
    ]


class AcmeContactExporter(Component):
    _name = "acme.contact.exporter"
    _inherit = ["generic.definition.exporter", "acme.component"]
    _apply_on = "acme.res.partner"
    _version_path = "updated_at"


class AcmeContactBatchExporter(Component):
    _name = "acme.contact.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.res.partner"
