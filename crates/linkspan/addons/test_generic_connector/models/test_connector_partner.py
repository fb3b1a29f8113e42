# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class TestConnectorPartner(models.Model):
    _name = "test.connector.partner"
    _description = "Test Partner"
    _inherit = "generic.binding"
    _inherits = {"res.partner": "odoo_id"}

    backend_id = fields.Many2one(
        "test.connector.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", index=True
    )


class ResPartner(models.Model):
    _inherit = "res.partner"

    test_connector_partner_ids = fields.One2many(
        "test.connector.partner",
        "odoo_id",
        string="Test Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
