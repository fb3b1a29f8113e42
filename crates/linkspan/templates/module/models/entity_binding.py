# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class {{ entity.class }}(models.Model):
    """{{ entity.title }} of {{ title }} <-> {{ entity.odoo_model }}."""

    _name = "{{ entity.model }}"
    _description = {{ (title ~ " " ~ entity.title) | py }}
    _inherit = "generic.binding"
    _inherits = {"{{ entity.odoo_model }}": "odoo_id"}
    #% if entity.export.delay
    _export_delay = {{ entity.export.delay }}
    #% endif

    backend_id = fields.Many2one(
        "{{ name }}.backend", required=True, ondelete="restrict", index=True
    )
    odoo_id = fields.Many2one(
        "{{ entity.odoo_model }}", required=True, ondelete="cascade", index=True
    )

