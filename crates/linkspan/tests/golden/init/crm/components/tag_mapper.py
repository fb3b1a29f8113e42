# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib import convert


class AcmeTagImportMapper(Component):
    """Tag of Acme -> values of res.partner.category."""

    _name = "acme.tag.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.res.partner.category"

    direct = [
        (convert.plain("name", required=True), "name"),
    ]
