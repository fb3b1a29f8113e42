# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent


class TestConnectorComponent(AbstractComponent):
    _name = "test.connector.component"
    _inherit = "generic.connector.component"
    _collection = "test.connector.backend"
