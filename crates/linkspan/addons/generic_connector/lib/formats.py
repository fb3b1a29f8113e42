# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""How bodies go over the wire; a connector speaks of all of them as JSON.

XML as JSON: an element is a member of its parent by its name without prefix, an
attribute without prefix the member ``@name``, text beside attributes the member
``#text``. An element alone with text is that text, an empty one null, one that is
repeated a list.
"""

import json
import re
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from .convert import STEP
from .errors import DataError, UnreadableError
from .operation import put

# Elements inside each other that are read; nothing that a person sends has more.
MAX_DEPTH = 100
NAME = re.compile(r"[^\W\d][\w.:-]*")
# Characters that XML has no way to write.
ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

CONTENT_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "application/xml; charset=utf-8",
}
ACCEPTED = {"json": "application/json", "form": "application/json", "xml": "application/xml"}


def to_form(body):
    """Pairs of a form: members of members are ``name[member]``, items ``name[0]``."""
    pairs = []
    for name, value in body.items():
        _add_pairs(pairs, name, value)
    return pairs


def _add_pairs(pairs, name, value):
    if isinstance(value, (dict, list)):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inside:
            _add_pairs(pairs, f"{name}[{key}]", item)
    else:
        pairs.append((name, _text(value)))


def to_xml(body):
    """The document, as bytes, whose root element is the only member of ``body``.

    :raises DataError: if XML has no way to write it
    """
    if not isinstance(body, dict) or len(body) != 1:
        names = ", ".join(body) if isinstance(body, dict) else ""
        raise DataError(
            "An XML document has one root element, and this body has "
            f"{len(body)} ({names})."
        )
    parts = ['<?xml version="1.0" encoding="UTF-8"?>']
    for name, value in body.items():
        _write_element(parts, name, value)
    return "".join(parts).encode()


def _write_element(parts, name, value):
    if isinstance(value, list):
        for item in value:
            _write_element(parts, name, item)
        return
    parts.append(f"<{_named(name)}")
    members = value if isinstance(value, dict) else {"#text": value}
    # In the order of their names, as the service writes them.
    for key, inside in sorted(members.items()):
        if key.startswith("@"):
            parts.append(f" {_named(key[1:])}={quoteattr(_writable(inside))}")
    parts.append(">")
    for key, inside in sorted(members.items()):
        if key == "#text":
            parts.append(escape(_writable(inside)))
        elif not key.startswith("@"):
            _write_element(parts, key, inside)
    parts.append(f"</{name}>")


def _named(name):
    if not NAME.fullmatch(name):
        raise DataError(f'"{name}" cannot be the name of an element or attribute of XML.')
    return name


def _writable(value):
    text = _text(value)
    odd = ODD.search(text)
    if odd:
        raise DataError(f"XML cannot hold the character U+{ord(odd[0]):04X} of {text!r}.")
    return text


def _text(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def document(content, **options):
    """The root element of an answer.

    :param options: of lxml's parser
    :raises UnreadableError: if it is no XML
    """
    # Entities are left alone: an answer must not read files of this server.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, **options)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, LookupError) as error:
        raise UnreadableError(f"The answer is not XML: {error}") from error


def from_xml(content, lists=()):
    """What stands for a document.

    :param content: bytes
    :param lists: elements that are a list even if there is one of them
    :raises UnreadableError: if it is no document, or one with entities of its own
    """
    root = document(content, remove_comments=True, remove_pis=True)
    if root.getroottree().docinfo.doctype:
        raise UnreadableError("The answer is a page, or XML that declares its entities.")
    return {etree.QName(root).localname: _value(root, lists, 0)}


def _value(element, lists, depth):
    if depth > MAX_DEPTH:
        raise UnreadableError(
            f"The answer has more than {MAX_DEPTH} elements inside each other."
        )
    # What has a prefix says something about the document.
    plain = {name: value for name, value in element.items() if not name.startswith("{")}
    members = {f"@{name}": value for name, value in plain.items()}
    for child in element:
        name = etree.QName(child).localname
        value = _value(child, lists, depth + 1)
        if name not in members:
            members[name] = [value] if name in lists else value
        elif isinstance(members[name], list):
            members[name].append(value)
        else:
            members[name] = [members[name], value]
    if len(element):
        return members
    text = element.text if (element.text or "").strip() else None
    return {**members, "#text": text} if members else text


def listed(answer, path, is_list):
    """An answer in XML with its records as a list.

    One record is written as a list of one, and none as an element that is empty.

    :param path: of the records
    :param is_list: whether several are asked for
    """
    if answer is None or not path:
        return answer
    here = answer
    for quoted, plain, position, member, _text in STEP.findall(path):
        name = quoted or plain
        if position or member:
            return answer
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif _is_empty(here):
            here = None
            break
        else:
            return answer
    if _is_empty(here):
        put(answer, path, [])
    elif is_list and isinstance(here, dict):
        put(answer, path, [here])
    return answer


def _is_empty(element):
    """Whether an element has neither text nor elements."""
    if isinstance(element, dict):
        return all(
            name.startswith("@") or (name == "#text" and value is None)
            for name, value in element.items()
        )
    return element is None
