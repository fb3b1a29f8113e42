# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager

from odoo import fields

from odoo.addons.component.core import AbstractComponent

from ..lib.errors import is_wait
from ..lib.transaction import in_own_transaction
from ..models.generic_sync_failure import WHOLE_LIST


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

    @contextmanager
    def _noting_failure(self, direction):
        """Have a page that fails among the failures, where people look.

        A job that waits for one that has failed would wait in silence.
        """
        generic_id = self.backend_record._generic_id()
        try:
            yield
        except Exception as error:
            if not is_wait(error):
                self.env["generic.sync.failure"]._record_after_rollback(
                    generic_id, direction, self.model._name, WHOLE_LIST, error
                )
            raise

    def _walked(self, direction):
        """The list was read to its end."""
        self.env["generic.sync.failure"]._solve(
            self.backend_record, direction, self.model._name, WHOLE_LIST
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
