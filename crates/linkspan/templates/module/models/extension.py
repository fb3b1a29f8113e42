# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if extension.bindings
from odoo import fields, models
#% else
from odoo import models
#% endif


class {{ extension.class }}(models.Model):
    #% if extension.is_line
    """Keeps the key of a line on the other side, so that a repeat updates it."""

    _name = "{{ extension.model }}"
    _inherit = ["{{ extension.model }}", "generic.line"]
    #% else
    _inherit = "{{ extension.model }}"
    #% endif
    #% for entity in extension.bindings

    {{ name }}_{{ entity.name }}_ids = fields.One2many(
        "{{ entity.model }}",
        "odoo_id",
        string={{ (title ~ " " ~ entity.title ~ " Bindings") | py }},
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
    #% endfor
