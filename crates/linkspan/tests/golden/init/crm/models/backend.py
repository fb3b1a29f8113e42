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
        return super()._sync_entities() + ["tags", "contacts", "leads", "meetings"]

    def sync_tags(self):
        return self._run_sync("tags")

    def _sync_tags_implementation(self):
        with self.work_on("acme.res.partner.category") as work:
            return work.component(usage="batch.importer").run()

    def sync_contacts(self):
        return self._run_sync("contacts")

    def _sync_contacts_implementation(self):
        with self.work_on("acme.res.partner") as work:
            return work.component(usage="batch.importer").run()

    def sync_leads(self):
        return self._run_sync("leads")

    def _sync_leads_implementation(self):
        with self.work_on("acme.crm.lead") as work:
            return work.component(usage="batch.importer").run()

    def sync_meetings(self):
        return self._run_sync("meetings")

    def _sync_meetings_implementation(self):
        with self.work_on("acme.calendar.event") as work:
            return work.component(usage="batch.importer").run()

    # -- exports: what others refer to comes first -------------------------------------

    @api.model
    def _export_models(self):
        return super()._export_models() + [
            "acme.res.partner.category",
            "acme.res.partner",
            "acme.crm.lead",
        ]

    def export_crm_lead(self, record_ids):
        return self._export_to_bindings("acme.crm.lead", record_ids)

    def export_res_partner(self, record_ids):
        return self._export_to_bindings("acme.res.partner", record_ids)

    def export_res_partner_category(self, record_ids):
        return self._export_to_bindings("acme.res.partner.category", record_ids)

    # -- webhooks ----------------------------------------------------------------------

    def _webhook_path(self):
        return "/acme/webhook"

    @api.model
    def _webhook_handlers(self):
        return {
            **super()._webhook_handlers(),
            "contact.updated": "_on_contact",
            "lead.updated": "_on_lead",
        }

    def _on_contact(self, webhook):
        self._import_from_webhook(webhook, "acme.res.partner", "data.id")

    def _on_lead(self, webhook):
        self._import_from_webhook(webhook, "acme.crm.lead", "data.id")
