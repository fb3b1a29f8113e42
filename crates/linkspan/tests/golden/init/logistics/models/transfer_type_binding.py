# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeTransferType(models.Model):
    """Transfer Type of Acme <-> stock.picking.type."""

    _name = "acme.transfer.type"
    _description = "Acme Transfer Type"
    _inherit = "generic.binding"
    _inherits = {"stock.picking.type": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "stock.picking.type", required=True, ondelete="cascade", index=True
    )
