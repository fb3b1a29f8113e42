# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class {{ class }}Binder(Component):
    _name = "{{ name }}.binder"
    _inherit = ["generic.binder", "{{ name }}.component"]
    _apply_on = [
        #% for entity in entities
        "{{ entity.model }}",
        #% endfor
    ]
