# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class TestConnectorPartnerListener(Component):
    _name = "test.connector.partner.listener"
    _inherit = "generic.export.listener"
    _apply_on = "res.partner"
    _bindings_field = "test_connector_partner_ids"
