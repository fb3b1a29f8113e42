# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Why a call to the external system, or a record, failed.

Every class has an ``error_class``, the word that bindings, webhooks and the list of
failures show:

==========  ====================================================  =================
class       meaning                                               what happens
==========  ====================================================  =================
transient   no answer, or an error of the server                  job is retried
throttled   too many requests                                     job is retried
auth        credentials or rights refused                         job fails
config      the backend is set up wrongly                         job fails
data        the record cannot be mapped, written or sent          job fails
gone        the record does not exist on the other side           job fails
conflict    both sides disagree, or several records match         job fails
==========  ====================================================  =================
"""

import psycopg2

from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError

from odoo.addons.connector.exception import ConnectorException, MappingError
from odoo.addons.queue_job.exception import RetryableJobError


class ExternalError(ConnectorException):
    """The external system did not do what it was asked."""

    error_class = "data"
    # Whether the other side may have done all the same what it was asked.
    outcome_unknown = False

    def __init__(self, message, status=None, body=None):
        super().__init__(message)
        self.status = status
        self.body = body


class RetryableExternalError(ExternalError, RetryableJobError):
    """The same call may succeed later: the job is postponed, nobody sleeps.

    :param seconds: when to try again; empty: by the job function's retry pattern
    :param ignore_retry: whether the attempt does not count
    """

    def __init__(self, message, status=None, seconds=None, ignore_retry=False):
        RetryableJobError.__init__(
            self, message, seconds=seconds, ignore_retry=ignore_retry
        )
        self.status = status
        self.body = None


class TransientError(RetryableExternalError):
    error_class = "transient"
    outcome_unknown = True


class NotSentError(TransientError):
    """Nothing was sent: calls are paused, there is no connection or no token."""

    outcome_unknown = False


class ThrottledError(RetryableExternalError):
    error_class = "throttled"


class AuthError(ExternalError):
    error_class = "auth"


class ConfigError(ExternalError):
    error_class = "config"


class UnreadableError(ConfigError):
    """The other side has done what it was asked, but its answer cannot be used."""

    outcome_unknown = True


class DataError(ExternalError):
    error_class = "data"


class GoneError(ExternalError):
    error_class = "gone"


class ConflictError(ExternalError):
    error_class = "conflict"


class AmbiguousError(ConflictError):
    """The answer leaves open whether the other side did what it was asked."""

    outcome_unknown = True


def both_changed(values):
    """The conflict of what both sides changed.

    :param values: (path, what Odoo has, what the other side has) of each
    """
    told = "; ".join(
        f"{path}: Odoo has {ours}, the other side {theirs}" for path, ours, theirs in values
    )
    return ConflictError(
        f"Both sides changed this. Make it the same on both, then retry. {told}"
    )


def error_class_of(error):
    """The class of any exception that a synchronization raises."""
    if isinstance(error, ExternalError):
        return error.error_class
    if isinstance(error, RetryableJobError):
        return "transient"
    if isinstance(error, AccessError):
        return "auth"
    if isinstance(error, (MappingError, UserError, ValidationError, RedirectWarning)):
        return "data"
    return "bug"


def is_wait(error):
    """Whether a job only waits for its turn, which is no failure.

    Two transactions that met are such a case: queue_job runs the job again.
    """
    if isinstance(error, psycopg2.OperationalError):
        return True
    return isinstance(error, RetryableJobError) and error.ignore_retry


ERROR_CLASSES = [
    ("transient", "Transient"),
    ("throttled", "Throttled"),
    ("auth", "Credentials or rights"),
    ("config", "Configuration"),
    ("data", "Data"),
    ("gone", "Gone"),
    ("conflict", "Conflict"),
    ("bug", "Defect"),
]
