# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.connector.components.mapper import mapping, only_create
from odoo.addons.generic_connector.lib import convert
from odoo.addons.generic_connector.lib.expr import decimal


class AcmeLeadImportMapper(Component):
    """Lead of Acme -> values of crm.lead."""

    _name = "acme.lead.import.mapper"
    _inherit = ["generic.definition.import.mapper", "acme.component"]
    _apply_on = "acme.crm.lead"

    direct = [
        (convert.date("expected_close", optional=True), "date_deadline"),
        (convert.plain("note", optional=True), "description"),
        (convert.decimal("value"), "expected_revenue"),
        (convert.plain("title", required=True), "name"),
        (convert.relation("contact_id", "acme.res.partner", null="skip"), "partner_id"),
    ]

    @mapping
    def priority(self, record):
        value = "2" if decimal(record["value"] or "0") >= 10000 else "1"
        return self.put("priority", value)

    @mapping
    @only_create
    def type(self, record):
        value = "lead" if record["stage"] == "new" else "opportunity"
        return self.put("type", value)
