# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Connector Base Backend",
    "summary": "What all connector backends share: name, company, export wizard",
    "version": "{{ odoo }}.1.0.0",
    "category": "Connector",
    "author": "Linkspan",
    "website": "https://github.com/linkspan/linkspan",
    "license": "LGPL-3",
    "depends": ["connector"],
    "data": [
        "security/connector_security.xml",
        "security/ir.model.access.csv",
        "wizards/connector_export_wizard_views.xml",
        "views/connector_base_backend_views.xml",
        "views/connector_menus.xml",
    ],
    "development_status": "Beta",
}
