# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json

from odoo import api, fields, models

from ..lib.errors import ERROR_CLASSES


class GenericBinding(models.AbstractModel):
    """The link between a record here and one on the other side.

    A binding model delegates to the model that it binds::

        class ShopProduct(models.Model):
            _name = "shop.product.product"
            _inherit = "generic.binding"
            _inherits = {"product.product": "odoo_id"}
            _description = "Shop Product"

            backend_id = fields.Many2one(
                "shop.backend", required=True, ondelete="restrict"
            )
            odoo_id = fields.Many2one(
                "product.product", required=True, ondelete="cascade", index=True
            )

    Names begin with ``sync_`` or ``external_`` where the bound model may have a field
    of the plain name: an order has a state of its own.
    """

    _name = "generic.binding"
    _inherit = "external.binding"
    _description = "Connector Binding"

    backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="restrict", index=True
    )
    external_id = fields.Char(
        string="External ID", index=True, copy=False, readonly=True
    )
    no_export = fields.Boolean(help="Never send this record to the external system.")
    sync_state = fields.Selection(
        [("pending", "Pending"), ("synced", "In Sync"), ("failed", "Failed")],
        default="pending",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    retry_count = fields.Integer(
        readonly=True, copy=False, help="Failures since the last success."
    )
    max_retries = fields.Integer(
        default=5, help="Attempts after which a job gives up. 0: never."
    )
    last_error = fields.Text(readonly=True, copy=False)
    last_error_class = fields.Selection(
        ERROR_CLASSES, string="Kind of Error", readonly=True, copy=False
    )
    external_version = fields.Char(
        readonly=True,
        copy=False,
        help="Time or number of the last change on the other side. An older state does "
        "not overwrite a newer one.",
    )
    payload_digest = fields.Char(
        readonly=True, copy=False, help="Fingerprint of what was imported last."
    )
    export_digest = fields.Char(
        readonly=True, copy=False, help="Fingerprint of what was exported last."
    )
    sync_base = fields.Text(
        string="Last In Step",
        readonly=True,
        copy=False,
        help="What both sides held when they were last in step: it tells who changed a "
        "value since.",
    )
    sync_agreed_step = fields.Char(
        string="Agreed Step",
        readonly=True,
        copy=False,
        help="The last button whose outcome both sides showed.",
    )

    #% if series >= 19
    _external_uniq = models.Constraint(
        "UNIQUE (backend_id, external_id)",
        "A record with this external id is already bound to this backend.",
    )
    _odoo_uniq = models.Constraint(
        "UNIQUE (backend_id, odoo_id)",
        "This record is already bound to this backend.",
    )
    #% else
    _sql_constraints = [
        (
            "external_uniq",
            "UNIQUE (backend_id, external_id)",
            "A record with this external id is already bound to this backend.",
        ),
        (
            "odoo_uniq",
            "UNIQUE (backend_id, odoo_id)",
            "This record is already bound to this backend.",
        ),
    ]
    #% endif

    @api.model
    def _find_binding(self, generic_id, external_id):
        """The binding of an external id, also if its record is archived."""
        return self.with_context(active_test=False).search(
            [
                ("backend_id.generic_backend_id", "=", generic_id),
                ("external_id", "=", str(external_id)),
            ],
            limit=1,
        )

    def _last_in_step(self):
        """Path -> what Odoo and the other side held when they were last in step."""
        self.ensure_one()
        return json.loads(self.sync_base or "{}")

    def _keep_in_step(self, base):
        """Keep what ``_last_in_step`` gives."""
        text = json.dumps(base, sort_keys=True, default=str)
        if text != self.sync_base:
            self.with_context(connector_no_export=True).write({"sync_base": text})

    def _note_failure(self, values):
        """Show a failure on the bindings.

        :param values: as ``generic.sync.failure._values_of`` gives them
        """
        for binding in self:
            binding.with_context(connector_no_export=True).write(
                {
                    "sync_state": "failed",
                    "retry_count": binding.retry_count + 1,
                    "last_error": values["message"],
                    "last_error_class": values["error_class"],
                }
            )

    def _note_success(self, values=None):
        """Show on the bindings that they are in sync.

        :param values: further fields to write: version, digests
        """
        self.with_context(connector_no_export=True).write(
            {
                "sync_state": "synced",
                "sync_date": fields.Datetime.now(),
                "retry_count": 0,
                "last_error": False,
                "last_error_class": False,
                **(values or {}),
            }
        )
