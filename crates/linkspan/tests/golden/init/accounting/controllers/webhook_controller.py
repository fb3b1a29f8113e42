# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import http

from odoo.addons.generic_connector.controllers.webhook import GenericWebhookController


class AcmeWebhookController(GenericWebhookController):
    """The address that Acme sends its webhooks to."""

    @http.route(
        "/acme/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def acme_webhook(self, token, **_params):
        """Checked over the raw bytes, stored and queued; a job does the work."""
        return self._take(token, "acme.backend")
