# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields

from odoo.addons.component.core import AbstractComponent

from ..lib.transaction import in_own_transaction


class GenericWalk(AbstractComponent):
    """A walk over many records, one page per job, one walk at a time.

    The identity keys of the pages' jobs begin with the key of the walk.
    """

    _name = "generic.walk"
    _inherit = "generic.connector.component"

    def _walk_key(self, kind):
        return f"{kind} {self.model._name} {self.backend_record._generic_id()}"

    def _has_pages_to_come(self, kind, longest):
        """Whether pages of another walk of the kind are still to come.

        :param longest: how long a page may run; one that runs for longer has lost its
            worker
        """
        domain = [
            ("identity_key", "=like", f"{self._walk_key(kind)} %"),
            "|",
            ("state", "in", ["wait_dependencies", "pending", "enqueued"]),
            "&",
            ("state", "=", "started"),
            ("date_started", ">", fields.Datetime.now() - longest),
        ]
        # This transaction may have begun before another walk did.
        return in_own_transaction(
            self.env, lambda env: env["queue.job"].search_count(domain)
        )

    def _checkpoints(self):
        # The framework's own note; a user who may synchronize need not write it.
        return self.env["generic.checkpoint"].sudo()

    def _move_checkpoint(self, moment, mark="since"):
        """Call it once every record that the walk has found has its job.

        :param moment: when the walk began, as text
        """
        self._checkpoints()._move(
            self.backend_record.generic_backend_id,
            self.model._name,
            fields.Datetime.to_datetime(moment),
            mark=mark,
        )
