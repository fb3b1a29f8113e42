# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Tests with recorded exchanges: no network but loopback."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from odoo import fields

from ..lib.formats import CONTENT_TYPES, from_xml
from ..lib.operation import put
from ..lib.outward import every
from ..lib.paging import dig
from .common import ConnectorCase


class Exchanges:
    """Answers of a ``FakeServer``: told ones first, then the recorded ones."""

    def __init__(self):
        self.told = []
        self.recorded = {}
        # What requests that change nothing have in their bodies.
        self.reads = []

    def __len__(self):
        return len(self.told) + len(self.recorded)

    def record(self, exchange):
        """Answer as an exchange was; a newer one comes before an older one."""
        key = (exchange["method"], exchange["path"])
        answer = (exchange["status"], exchange["body"], exchange.get("headers") or {})
        self.recorded.setdefault(key, []).insert(0, (exchange.get("sent"), answer))
        if exchange.get("reads"):
            self.reads.append(exchange["sent"])

    def is_read(self, request):
        if request["method"] == "GET":
            return True
        return any(_has(sent_in(request), sent) for sent in self.reads)

    def append(self, answer):
        self.told.append(answer)

    def pop(self, position):
        return self.told.pop(position) if self.told else self._answer

    def _answer(self, request):
        key = (request["method"], urlsplit(request["path"]).path)
        # What is written is answered with the record as it was.
        for known in (key, ("GET", key[1])):
            for sent, answer in self.recorded.get(known, []):
                if sent is None or _has(sent_in(request), sent):
                    return answer
        return 404, {"message": f"not recorded: {key}"}, {}


def sent_in(request):
    """The body of a request, in whatever format it came; None for none."""
    body = request["body"]
    kind = request["headers"].get("Content-Type", "")
    if body.startswith(b"<"):
        return from_xml(body)
    if kind != CONTENT_TYPES["form"]:
        return json.loads(body or "null")
    sent = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        # name[member][0] -> name.member[0]
        put(sent, re.sub(r"\[([^\]]*[^\]\d][^\]]*)\]", r".\1", name), value)
    return sent


def _has(given, wanted):
    """Whether a body has everything that another one has."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(
            name in given and _has(given[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(given, list)
            and len(given) == len(wanted)
            and all(_has(*pair) for pair in zip(given, wanted))
        )
    return given == wanted


class ReplayCase(ConnectorCase):
    """An external system that answers as it once did.

    Connectors name the folder, and make ``backend``.
    """

    data_folder = None

    def setUp(self):
        super().setUp()
        self.server.answers = Exchanges()
        # Recorded amounts are in any currency.
        currencies = self.env["res.currency"].with_context(active_test=False)
        currencies.search([("active", "=", False)]).active = True

    def replay(self, name):
        """Let the server answer as recorded in ``<name>.json``; give the file."""
        text = (Path(self.data_folder) / f"{name}.json").read_text(encoding="utf-8")
        case = json.loads(text)
        for exchange in case["exchanges"]:
            self.server.answers.record(exchange)
        return case

    def import_case(self, backend, model_name, case, force=False):
        """Import the record of a case as a job does."""
        with self.as_job(self.env[model_name]) as bindings:
            job_backend = bindings.env[backend._name].browse(backend.id)
            binding = bindings.import_record(
                job_backend, case["external_id"], force=force
            )
            binding_id = binding.id
        return self.env[model_name].browse(binding_id)

    def open_failures(self, model_name):
        return self.env["generic.sync.failure"].search(
            [
                ("backend_id", "=", self.backend._generic_id()),
                ("model_name", "=", model_name),
                ("state", "=", "open"),
            ]
        )

    def export_binding(self, binding, within=None):
        """Export as a job does; give the bodies that were sent.

        :param within: path in the bodies to what is given instead of the whole
        """
        self.server.requests.clear()
        with self.as_job(binding) as job:
            job._export_to_external()
        is_read = self.server.answers.is_read
        requests = [each for each in self.server.requests if not is_read(each)]
        return [dig(sent_in(each), within) for each in requests]

    def changes_to_send(self, binding):
        """Look for changes as the scheduled action does; whether this one goes out."""
        known = self.jobs("_export_to_external")
        self.env.flush_all()
        binding.browse().export_changes(binding.backend_id)
        queued = self.jobs("_export_to_external") - known
        return any(job.records == binding for job in queued)

    def change_recorded(self, case, path, value):
        """Change the record of a case on the other side.

        :param path: where, in the body of the first exchange
        """
        *parents, name = path.split(".")
        record = case["exchanges"][0]["body"]
        for parent in parents:
            record = record[parent]
        record[name] = value

    def assert_mapped(self, record, expected, backend):
        """The fields of the record have the values that the mapping gives."""
        for name, (kind, value) in expected.items():
            with self.subTest(field=name):
                shown = self._shown(record, name, kind, value, backend)
                if kind == "decimal":
                    # Odoo rounds to the digits of the field.
                    self.assertAlmostEqual(shown, float(value), delta=0.006)
                else:
                    self.assertEqual(shown, value)

    def _shown(self, record, name, kind, value, backend):
        shown = record[name]
        if kind == "lines":
            return self._shown_lines(shown, value, backend)
        if kind == "relation":
            model_name = value[0]
            binding = self.env[model_name].search(
                [("backend_id", "=", backend.id), ("odoo_id", "in", shown.ids)]
            )
            return [model_name, binding.external_id]
        if kind == "relations":
            model_name = value[0]
            bindings = self.env[model_name].with_context(active_test=False)
            bindings = bindings.search(
                [("backend_id", "=", backend.id), ("odoo_id", "in", every(record, name).ids)]
            )
            return [model_name, sorted(bindings.mapped("external_id"))]
        if kind in ("currency", "unit"):
            return shown.name
        if kind in ("country", "state"):
            return shown.code
        if kind == "empty":
            return shown or None
        if kind == "date":
            return fields.Date.to_string(shown)
        if kind == "datetime":
            return fields.Datetime.to_string(shown)
        return shown

    def _shown_lines(self, lines, expected, backend):
        prefix = f"{backend.generic_backend_id.id}:"
        known = {line.connector_line_key: line for line in lines}
        for key, values in expected.items():
            self.assertIn(prefix + key, known)
            self.assert_mapped(known[prefix + key], values, backend)
        return expected
