# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from lxml import etree

from odoo.addons.component.core import AbstractComponent

from ..lib import errors, formats
from ..lib.paging import dig, found_at

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


class GenericAdapterEnvelope(AbstractComponent):
    """Envelopes around what is asked and answered: REST, GraphQL, SOAP."""

    _name = "generic.backend.adapter.envelope"
    _inherit = "generic.connector.component"

    def unwrap(self, body, path):
        """What stands at ``path`` of an answer, like ``data.order``.

        :raises UnreadableError: if it is not there
        """
        value = found_at(body, path)
        if value is None:
            raise errors.UnreadableError(f'"{path}" of the answer is null.')
        return value

    def graphql(self, query, variables=None, endpoint=""):
        """Send a GraphQL query; give its data."""
        sent = {"query": query, "variables": variables or {}}
        answer = self.post(endpoint, data=sent) or {}
        problems = answer.get("errors") or []
        if problems:
            codes = {dig(problem, "extensions.code") for problem in problems}
            text = "; ".join(str(problem.get("message")) for problem in problems)
            if "THROTTLED" in codes:
                raise errors.ThrottledError(self._redact(text))
            raise errors.DataError(self._redact(text))
        return self.unwrap(answer, "data")

    def soap(self, action, body, endpoint=""):
        """Call a SOAP operation.

        :param body: element that becomes the body
        :return: first element of the answer's body
        """
        envelope = etree.Element(etree.QName(SOAP, "Envelope"), nsmap={"soap": SOAP})
        etree.SubElement(envelope, etree.QName(SOAP, "Body")).append(body)
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "Accept": "text/xml",
            "SOAPAction": f'"{action}"',
        }
        sent = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        response = self.request("POST", endpoint, body=sent, headers=headers)
        return self._soap_body(response.content)

    def _is_soap_fault(self, response):
        """SOAP tells what is wrong with a request as an error of the server."""
        return response.status_code == 500 and b":Fault" in response.content[:2000]

    def _soap_body(self, content):
        body = formats.document(content).find(etree.QName(SOAP, "Body"))
        if body is None or not len(body):
            raise errors.UnreadableError("The answer is no SOAP envelope.")
        if body[0].tag == etree.QName(SOAP, "Fault"):
            raise errors.DataError(
                self._redact(body[0].findtext("faultstring") or "SOAP fault")
            )
        return body[0]
