# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
from odoo.addons.generic_connector.lib.expr import decimal


class AcmeInvoiceImporter(Component):
    _name = "acme.invoice.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.account.move"
    _version_path = "modified_at"

    def _wanted(self, record):
        return record["status"] != "void"

    def _expected(self, record):
        return {"amount_untaxed": decimal(record["net_total"])}


class AcmeInvoiceBatchImporter(Component):
    _name = "acme.invoice.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.account.move"
