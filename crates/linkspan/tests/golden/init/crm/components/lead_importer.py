# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeLeadImporter(Component):
    _name = "acme.lead.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.crm.lead"
    _version_path = "updated_at"


class AcmeLeadBatchImporter(Component):
    _name = "acme.lead.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.crm.lead"
