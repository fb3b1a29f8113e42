# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component
#% for line in entity.importer_imports
{{ line }}
#% endfor


class {{ entity.class }}Importer(Component):
    #% if entity.embedded
    """Imports a {{ entity.title }} that stands inside another record."""
    #% endif

    _name = "{{ name }}.{{ entity.name }}.importer"
    _inherit = ["generic.definition.importer", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"
    #% if entity.importer.version_path
    _version_path = "{{ entity.importer.version_path }}"
    #% endif
    #% if entity.importer.version_zone
    _version_zone = "{{ entity.importer.version_zone }}"
    #% endif
    #% if entity.importer.context
    _context = {{ entity.importer.context }}
    #% endif
    #% if entity.importer.link_only
    _link_only = True
    #% endif
    #% if entity.importer.listed_as
    _listed_as = (
        #% for model in entity.importer.listed_as
        "{{ model }}",
        #% endfor
    )
    #% endif
    #% if entity.importer.matches

    def _match_domain(self, record):
        """The first of these that finds a record."""
        return self._first_match(
            #% for domain in entity.importer.matches
            {{ domain }},
            #% endfor
        )
    #% endif
    #% if entity.importer.wanted

    def _wanted(self, record):
        #% for line in entity.importer.wanted
        {{ line }}
        #% endfor
    #% endif
    #% if entity.importer.embedded_id

    def _embedded_id(self, record, parent):
        #% for line in entity.importer.embedded_id
        {{ line }}
        #% endfor
    #% endif
    #% if entity.importer.follow

    def _follow(self, binding):
        #% for line in entity.importer.follow
        {{ line }}
        #% endfor
    #% endif
    #% if entity.importer.expected

    def _expected(self, record):
        #% for line in entity.importer.expected
        {{ line }}
        #% endfor
    #% endif
#% if entity.imports


class {{ entity.class }}BatchImporter(Component):
    _name = "{{ name }}.{{ entity.name }}.batch.importer"
    _inherit = ["generic.definition.batch.importer", "{{ name }}.component"]
    _apply_on = "{{ entity.model }}"
    #% if entity.importer.id_path
    _id_path = "{{ entity.importer.id_path }}"
    #% endif
    #% if not entity.importer.incremental
    # {{ title }} cannot tell what changed: every import walks the whole list.
    _incremental = False
    #% endif
#% endif
