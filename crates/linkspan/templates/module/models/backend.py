# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
#% if backend.header_secrets

from odoo.addons.generic_connector.models.generic_backend_auth import SECRET
#% endif


class {{ class }}Backend(models.Model):
    """One {{ title }}: its address, its credentials, what is synchronized."""

    _name = "{{ name }}.backend"
    _description = {{ (title ~ " Backend") | py }}
    _inherit = "generic.backend.mixin"
    _inherits = {"generic.backend": "generic_backend_id"}

    generic_backend_id = fields.Many2one(
        "generic.backend", required=True, ondelete="cascade", index=True
    )
    #% for setting in backend.settings
    {{ setting.name }} = fields.{{ setting.field }}({{ setting.arguments }})
    #% endfor
    #% for secret in backend.header_secrets
    {{ secret.field }} = fields.Char({{ secret.arguments }}, **SECRET)
    #% endfor
    #% if backend.base_url
    base_url = fields.Char(compute="_compute_base_url")

    @api.depends({{ base_url_depends }})
    def _compute_base_url(self):
        for backend in self:
            backend.base_url = {{ backend.base_url }}
    #% endif

    @api.model
    def _backend_defaults(self):
        return {
            **super()._backend_defaults(),
            #% for default in backend.defaults
            "{{ default[0] }}": {{ default[1] }},
            #% endfor
        }

    #% if backend.settings
    @api.model
    def _setting_names(self):
        return super()._setting_names() + {{ setting_names }}
    #% endif

    #% if backend.header_secrets
    @api.model
    def _secret_fields(self):
        return super()._secret_fields() + {{ secret_fields }}
    #% endif

    #% if has_imports
    # -- imports: what others refer to comes first -------------------------------------

    @api.model
    def _sync_entities(self):
        return super()._sync_entities() + {{ sync_entities }}
    #% for entity in importing

    def sync_{{ entity.plural }}(self):
        return self._run_sync("{{ entity.plural }}")

    def _sync_{{ entity.plural }}_implementation(self):
        with self.work_on("{{ entity.model }}") as work:
            return work.component(usage="batch.importer").run()
    #% endfor
    #% endif
    #% if has_exports

    # -- exports: what others refer to comes first -------------------------------------

    @api.model
    def _export_models(self):
        return super()._export_models() + {{ export_models }}
    #% for method, models in export_methods | items

    def {{ method }}(self, record_ids):
        #% for model, creates in models
        #% if not loop.last
        self._export_to_bindings("{{ model }}", record_ids{% if not creates %}, create=False{% endif %})
        #% else
        return self._export_to_bindings("{{ model }}", record_ids{% if not creates %}, create=False{% endif %})
        #% endif
        #% endfor
    #% endfor
    #% endif
    #% if backend.topics

    # -- webhooks ----------------------------------------------------------------------

    def _webhook_path(self):
        return "/{{ name }}/webhook"
    #% if backend.webhook_username

    def _webhook_username(self):
        return self.{{ backend.webhook_username }}
    #% endif

    @api.model
    def _webhook_handlers(self):
        return {
            **super()._webhook_handlers(),
            #% for topic in backend.topics
            "{{ topic.topic }}": "{{ topic.method }}",
            #% endfor
        }
    #% for handler in handlers

    def {{ handler.method }}(self, webhook):
        self._import_from_webhook(webhook, "{{ handler.model }}", {{ handler.id_path }})
    #% endfor
    #% endif
