# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% macro body(mapper)
    #% if mapper.direct

    direct = [
        #% for entry in mapper.direct
        {{ entry }},
        #% endfor
    ]
    #% endif
    #% for method in mapper.methods

    #% if not method.helper
    @mapping
    #% endif
    #% if method.create_only
    @only_create
    #% endif
    def {{ method.name }}(self, {{ method.argument }}):
        #% for line in method.body
        {{ line }}
        #% endfor
    #% endfor
#% endmacro
from odoo.addons.component.core import Component
#% if entity.mapper_decorators
from odoo.addons.connector.components.mapper import {{ entity.mapper_decorators }}
#% endif
#% for line in entity.mapper_imports
{{ line }}
#% endfor


class {{ entity.class }}ImportMapper(Component):
    """{{ entity.title }} of {{ title }} -> values of {{ entity.odoo_model }}."""

    _name = "{{ name }}.{{ entity.name }}.import.mapper"
    _inherit = ["generic.definition.import.mapper", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"
{{ body(entity.mapper) }}
#% for line in entity.lines


class {{ line.class }}Mapper(Component):
    """A {{ line.title }} -> values of {{ line.model }}."""

    _name = "{{ line.component }}"
    _inherit = ["generic.definition.line.mapper", "{{ name }}.component"]
    _apply_on = "{{ line.model }}"
    _usage = "{{ line.usage }}"
    #% if line.key_path != "id"
    _key_path = "{{ line.key_path }}"
    #% endif
    #% if line.key_prefix
    _key_prefix = "{{ line.key_prefix }}"
    #% endif
{{ body(line.mapper) }}
#% endfor
