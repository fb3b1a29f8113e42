# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent


class AcmeComponent(AbstractComponent):
    """Base of all components that work for Acme."""

    _name = "acme.component"
    _inherit = "generic.connector.component"
    _collection = "acme.backend"
