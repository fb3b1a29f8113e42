# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": {{ (title ~ " Connector") | py }},
    "summary": {{ summary | py }},
    "version": "{{ odoo }}.1.0.0",
    "category": "Connector",
    "author": {{ author | py }},
    "website": "https://github.com/linkspan/linkspan",
    "license": "LGPL-3",
    "depends": {{ depends }},
    "data": [
        "security/security.xml",
        "security/ir.model.access.csv",
        "data/queue_job_function_data.xml",
        "data/ir_cron_data.xml",
        #% if has_exports
        "data/export_action_data.xml",
        #% endif
        #% if has_imports
        "wizards/sync_wizard_views.xml",
        #% endif
        "views/backend_views.xml",
        "views/binding_views.xml",
        "views/menu_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "development_status": "Beta",
}
