# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
#% if entity.export.methods
from odoo.addons.connector.components.mapper import {{ entity.export_decorators }}
#% endif
#% for line in entity.export.imports
{{ line }}
#% endfor


class {{ entity.class }}ExportMapper(Component):
    """Values of {{ entity.odoo_model }} -> what {{ title }} gets."""

    _name = "{{ name }}.{{ entity.name }}.export.mapper"
    _inherit = ["generic.definition.export.mapper", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"
    #% if entity.export.shared
    # Both sides may change these: path -> fields that an import makes of it.
    _shared = {
        #% for path, names in entity.export.shared
        {{ path }}: {{ names }},
        #% endfor
    }
    #% endif
    #% if entity.export.compare
    # Path -> where {{ title }} has the same value.
    _compare = {
        #% for path, held in entity.export.compare
        {{ path }}: {{ held }},
        #% endfor
    }
    #% endif
    #% if entity.export.items
    # Lists of related records: path -> where an item has its id.
    _items = {
        #% for path, item in entity.export.items
        {{ path }}: {{ item }},
        #% endfor
    }
    #% endif
    #% if entity.export.related
    _related = {
        #% for relation, names in entity.export.related
        {{ relation }}: {{ names }},
        #% endfor
    }
    #% endif
    #% if entity.export.direct

    direct = [
        #% for entry in entity.export.direct
        {{ entry }},
        #% endfor
    ]
    #% endif
    #% if entity.export.on_create
    # {{ title }} owns these: they go out with new records only.
    direct_on_create = [
        #% for entry in entity.export.on_create
        {{ entry }},
        #% endfor
    ]
    #% endif
    #% for method in entity.export.methods

    @mapping
    #% if method.changed_by
    @changed_by({{ method.changed_by }})
    #% endif
    #% if method.create_only
    @only_create
    #% endif
    def {{ method.name }}(self, record):
        #% for line in method.body
        {{ line }}
        #% endfor
    #% endfor


class {{ entity.class }}Exporter(Component):
    _name = "{{ name }}.{{ entity.name }}.exporter"
    _inherit = ["generic.definition.exporter", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"
    #% if entity.export.id_path != "id"
    _id_path = "{{ entity.export.id_path }}"
    #% endif
    #% if entity.export.version_path
    _version_path = "{{ entity.export.version_path }}"
    #% endif
    #% if entity.export.look_up
    _look_up_by = {{ entity.export.look_up }}
    #% endif
    #% if entity.export.along
    _along = {{ entity.export.along }}
    #% endif
    #% if entity.export.without
    _without = {{ entity.export.without }}
    #% endif
    #% if entity.export.archive_body
    _archive_body = {{ entity.export.archive_body }}
    #% endif
    #% if entity.export.dependencies

    def _export_dependencies(self):
        #% for related in entity.export.dependencies
        #% if related.on_create
        if not self.binding.external_id:
            {{ related.call }}
        #% else
        {{ related.call }}
        #% endif
        #% endfor
    #% endif
    #% if entity.export.wanted

    def _wanted(self, odoo):
        #% for line in entity.export.wanted
        {{ line }}
        #% endfor
    #% endif
    #% if entity.export.write_as

    def _write_as(self, odoo, record):
        #% for line in entity.export.write_as
        {{ line }}
        #% endfor
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
    #% if entity.export.overlap
    _overlap = {{ entity.export.overlap }}
    #% endif
    #% if entity.export.watch
    _watch = [
        #% for model, path in entity.export.watch
        ({{ model }}, {{ path }}),
        #% endfor
    ]
    #% endif
    #% if entity.export.new_domain
    _new_domain = {{ entity.export.new_domain }}
    #% endif
