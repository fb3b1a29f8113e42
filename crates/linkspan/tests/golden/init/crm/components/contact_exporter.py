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
        "tags": ["category_id"],
        "email": ["email"],
        "job_title": ["function"],
        "name": ["name"],
        "phone": ["phone"],
    }
    # Lists of related records: path -> where an item has its id.
    _items = {
        "tags": "id",
    }

    direct = [
        (
            convert_back.relations("category_id", "acme.res.partner.category", "id"),
            "tags",
        ),
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

    def _export_dependencies(self):
        self._export_each("category_id", "acme.res.partner.category")


class AcmeContactBatchExporter(Component):
    _name = "acme.contact.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.res.partner"
