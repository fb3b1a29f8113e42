# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import hashlib
import logging
from contextlib import contextmanager

import requests

#% if series >= 18
from odoo import api, fields, models
#% else
from odoo import _, api, fields, models
#% endif
from odoo.exceptions import UserError

from odoo.addons.queue_job.delay import chain
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import identity_exact

from ..lib import signature
from ..lib.errors import ExternalError

_logger = logging.getLogger(__name__)


class GenericBackendMixin(models.AbstractModel):
    """Methods of a concrete backend, which is the collection of its components.

    See generic.backend for how a connector declares its backend.
    """

    _name = "generic.backend.mixin"
    _description = "Concrete Connector Backend"
    _inherit = [
        "connector.backend",
        "connector.leaf.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]

    def unlink(self):
        parents = self.generic_backend_id
        result = super().unlink()
        parents.unlink()
        return result

    @api.model
    def _remove_all(self):
        """Remove all backends, with their credentials, jobs and what is bound to them.

        For a connector's ``uninstall_hook``: Odoo drops the connector's own tables and
        leaves the rows of the framework's. What was bound stays.
        """
        # There are few, and all of them go.
        # pylint: disable=no-search-all
        backends = self.with_context(active_test=False).search([])
        bindings = [
            model
            for model in self.env.values()
            if model._auto
            and model._fields.get("backend_id")
            and model._fields["backend_id"].comodel_name == self._name
        ]
        # A job of a model that is gone fails before it begins, and comes again.
        names = [self._name, *(model._name for model in bindings)]
        jobs = self.env["queue.job"].search(
            [
                ("model_name", "in", names),
                ("state", "not in", ["done", "cancelled"]),
            ]
        )
        jobs.button_cancelled()
        for model in bindings:
            every = model.with_context(active_test=False, connector_no_export=True)
            every.search([("backend_id", "in", backends.ids)]).unlink()
        backends.unlink()

    def _generic_id(self):
        """Id of the generic backend, which failures and webhooks refer to."""
        self.ensure_one()
        return self.generic_backend_id.id

    @api.model
    def _secret_fields(self):
        """Names of the fields with secrets; a connector adds those of its own."""
        return self.env["generic.backend"]._secret_fields()

    def _secret_values(self):
        return self.generic_backend_id._secret_values(self)

    # -- components ------------------------------------------------------------------

    @contextmanager
    def work_on(self, model_name, **kwargs):
        """Components work in the backend's company and language, over one HTTP session.

        Not in the language of whoever clicked, which a job keeps: the other side would
        get another text from each of them.
        """
        self.ensure_one()
        backend = self.with_company(self.company_id) if self.company_id else self
        lang = self.generic_backend_id.lang or "en_US"
        backend = backend.with_context(lang=lang)
        with requests.Session() as session:
            kwargs.setdefault("http_session", session)
            # States whose limit has let this work begin.
            kwargs.setdefault("admitted", set())
            with super(GenericBackendMixin, backend).work_on(
                model_name, **kwargs
            ) as work:
                yield work

    def get_adapter(self, name=None):
        """The adapter of the backend.

        :param name: name of a component; empty: the one with usage backend.adapter
        """
        with self.work_on(self._name) as work:
            if name:
                return work.component_by_name(name)
            return work.component(usage="backend.adapter")

    # -- connection ------------------------------------------------------------------

    def action_test_connection(self):
        """Call the external system; say how it went."""
        self.ensure_one()
        try:
            answered = self._test_connection_implementation()
        except (ExternalError, RetryableJobError) as error:
            _logger.info("connection test of %s failed: %s", self, error)
            return self._build_notification(
                {{ t }}("Connection failed"), str(error), "danger"
            )
        if not answered:
            return self._build_notification(
                {{ t }}("Connection failed"),
                {{ t }}("The external system answered, but not as expected."),
                "danger",
            )
        return self._build_notification(
            {{ t }}("Connection works"), {{ t }}("The external system answered."), "success"
        )

    def _test_connection_implementation(self):
        """Whether the external system answers. Connectors may override it."""
        return self.get_adapter().test_connection()

    def action_oauth_authorize(self):
        """Send the user to the external system to allow access."""
        self.ensure_one()
        address = self.get_adapter().authorization_url(
            self.generic_backend_id._oauth_begin()
        )
        return {"type": "ir.actions.act_url", "url": address, "target": "self"}

    # -- synchronization -------------------------------------------------------------

    @api.model
    def _sync_entities(self):
        """Names of what can be synchronized; what others refer to comes first.

        For each name there is ``sync_<entity>``, the job, which calls
        ``_sync_<entity>_implementation``.
        """
        return []

    def _run_sync(self, entity):
        """Do the work of ``sync_<entity>``; called inside the job."""
        self.ensure_one()
        implementation = getattr(self, f"_sync_{entity}_implementation", None)
        if implementation is None:
            raise UserError(
                {{ t }}(
                    "%(backend)s cannot synchronize %(entity)s.",
                    backend=self.display_name,
                    entity=entity,
                )
            )
        result = implementation()
        self._note_date("last_sync_date")
        return result

    def _note_date(self, field_name):
        # Who may synchronize need not be allowed to configure the backend.
        self.sudo()[field_name] = fields.Datetime.now()

    def _sync_delayable(self, entity, identity_key=None):
        """The job ``sync_<entity>``."""
        self.ensure_one()
        delayable = self.delayable(
            identity_key=identity_key,
            description={{ t }}(
                "%(backend)s: synchronize %(entity)s",
                backend=self.display_name,
                entity=entity,
            ),
        )
        return getattr(delayable, f"sync_{entity}")()

    def _delay_sync(self, entities):
        """Queue jobs for the entities, each after the one before.

        The same jobs are not queued twice. Only the first of several has an identity:
        the others wait if one before them fails, and must not stand in the way of the
        next time, which takes their place.
        """
        known = self._sync_entities()
        unknown = [entity for entity in entities if entity not in known]
        if unknown:
            raise UserError(
                {{ t }}(
                    "%(backend)s cannot synchronize %(entity)s.",
                    backend=self.display_name,
                    entity=", ".join(unknown),
                )
            )
        ordered = [entity for entity in known if entity in entities]
        if ordered:
            first, *others = ordered
            # The first of these is not the job that stands alone.
            after = "".join(f" {entity}" for entity in others)
            if others:
                self._cancel_stuck()
            first = self._sync_delayable(first, lambda job: identity_exact(job) + after)
            chain(first, *map(self._sync_delayable, others)).delay()
        return len(ordered)

    def _cancel_stuck(self):
        """Cancel the jobs that wait for one of this backend's that has failed."""
        # Whoever queued them: they would wait for ever.
        jobs = self.env["queue.job"].sudo()
        ended = jobs.search(
            [
                ("model_name", "=", self._name),
                ("state", "in", ["failed", "cancelled"]),
                ("graph_uuid", "!=", False),
            ]
        )
        waiting = jobs.search(
            [
                ("graph_uuid", "in", ended.mapped("graph_uuid")),
                ("state", "=", "wait_dependencies"),
            ]
        )
        waiting.filtered(lambda job: job.records == self).button_cancelled()

    def action_sync_all(self):
        """Queue the synchronization of everything that the connector knows."""
        count = sum(
            backend._delay_sync(backend._sync_entities()) for backend in self
        )
        return self._build_notification(
            {{ t }}("Synchronization"),
            {{ t }}("%(count)d job(s) queued.", count=count),
            "success" if count else "warning",
        )

    def action_sync(self, entity):
        """Queue the synchronization of one entity."""
        self.ensure_one()
        self._delay_sync([entity])
        return self._build_notification(
            {{ t }}("Synchronization"), {{ t }}("One job queued."), "success"
        )

    @api.model
    def _cron_sync(self, entity):
        """Queue the synchronization of one entity for every backend."""
        for backend in self.search([("active", "=", True)]):
            backend._delay_sync([entity])

    # -- export ----------------------------------------------------------------------

    def _export_to_bindings(self, binding_model, record_ids, create=True):
        """Bind the records and queue their export: the body of ``export_<model>``.

        :param create: bind records that are not bound yet
        :return: a notification with the counts
        """
        self.ensure_one()
        bindings = self.env[binding_model]
        #% if series >= 18
        bindings.check_access("create")
        #% else
        bindings.check_access_rights("create")
        #% endif
        records = bindings.odoo_id.browse(record_ids).exists()
        known = bindings.with_context(active_test=False).search(
            [("backend_id", "=", self.id), ("odoo_id", "in", records.ids)]
        )
        new = bindings
        if create:
            new = self._bind(bindings, records - known.odoo_id)
        going = (known + new).filtered(lambda binding: not binding.no_export)
        for binding in going:
            binding._delay_export()
        created, queued = len(new), len(going)
        skipped = len(records) - queued
        if queued:
            self._note_date("last_export_date")
        return self._build_notification(
            {{ t }}("Export"),
            {{ t }}(
                "%(queued)d queued, %(created)d new binding(s), %(skipped)d skipped.",
                queued=queued,
                created=created,
                skipped=skipped,
            ),
            "success" if queued else "warning",
        )

    def _bind(self, bindings, records):
        """Bind records that are not bound yet; give their bindings.

        Binding a record changes nothing of it: who may read it may export it.
        """
        values = [{"backend_id": self.id, "odoo_id": record.id} for record in records]
        unseen = bindings.sudo().with_context(connector_no_export=True)
        return unseen.create(values).with_env(bindings.env)

    @api.model
    def _export_models(self):
        """Binding models whose changes go out; what others refer to comes first."""
        return []

    def action_export_changes(self):
        """Queue a look at every bound record; what differs from last time goes out."""
        #% if series >= 18
        self.check_access("read")
        #% else
        self.check_access_rights("read")
        self.check_access_rule("read")
        #% endif
        for backend in self:
            for model_name in backend._export_models():
                self.env[model_name]._delay_export_changes(backend, full=True)
        return self._build_notification(
            {{ t }}("Export"),
            {{ t }}("Everything bound is looked at; what changed goes out."),
            "success",
        )

    @api.model
    def _cron_export(self, model_name):
        """Queue the search for what changed in Odoo, for every backend."""
        for backend in self.search([("active", "=", True)]):
            self.env[model_name]._delay_export_changes(backend)

    # -- webhooks --------------------------------------------------------------------

    def _webhook_path(self):
        """What stands before the token in the address of its webhooks."""
        return self.generic_backend_id._webhook_path()

    @api.model
    def _webhook_handlers(self):
        """Topic of a webhook -> name of the method that takes it."""
        return {}

    def _webhook_username(self):
        """User name of webhooks that come with HTTP Basic."""
        return self.webhook_username

    def _webhook_signed_message(self, raw, headers):
        """The bytes that the sender has signed."""
        if not self.webhook_timestamp_header:
            return raw
        timestamp = headers.get(self.webhook_timestamp_header) or ""
        return timestamp.encode() + b"." + raw

    def _webhook_is_recent(self, headers):
        """Whether the webhook was signed just now; true if it tells no time."""
        if not self.webhook_timestamp_header:
            return True
        timestamp = headers.get(self.webhook_timestamp_header)
        return signature.is_recent(timestamp, self.webhook_tolerance)

    def _webhook_delivery_id(self, raw, headers):
        """Id of the delivery; without one, repeats cannot be told.

        Some systems give one id to several deliveries (WooCommerce to all of a
        second), so the same id with another body is another delivery.
        """
        given = headers.get(self.webhook_delivery_header or "")
        return given and f"{given} {hashlib.sha256(raw).hexdigest()[:16]}"

    def _webhook_event_type(self, _raw, headers):
        """What happened: the key of ``_webhook_handlers``."""
        return headers.get(self.webhook_topic_header or "")

    def process_webhook(self, webhook):
        """Give a stored webhook to the method for its topic."""
        self.ensure_one()
        handler = self._webhook_handlers().get(webhook.event_type)
        if not handler:
            webhook.mark_as_ignored(
                {{ t }}("No handler for %(topic)s.", topic=webhook.event_type or "-")
            )
            return
        webhook.processing_status = "pending"
        getattr(self, handler)(webhook)
        # A handler may have marked it itself.
        if webhook.processing_status == "pending":
            webhook.mark_as_processed()

    # -- counters and lists ----------------------------------------------------------

    def action_view_failures(self):
        return self._action_view("generic_connector.generic_sync_failure_action")

    def action_view_webhooks(self):
        return self._action_view("generic_connector.generic_webhook_action")

    def _action_view(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("backend_id", "=", self.generic_backend_id.id)]
        return action
