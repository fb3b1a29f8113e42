# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class TestConnectorCategory(models.Model):
    _name = "test.connector.category"
    _description = "Test Category"
    _inherit = "generic.binding"
    _inherits = {"res.partner.category": "odoo_id"}

    backend_id = fields.Many2one(
        "test.connector.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "res.partner.category", required=True, ondelete="cascade", index=True
    )
