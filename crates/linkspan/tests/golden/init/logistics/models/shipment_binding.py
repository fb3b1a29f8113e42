# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class AcmeShipment(models.Model):
    """Shipment of Acme <-> stock.picking."""

    _name = "acme.stock.picking"
    _description = "Acme Shipment"
    _inherit = "generic.binding"
    _inherits = {"stock.picking": "odoo_id"}

    backend_id = fields.Many2one(
        "acme.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "stock.picking", required=True, ondelete="cascade", index=True
    )
