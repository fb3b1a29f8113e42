# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def uninstall_hook(env):
    """Credentials do not outlive the connector that they were for."""
    env["acme.backend"]._remove_all()
