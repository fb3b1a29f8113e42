# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import hmac
from datetime import timedelta

from werkzeug.exceptions import BadRequest, Forbidden

from odoo import fields, http
from odoo.http import request

from odoo.addons.queue_job.exception import RetryableJobError

from ..lib.errors import ExternalError

# How long a user may take to allow access.
PATIENCE = timedelta(minutes=10)


class GenericOAuthController(http.Controller):
    """Where the external system sends the user back to."""

    @http.route(
        "/generic_connector/oauth/callback", type="http", auth="user", methods=["GET"]
    )
    def callback(self, state="", code="", **params):
        if not request.env.user.has_group(
            "connector_base_backend.group_connector_manager"
        ):
            raise Forbidden()
        shared = self._take_state(state)
        if not code:
            raise BadRequest(
                params.get("error_description") or params.get("error") or "no code"
            )
        leaf = shared.backend_id._leaf_backend()
        try:
            leaf.get_adapter().exchange_code(code)
        except (ExternalError, RetryableJobError) as error:
            raise BadRequest(str(error)) from error
        return request.redirect(f"/web#model={leaf._name}&id={leaf.id}&view_type=form")

    def _take_state(self, state):
        """The backend's state that this authorization began with; it is good once."""
        pending = request.env["generic.backend.state"].search(
            [
                ("oauth_state_user_id", "=", request.env.uid),
                ("oauth_state_at", ">=", fields.Datetime.now() - PATIENCE),
            ]
        )
        for shared in pending:
            known = (shared.oauth_state or "").encode()
            if state and hmac.compare_digest(known, state.encode()):
                shared.write({"oauth_state": False, "oauth_state_at": False})
                return shared
        raise BadRequest("unknown or expired state")
