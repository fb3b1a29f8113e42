# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    acme_lead_ids = fields.One2many(
        "acme.crm.lead",
        "odoo_id",
        string="Acme Lead Bindings",
        copy=False,
        groups="connector_base_backend.group_connector_user",
    )
