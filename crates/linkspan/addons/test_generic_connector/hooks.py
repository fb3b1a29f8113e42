# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

#% if series < 17
from odoo import SUPERUSER_ID, api


def uninstall_hook(cr, registry):
    """Credentials do not outlive the connector that they were for."""
    api.Environment(cr, SUPERUSER_ID, {})["test.connector.backend"]._remove_all()
#% else
def uninstall_hook(env):
    """Credentials do not outlive the connector that they were for."""
    env["test.connector.backend"]._remove_all()
#% endif
