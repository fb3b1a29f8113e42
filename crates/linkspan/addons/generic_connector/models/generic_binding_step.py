# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class GenericBinding(models.AbstractModel):
    _inherit = "generic.binding"

    sync_agreed_step = fields.Char(
        string="Agreed Step",
        readonly=True,
        copy=False,
        help="The last button whose outcome both sides showed.",
    )
