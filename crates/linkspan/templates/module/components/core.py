# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent


class {{ class }}Component(AbstractComponent):
    """Base of all components that work for {{ title }}."""

    _name = "{{ name }}.component"
    _inherit = "generic.connector.component"
    _collection = "{{ name }}.backend"
