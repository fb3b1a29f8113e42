# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Fingerprints of payloads."""

import hashlib
import json


def digest(payload):
    """SHA-256 of a payload; the order of keys does not matter."""
    text = json.dumps(payload, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
