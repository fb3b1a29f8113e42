# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeBinder(Component):
    _name = "acme.binder"
    _inherit = ["generic.binder", "acme.component"]
    _apply_on = [
        "acme.res.partner.category",
        "acme.res.partner",
        "acme.crm.lead",
        "acme.calendar.event",
    ]
