# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""What each kind of authentication adds to a request.

Instances are given to ``requests`` as ``auth``: they see the request as it will be
sent, with its final address and body.
"""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from requests.auth import AuthBase


class HeaderAuth(AuthBase):
    """A secret in a header: API keys and bearer tokens."""

    def __init__(self, header, value):
        self.header = header
        self.value = value

    def __call__(self, request):
        request.headers[self.header] = self.value
        return request


class HmacAuth(AuthBase):
    """Signs time, method, path and body with a shared secret.

    The message is ``<time>.<METHOD>.<path and query>.<sha256 of the body>``. Systems
    that sign something else override ``message``.
    """

    def __init__(self, key, secret, algorithm="sha256"):
        self.key = key
        self.secret = secret
        self.algorithm = algorithm

    def message(self, request, timestamp):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        address = urlsplit(request.url)
        path = address.path + (f"?{address.query}" if address.query else "")
        return ".".join(
            [timestamp, request.method, path, hashlib.sha256(body).hexdigest()]
        )

    def __call__(self, request):
        timestamp = str(int(time.time()))
        message = self.message(request, timestamp)
        mac = hmac.new(self.secret.encode(), message.encode(), self.algorithm)
        request.headers["X-Key"] = self.key
        request.headers["X-Timestamp"] = timestamp
        request.headers["X-Signature"] = mac.hexdigest()
        return request


def jwt(claims, key, algorithm="HS256"):
    """A signed JSON Web Token.

    :param key: shared secret for HS256, private key as PEM for RS256
    """
    header = {"alg": algorithm, "typ": "JWT"}
    signed = b".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    if algorithm == "RS256":
        private = serialization.load_pem_private_key(key.encode(), password=None)
        mac = private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        mac = hmac.new(key.encode(), signed, hashlib.sha256).digest()
    return b".".join([signed, _encode(mac)]).decode()


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")
