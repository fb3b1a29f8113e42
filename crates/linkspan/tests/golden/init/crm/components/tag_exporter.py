# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import Component


class AcmeTagExportMapper(Component):
    """Values of res.partner.category -> what Acme gets."""

    _name = "acme.tag.export.mapper"
    _inherit = ["generic.definition.export.mapper", "acme.component"]
    _apply_on = "acme.res.partner.category"
    # Both sides may change these: path -> fields that an import makes of it.
    _shared = {
        "name": ["name"],
    }

    direct = [
        ("name", "name"),
    ]


class AcmeTagExporter(Component):
    _name = "acme.tag.exporter"
    _inherit = ["generic.definition.exporter", "acme.component"]
    _apply_on = "acme.res.partner.category"


class AcmeTagBatchExporter(Component):
    _name = "acme.tag.batch.exporter"
    _inherit = ["generic.batch.exporter", "acme.component"]
    _apply_on = "acme.res.partner.category"
