# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmePaymentImporter(Component):
    _name = "acme.payment.importer"
    _inherit = ["generic.definition.importer", "acme.component"]
    _apply_on = "acme.account.payment"
    _version_path = "modified_at"


class AcmePaymentBatchImporter(Component):
    _name = "acme.payment.batch.importer"
    _inherit = ["generic.definition.batch.importer", "acme.component"]
    _apply_on = "acme.account.payment"
