# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class ResPartnerBank(models.Model):
    """Lines of a partner, to have some without depending on sale."""

    _name = "res.partner.bank"
    _inherit = ["res.partner.bank", "generic.line"]
