# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""What tests of connectors share. Connectors import it from here."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

from odoo import SUPERUSER_ID, api

from odoo.addons.component.tests.common import TransactionComponentCase

from ..lib import signature


def proof_of(backend, secret, body):
    """Headers that only a sender of webhooks who knows the secret can give."""
    kind = backend.webhook_kind
    if kind == "basic":
        pair = signature.basic(backend._webhook_username(), secret)
        encoded = base64.b64encode(pair.encode()).decode()
        return {"Authorization": f"Basic {encoded}"}
    given = secret
    if kind in signature.HASHES:
        given = signature.sign(kind, secret, body, backend.webhook_encoding)
    return {backend.webhook_header: (backend.webhook_prefix or "") + given}


class FakeServer:
    """An HTTP server on loopback that answers as it was told, in order.

    ``requests`` holds what came in. An answer can also be a function that takes the
    request and gives ``(status, body, headers)``.
    """

    def __init__(self):
        self.requests = []
        self.answers = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                fake._handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *args):
                """Nothing: the tests look at ``requests``."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, body=None, status=200, headers=None):
        """Add an answer; the body is sent as JSON unless it is text."""
        self.answers.append((status, body, headers or {}))

    def hang_up(self):
        """Add a connection that is closed without an answer."""
        self.answers.append(None)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def _handle(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        request = {
            "method": handler.command,
            "path": handler.path,
            "headers": dict(handler.headers),
            "body": handler.rfile.read(length),
        }
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else (599, "nothing to answer", {})
        if callable(answer):
            answer = answer(request)
        if answer is None:
            handler.close_connection = True
            return
        status, body, headers = answer
        sent = body if isinstance(body, str) else json.dumps(body)
        sent = b"" if body is None else sent.encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(sent)))
        handler.end_headers()
        handler.wfile.write(sent)


class ConnectorCase(TransactionComponentCase):
    """Components are loaded, transactions of their own see the test's records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        #% if series >= 19
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        #% else
        cls.env.context = dict(cls.env.context, tracking_disable=True)
        #% endif

    def setUp(self):
        super().setUp()
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        last = self.env["queue.job"].search([], order="id desc", limit=1)
        self._last_job_id = last.id or 0

    def enter_test_mode(self):
        """Transactions of their own become savepoints of the test's transaction."""
        self.env.flush_all()
        #% if series >= 19
        self.registry_enter_test_mode()
        #% else
        self.registry.enter_test_mode(self.env.cr)
        self.addCleanup(self.registry.leave_test_mode)
        #% endif

    @contextmanager
    def as_job(self, records):
        """The records in a transaction like a job's: committed, or rolled back whole.

        An exception leaves it, after the rollback and what follows from that. What
        such a job has written in transactions of its own is rolled back here too,
        because all of them share one connection; see CommittedCase.
        """
        self.env.flush_all()
        try:
            with self.registry.cursor() as cr:
                env = api.Environment(cr, self.env.uid, self.env.context)
                yield records.with_env(env)
        finally:
            self.env.invalidate_all()

    @contextmanager
    def failing(self, error_class):
        """As assertRaises, without the savepoint that Odoo puts around that one.

        What was written in transactions of their own stays.
        """
        caught = SimpleNamespace(exception=None)
        try:
            yield caught
        except error_class as error:
            caught.exception = error
        else:
            self.fail(f"{error_class.__name__} was not raised")

    def jobs(self, method=None):
        """Jobs that the test has queued, oldest first."""
        domain = [("id", ">", self._last_job_id)]
        if method:
            domain.append(("method_name", "=", method))
        return self.env["queue.job"].search(domain, order="id")


class CommittedCase(ConnectorCase):
    """Real transactions on connections of their own; what they leave is removed.

    Records are made and read in ``transaction``; the test's own one stays unused.
    """

    @contextmanager
    def transaction(self):
        with self.registry.cursor() as cr:
            context = {
                "components_registry": self._components_registry,
                "tracking_disable": True,
            }
            yield api.Environment(cr, SUPERUSER_ID, context)

    def remove_later(self, records):
        """Have records removed after the test; the last ones given go first."""
        model, ids = records._name, records.ids

        def remove():
            with self.transaction() as env:
                env[model].browse(ids).exists().unlink()

        self.addCleanup(remove)
