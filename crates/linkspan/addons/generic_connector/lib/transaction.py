# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Work that must outlive, or precede, the fate of the current transaction.

Jobs may not commit, and what a job writes before it raises is rolled back. So what
has to stay is written in a transaction of its own: at once (``in_own_transaction``),
or after the current one was rolled back and holds no locks (``after_rollback``).
``cr.postrollback`` exists in every series and works for jobs, requests and crons
alike, which the hooks of queue_job do not.
"""

import logging

import psycopg2

from odoo import SUPERUSER_ID, api

from odoo.addons.queue_job.exception import RetryableJobError

_logger = logging.getLogger(__name__)

ATTEMPTS = 10


def in_own_transaction(env, work):
    """Call ``work(env)`` in a transaction of its own, committed when it returns.

    Two workers that meet at the same row: the later one starts again with a fresh
    view of it. Never write rows here that the current transaction has written: it
    would wait for itself.

    :return: what ``work`` returned
    """
    for _attempt in range(ATTEMPTS):
        try:
            with env.registry.cursor() as cr:
                return _work_in(cr, work)
        except psycopg2.errors.SerializationFailure:
            _logger.debug("two transactions met, trying again")
    raise RetryableJobError(
        "Many workers changed the same row at once.", seconds=5, ignore_retry=True
    )


def _work_in(cr, work):
    """Call ``work(env)`` and write what it left to be written.

    A commit asks the environments of the transaction for that, which knows them by weak
    references only: without one that is still alive, nothing would be written.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    result = work(env)
    env.flush_all()
    return result


def after_rollback(env, work):
    """Call ``work(env)`` in a transaction of its own if the current one is rolled back.

    Nothing happens when the current transaction is committed.
    """
    # The error that caused the rollback is the one to show.
    env.cr.postrollback.add(_guarded(env, work, "a failure could not be recorded"))


def after_commit(env, work):
    """Call ``work(env)`` in a transaction of its own once the current one is committed.

    What fails then must not make a failed job of a committed one: it is logged.
    """
    env.cr.postcommit.add(_guarded(env, work, "what follows a commit has failed"))


def _guarded(env, work, told):
    registry = env.registry

    def call():
        try:
            with registry.cursor() as cr:
                _work_in(cr, work)
        except Exception:
            _logger.exception(told)

    return call
