# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.addons.component.core import AbstractComponent


class GenericConnectorComponent(AbstractComponent):
    """Base of the components of a connector.

    A connector makes one of its own that sets ``_collection`` and lets its components
    inherit from it.
    """

    _name = "generic.connector.component"
    _inherit = "base.connector"

    @property
    def settings(self):
        """The backend's settings, as expressions of the connector see them."""
        return self.backend_record._settings()

    @property
    def company(self):
        """The backend's company, as expressions of the connector see it."""
        company = self.backend_record.company_id or self.env.company
        return {
            "id": company.id,
            "name": company.name,
            "currency": company.currency_id.name,
            "country": company.country_id.code or None,
        }

    def _lock(self, *what):
        """Let one job at a time work on this; another one is put off, not failed."""
        names = (self.backend_record._name, self.backend_record.id, self.model._name)
        self.advisory_lock_or_retry(
            " ".join(str(part) for part in names + what), retry_seconds=5
        )
