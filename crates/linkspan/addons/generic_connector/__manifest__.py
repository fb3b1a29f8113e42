# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

{
    "name": "Generic Connector",
    "summary": "Base of connectors: adapter, bindings, importers, exporters, webhooks",
    "version": "{{ odoo }}.1.0.0",
    "category": "Connector",
    "author": "Linkspan",
    "website": "https://github.com/linkspan/linkspan",
    "license": "LGPL-3",
    "depends": ["connector_base_backend"],
    "external_dependencies": {"python": ["requests", "cryptography", "lxml"]},
    "data": [
        "security/generic_connector_security.xml",
        "security/ir.model.access.csv",
        "data/queue_job_channel_data.xml",
        "data/queue_job_function_data.xml",
        "data/ir_cron_data.xml",
        "wizards/connector_sync_wizard_views.xml",
        "views/generic_backend_views.xml",
        "views/generic_webhook_views.xml",
        "views/generic_sync_failure_views.xml",
        "views/generic_export_intent_views.xml",
        "views/generic_checkpoint_views.xml",
        "views/connector_menus.xml",
    ],
    "development_status": "Beta",
}
