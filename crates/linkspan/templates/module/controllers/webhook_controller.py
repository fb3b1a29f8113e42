# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import http

from odoo.addons.generic_connector.controllers.webhook import GenericWebhookController


class {{ class }}WebhookController(GenericWebhookController):
    """The address that {{ title }} sends its webhooks to."""

    @http.route(
        "/{{ name }}/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def {{ name }}_webhook(self, token, **_params):
        """Checked over the raw bytes, stored and queued; a job does the work."""
        return self._take(token, "{{ name }}.backend")
