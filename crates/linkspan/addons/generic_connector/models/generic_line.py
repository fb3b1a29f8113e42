# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class GenericLine(models.AbstractModel):
    """Line of a record whose lines come from outside.

    A connector adds it to the model of the lines::

        class SaleOrderLine(models.Model):
            _name = "sale.order.line"
            _inherit = ["sale.order.line", "generic.line"]
    """

    _name = "generic.line"
    _description = "Line with an External Key"

    connector_line_key = fields.Char(
        copy=False,
        readonly=True,
        index=True,
        help="Backend and id of the line on the other side. Empty: added by a person.",
    )
