# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Signatures of webhooks: computed over the raw bytes, compared in constant time."""

import base64
import binascii
import hashlib
import hmac
import time

HASHES = {
    "hmac_sha256": hashlib.sha256,
    "hmac_sha1": hashlib.sha1,
    "hmac_sha512": hashlib.sha512,
}

KINDS = [
    ("hmac_sha256", "HMAC SHA-256"),
    ("hmac_sha1", "HMAC SHA-1"),
    ("hmac_sha512", "HMAC SHA-512"),
    ("token", "Token in a header"),
    ("basic", "User and password (HTTP Basic)"),
]


def sign(kind, secret, message, encoding="hex"):
    """The HMAC of ``message`` (bytes) as text."""
    mac = hmac.new(secret.encode(), message, HASHES[kind]).digest()
    return mac.hex() if encoding == "hex" else base64.b64encode(mac).decode()


def basic(username, secret):
    """What HTTP Basic encodes; without a user name the secret is user:password."""
    return f"{username}:{secret}" if username else secret


def verify(kind, secret, message, given, encoding="hex", prefix="", username=""):
    """Whether ``given``, the header as it came, fits the message.

    A missing secret or a missing header is never right. Each line of a secret is
    accepted, so that it can be changed on one side first.

    :param username: of HTTP Basic
    """
    if not secret or not given:
        return False
    lines = filter(None, map(str.strip, secret.splitlines()))
    if kind == "basic":
        lines = [basic(username, line) for line in lines]
    # All of them are tried: the time tells nothing.
    fits = [_fits(kind, line, message, given, encoding, prefix) for line in lines]
    return any(fits)


def _fits(kind, secret, message, given, encoding, prefix):
    if kind == "basic":
        return _verify_basic(secret, given)
    if prefix:
        if not given.startswith(prefix):
            return False
        given = given[len(prefix) :]
    if kind == "token":
        return _same(secret, given)
    if kind not in HASHES:
        return False
    if encoding == "hex":
        given = given.lower()
    return _same(sign(kind, secret, message, encoding), given)


def is_recent(timestamp, tolerance, now=None):
    """Whether a Unix time (text) lies within ``tolerance`` seconds of now."""
    try:
        distance = (time.time() if now is None else now) - float(timestamp)
    except (TypeError, ValueError):
        return False
    return abs(distance) <= tolerance


def _same(expected, given):
    return hmac.compare_digest(expected.encode(), given.encode())


def _verify_basic(secret, given):
    """``secret`` is user:password."""
    kind, _space, encoded = given.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(secret.encode(), decoded)
