# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import BaseCase, tagged

from ..lib import errors, formats

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<prestashop xmlns:xlink="http://www.w3.org/1999/xlink"><product>
    <id><![CDATA[7]]></id><id_category xlink:href="https://shop/2">2</id_category>
    <name><language id="1"><![CDATA[Mug & Cup]]></language><language id="2"/></name>
    <ean13/> <description> two <!-- and a half --> parts </description>
    <associations><images/><rows><row><qty>1</qty></row></rows></associations>
</product></prestashop>"""


@tagged("post_install", "-at_install")
class TestFormats(BaseCase):
    """What the service reads and writes too (``adapter/xml.rs``)."""

    def test_a_document_is_the_json_that_stands_for_it(self):
        product = {
            "id": "7",
            "id_category": "2",
            "name": {
                "language": [
                    {"@id": "1", "#text": "Mug & Cup"},
                    {"@id": "2", "#text": None},
                ]
            },
            "ean13": None,
            "description": " two  parts ",
            "associations": {"images": None, "rows": {"row": [{"qty": "1"}]}},
        }
        read = formats.from_xml(DOCUMENT.encode(), ["row"])
        self.assertEqual(read, {"prestashop": {"product": product}})

    def test_what_is_written_is_read(self):
        whole = {
            "a": {
                "@id": "1 \"<&>'",
                "b": ["x & y", "<z>", "]]>"],
                "c": None,
                "n": {"@k": "v", "#text": "t"},
                "deep": {"er": {"still": "ü\n\ttwo lines"}},
            }
        }
        self.assertEqual(formats.from_xml(formats.to_xml(whole)), whole)
        numbers = formats.to_xml({"a": {"n": 7, "d": 1.5, "yes": True, "none": []}})
        self.assertTrue(numbers.endswith(b"<a><d>1.5</d><n>7</n><yes>true</yes></a>"))

    def test_what_xml_cannot_hold_is_refused(self):
        for whole, part in [
            ({"a": 1, "b": 2}, "2 (a, b)"),
            ([1], "one root element"),
            ({"a": {"b c": 1}}, '"b c"'),
            ({"a": {"@1": 1}}, '"1"'),
            ({"a": "bell \x07"}, "U+0007"),
        ]:
            with self.assertRaises(errors.DataError) as raised:
                formats.to_xml(whole)
            self.assertIn(part, str(raised.exception))

    def test_entities_pages_and_bottomless_documents_are_refused(self):
        deep = b"<a>" * 150 + b"</a>" * 150
        for content in [
            b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>',
            b"<!DOCTYPE html><html></html>",
            b"<a><b>1</b>",
            b"<?xml version='1.0' encoding='klingon'?><a/>",
            b"<a>M\xfcller</a>",
            deep,
        ]:
            with self.assertRaises(errors.UnreadableError):
                formats.from_xml(content)

    def test_the_encoding_is_the_one_that_the_document_names(self):
        latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>M\xfcller</a>"
        self.assertEqual(formats.from_xml(latin), {"a": "Müller"})

    def test_records_are_a_list_however_many_there_are(self):
        def orders(document, is_list=True):
            answer = formats.from_xml(document)
            formats.listed(answer, "shop.orders.order", is_list)
            return answer["shop"].get("orders", {}).get("order")

        one = b"<shop><orders><order><id>1</id></order></orders></shop>"
        self.assertEqual(orders(one), [{"id": "1"}])
        self.assertEqual(orders(one, is_list=False), {"id": "1"})
        for none in (
            b"<shop><orders/></shop>",
            b"<shop><orders count='0'> </orders></shop>",
        ):
            self.assertEqual(orders(none), [])
        self.assertEqual(
            formats.listed({"shop": None}, "shop.orders.order", True),
            {"shop": {"orders": {"order": []}}},
        )
        # An answer of another shape is no empty list.
        self.assertIsNone(orders(b"<shop><other/></shop>"))

    def test_a_form_names_members_and_items_in_brackets(self):
        body = {
            "email": "a+b@example.com",
            "metadata": {"order_id": 7},
            "description": None,
            "live": False,
            "items": [{"price": "p_1"}, {"price": "p_2", "tags": ["x"]}],
            "none": [],
        }
        expected = [
            ("email", "a+b@example.com"),
            ("metadata[order_id]", "7"),
            ("description", ""),
            ("live", "false"),
            ("items[0][price]", "p_1"),
            ("items[1][price]", "p_2"),
            ("items[1][tags][0]", "x"),
        ]
        self.assertEqual(formats.to_form(body), expected)
