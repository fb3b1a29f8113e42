# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Texts for logs and error messages, without secrets."""

import re

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
    for secret in sorted({str(secret) for secret in secrets if secret}, key=len)[::-1]:
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return text if len(text) <= limit else text[:limit] + "..."
