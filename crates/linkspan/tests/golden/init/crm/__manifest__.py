# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Acme Connector",
    "summary": "Contacts with their tags, leads and meetings of a CRM.",
    "version": "18.0.1.0.0",
    "category": "Connector",
    "author": "Example Company, Odoo Community Association (OCA)",
    "website": "https://github.com/linkspan/linkspan",
    "license": "LGPL-3",
    "depends": ["generic_connector", "calendar", "crm"],
    "data": [
        "security/security.xml",
        "security/ir.model.access.csv",
        "data/queue_job_function_data.xml",
        "data/ir_cron_data.xml",
        "data/export_action_data.xml",
        "wizards/sync_wizard_views.xml",
        "views/backend_views.xml",
        "views/binding_views.xml",
        "views/menu_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "development_status": "Beta",
}
