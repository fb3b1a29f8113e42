# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import {{ adapter_bases }}
#% for line in adapter_imports
{{ line }}
#% endfor


#% if adapters
class {{ class }}BaseAdapter(AbstractComponent):
    """What holds for every request to {{ title }}."""

    _name = "{{ name }}.base.adapter"
    _inherit = ["generic.definition.adapter", "{{ name }}.component"]
    #% for attribute in backend.adapter
    {{ attribute[0] }} = {{ attribute[1] }}
    #% endfor


class {{ class }}Adapter(Component):
    """Adapter of the backend itself; it tests the connection."""

    _name = "{{ name }}.adapter"
    _inherit = "{{ name }}.base.adapter"
    _apply_on = "{{ name }}.backend"
#% endif
#% for entity in adapters


class {{ entity.class }}Adapter(Component):
    _name = "{{ name }}.{{ entity.name }}.adapter"
    _inherit = "{{ name }}.base.adapter"
    _apply_on = "{{ entity.model }}"
    #% for attribute in entity.adapter.attributes
    {{ attribute[0] }} = {{ attribute[1] }}
    #% endfor
#% endfor
