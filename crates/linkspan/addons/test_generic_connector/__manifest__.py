# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

{
    "name": "Test Generic Connector",
    "summary": "A small connector that exercises the framework in its tests",
    "version": "{{ odoo }}.1.0.0",
    "category": "Hidden/Tests",
    "author": "Linkspan",
    "website": "https://github.com/linkspan/linkspan",
    "license": "LGPL-3",
    "depends": ["generic_connector"],
    "data": [
        "security/test_connector_security.xml",
        "security/ir.model.access.csv",
        "data/queue_job_function_data.xml",
        "views/test_connector_backend_views.xml",
        "views/test_connector_partner_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "development_status": "Beta",
}
