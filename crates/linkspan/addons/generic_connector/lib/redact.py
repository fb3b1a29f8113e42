# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Texts for logs and error messages, without secrets."""

import re
from urllib.parse import quote, quote_plus

MASK = "***"

SECRET_NAMES = re.compile(
    r"authorization|api[-_]?key|access[-_]?token|refresh[-_]?token|secret|password"
    r"|signature|cookie|x-.*-token|client_assertion",
    re.IGNORECASE,
)


def redact_mapping(values):
    """A copy of headers or parameters; the values of secret names are masked."""
    return {
        name: MASK if SECRET_NAMES.search(str(name)) else value
        for name, value in dict(values or {}).items()
    }


def redact_text(text, secrets, limit=1000):
    """The text without the given secrets, cut to ``limit`` characters."""
    text = str(text)
    plain = {str(secret) for secret in secrets if secret and len(str(secret)) >= 4}
    # Addresses show them encoded.
    spelled = {way(secret, safe="") for secret in plain for way in (quote, quote_plus)}
    for secret in sorted(plain | spelled, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text if len(text) <= limit else text[:limit] + "..."
