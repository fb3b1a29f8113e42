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
import secrets
import time
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from requests.auth import AuthBase, HTTPBasicAuth


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


class OAuth1(AuthBase):
    """Signs requests as OAuth 1.0a has it (RFC 5849).

    :param token: None where the client signs for itself
    :param hash_name: sha1, sha256 or sha512
    :param in_query: whether what signs stands in the query, not in ``Authorization``
    """

    def __init__(
        self,
        key,
        secret,
        token=None,
        token_secret=None,
        hash_name="sha256",
        realm=None,
        in_query=False,
    ):
        self.key = key
        self.secret = secret
        self.token = token
        self.token_secret = token_secret
        self.hash_name = hash_name
        self.realm = realm
        self.in_query = in_query

    def __call__(self, request):
        if self.in_query:
            request.url = without_signature(request.url)
        parameters = self.parameters(int(time.time()), secrets.token_hex(16))
        parameters["oauth_signature"] = self.signature(request, parameters)
        if self.in_query:
            address = urlsplit(request.url)
            signed = urlencode(parameters, quote_via=quote)
            query = "&".join(filter(None, [address.query, signed]))
            request.url = urlunsplit(address._replace(query=query))
        else:
            pairs = [f'{name}="{_quoted(value)}"' for name, value in parameters.items()]
            if self.realm:
                pairs.insert(0, f'realm="{_quoted(self.realm)}"')
            request.headers["Authorization"] = "OAuth " + ",".join(pairs)
        return request

    def parameters(self, seconds, nonce):
        """What goes along besides the signature."""
        token = {"oauth_token": self.token} if self.token else {}
        return {
            "oauth_consumer_key": self.key,
            **token,
            "oauth_signature_method": f"HMAC-{self.hash_name.upper()}",
            "oauth_timestamp": str(seconds),
            "oauth_nonce": nonce,
            "oauth_version": "1.0",
        }

    def signature(self, request, parameters):
        """The signature of a prepared request with these parameters."""
        key = f"{_quoted(self.secret)}&{_quoted(self.token_secret or '')}"
        message = self.message(request, parameters)
        mac = hmac.new(key.encode(), message.encode(), self.hash_name)
        return base64.b64encode(mac.digest()).decode()

    def message(self, request, parameters):
        """What is signed: method, address, and all parameters in order."""
        address = urlsplit(request.url)
        pairs = parse_qsl(address.query, keep_blank_values=True)
        kind = request.headers.get("Content-Type") or ""
        if kind.startswith("application/x-www-form-urlencoded"):
            form = request.body or ""
            form = form.decode() if isinstance(form, bytes) else form
            pairs += parse_qsl(form, keep_blank_values=True)
        pairs += parameters.items()
        pairs = sorted((_quoted(name), _quoted(value)) for name, value in pairs)
        joined = "&".join(f"{name}={value}" for name, value in pairs)
        host = address.netloc.rpartition("@")[2].lower()
        usual = {"http": ":80", "https": ":443"}.get(address.scheme, "")
        host = host.removesuffix(usual)
        base = urlunsplit((address.scheme, host, address.path or "/", "", ""))
        return "&".join([request.method, _quoted(base), _quoted(joined)])


class BasicOrSigned(HTTPBasicAuth):
    """HTTP Basic that counts over TLS only: over plain http requests are signed too."""

    def __init__(self, username, password):
        super().__init__(username.encode(), password.encode())
        self.signer = OAuth1(username, password, in_query=True)

    def __call__(self, request):
        request = super().__call__(request)
        is_plain = urlsplit(request.url).scheme == "http"
        return self.signer(request) if is_plain else request


def without_signature(url):
    """An address without what an earlier request was signed with."""
    address = urlsplit(url)
    pairs = [pair for pair in address.query.split("&") if not pair.startswith("oauth_")]
    return urlunsplit(address._replace(query="&".join(pairs)))


def _quoted(text):
    return quote(text, safe="")


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
