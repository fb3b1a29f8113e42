# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class AcmeBackend(models.Model):
    """One Acme: its address, its credentials, what is synchronized."""

    _name = "acme.backend"
    _description = "Acme Backend"
    _inherit = "generic.backend.mixin"
    _inherits = {"generic.backend": "generic_backend_id"}

    generic_backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )
    api_url = fields.Char(
        string="API address",
        required=True,
        help="Such as https://api.example.com; without the version.",
    )
    base_url = fields.Char(compute="_compute_base_url")

    @api.depends("api_url")
    def _compute_base_url(self):
        for backend in self:
            backend.base_url = f"{(backend.api_url or '').rstrip('/')}/v1"

    @api.model
    def _backend_defaults(self):
        return {
            **super()._backend_defaults(),
            "auth_kind": "bearer",
            "overlap": 300,
            "rate_burst": 10,
            "rate_limit": 5,
            "rate_period": 1.0,
            "timeout": 30,
            "webhook_delivery_header": "X-Delivery-Id",
            "webhook_encoding": "hex",
            "webhook_header": "X-Signature",
            "webhook_kind": "hmac_sha256",
            "webhook_topic_header": "X-Topic",
        }

    @api.model
    def _setting_names(self):
        return super()._setting_names() + ["api_url"]

    # -- imports: what others refer to comes first -------------------------------------

    @api.model
    def _sync_entities(self):
        return super()._sync_entities() + ["items", "shipments"]

    def sync_items(self):
        return self._run_sync("items")

    def _sync_items_implementation(self):
        with self.work_on("acme.product.product") as work:
            return work.component(usage="batch.importer").run()

    def sync_shipments(self):
        return self._run_sync("shipments")

    def _sync_shipments_implementation(self):
        with self.work_on("acme.stock.picking") as work:
            return work.component(usage="batch.importer").run()

    # -- exports: what others refer to comes first -------------------------------------

    @api.model
    def _export_models(self):
        return super()._export_models() + ["acme.product.product", "acme.stock.picking"]

    def export_product_product(self, record_ids):
        return self._export_to_bindings("acme.product.product", record_ids)

    def export_stock_picking(self, record_ids):
        return self._export_to_bindings("acme.stock.picking", record_ids)

    # -- webhooks ----------------------------------------------------------------------

    def _webhook_path(self):
        return "/acme/webhook"

    @api.model
    def _webhook_handlers(self):
        return {
            **super()._webhook_handlers(),
            "item.updated": "_on_item",
            "shipment.updated": "_on_shipment",
        }

    def _on_item(self, webhook):
        self._import_from_webhook(webhook, "acme.product.product", "data.id")

    def _on_shipment(self, webhook):
        self._import_from_webhook(webhook, "acme.stock.picking", "data.id")
