# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class SaleOrderLine(models.Model):
    """Keeps the key of a line on the other side, so that a repeat updates it."""

    _name = "sale.order.line"
    _inherit = ["sale.order.line", "generic.line"]
