# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class TestConnectorBinder(Component):
    _name = "test.connector.binder"
    _inherit = ["generic.binder", "test.connector.component"]
    _apply_on = ["test.connector.category", "test.connector.partner"]
