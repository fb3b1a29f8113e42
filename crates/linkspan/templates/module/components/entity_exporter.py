# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
#% for line in entity.export.imports
{{ line }}
#% endfor


class {{ entity.class }}ExportMapper(Component):
    #% if entity.export.left_out
    """Values of {{ entity.odoo_model }} -> what {{ title }} gets.

    Made by rules that have no way back, and not sent: {{ entity.export.left_out }}.
    """
    #% else
    """Values of {{ entity.odoo_model }} -> what {{ title }} gets."""
    #% endif

    _name = "{{ name }}.{{ entity.name }}.export.mapper"
    _inherit = ["generic.definition.export.mapper", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"

    direct = [
        #% for entry in entity.export.direct
        {{ entry }},
        #% endfor
    ]


class {{ entity.class }}Exporter(Component):
    _name = "{{ name }}.{{ entity.name }}.exporter"
    _inherit = ["generic.record.exporter", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"
    #% if entity.export.id_path != "id"
    _id_path = "{{ entity.export.id_path }}"
    #% endif
    #% if entity.export.version_path
    _version_path = "{{ entity.export.version_path }}"
    #% endif
    #% if entity.export.repeats

    def _look_up(self, data, key):
        """{{ title }} takes a repeated create for the same one: send it again."""
        return None
    #% endif


class {{ entity.class }}BatchExporter(Component):
    _name = "{{ name }}.{{ entity.name }}.batch.exporter"
    _inherit = ["generic.batch.exporter", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"
