//! XML as the JSON that stands for it: an element is a member of its parent, an attribute the member `@name`, text beside
//! attributes the member `#text`; an element alone with text is that text, an empty one null, a repeated one a list.

use std::borrow::Cow;

use html_escape::{encode_double_quoted_attribute, encode_text};
use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// Elements inside each other that are read; nothing that is sent by a person has more.
const MAX_DEPTH: usize = 100;

/// The document whose root element is the only member of `whole`; else a sentence.
pub(super) fn write(whole: &Value) -> Result<String, String> {
    let members = whole.as_object().map(|members| members.iter().collect::<Vec<_>>()).unwrap_or_default();
    let [(name, root)] = members.as_slice() else {
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        return Err(format!(
            "an XML document has one root element, and this body has {} ({})",
            names.len(),
            names.join(", ")
        ));
    };
    let mut text = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    element(&mut text, name, root)?;
    Ok(text)
}

fn element(text: &mut String, name: &str, value: &Value) -> Result<(), String> {
    if let Value::Array(items) = value {
        return items.iter().try_for_each(|item| element(text, name, item));
    }
    *text += "<";
    *text += named(name)?;
    let members = value.as_object();
    for (attribute, value) in members.into_iter().flatten() {
        if let Some(attribute) = attribute.strip_prefix('@') {
            let value = shown(value)?;
            *text += &format!(r#" {}="{}""#, named(attribute)?, encode_double_quoted_attribute(&value));
        }
    }
    *text += ">";
    match members {
        None => *text += &encode_text(&shown(value)?),
        Some(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@')) {
                match name.as_str() {
                    "#text" => *text += &encode_text(&shown(value)?),
                    name => element(text, name, value)?,
                }
            }
        }
    }
    *text += &format!("</{name}>");
    Ok(())
}

/// A name as XML allows it, of the letters and signs that are in use.
fn named(name: &str) -> Result<&str, String> {
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if starts && name.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c)) {
        return Ok(name);
    }
    Err(format!("`{name}` cannot be the name of an element or attribute of XML"))
}

/// A value as text, which may hold no character that XML has no way to write.
fn shown(value: &Value) -> Result<Cow<'_, str>, String> {
    let text = match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_string()),
    };
    let is_odd = |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(is_odd) {
        Some(odd) => Err(format!("XML cannot hold the character U+{:04X} of {value}", u32::from(odd))),
        None => Ok(text),
    }
}

/// The JSON of a document; elements called as one of `lists` are a list even if there is one. Attributes with a prefix
/// say something about the document (`xsi:type`, `xlink:href`) and are left out, as are the prefixes of elements.
pub(crate) fn read(text: &str, lists: &[String]) -> Result<Value, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    Ok(Value::Object(Map::from_iter([(root.tag_name().name().to_owned(), value(root, lists, 0)?)])))
}

fn value(element: Node<'_, '_>, lists: &[String], depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!("it has more than {MAX_DEPTH} elements inside each other"));
    }
    let mut members = Map::new();
    for attribute in element.attributes().filter(|attribute| attribute.namespace().is_none()) {
        members.insert(format!("@{}", attribute.name()), attribute.value().into());
    }
    let mut has_elements = false;
    for child in element.children().filter(Node::is_element) {
        has_elements = true;
        let name = child.tag_name().name();
        let value = value(child, lists, depth + 1)?;
        match members.get_mut(name) {
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                let is_list = lists.iter().any(|list| list == name);
                members.insert(name.to_owned(), if is_list { Value::Array(vec![value]) } else { value });
            }
        }
    }
    if has_elements {
        return Ok(Value::Object(members));
    }
    let text: String = element.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
    let text = if text.trim().is_empty() { Value::Null } else { Value::String(text) };
    if members.is_empty() {
        return Ok(text);
    }
    members.insert("#text".to_owned(), text);
    Ok(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lists(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_document_is_the_json_that_stands_for_it() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <prestashop xmlns:xlink="http://www.w3.org/1999/xlink"><product>
                <id><![CDATA[7]]></id><id_category xlink:href="https://shop/api/categories/2">2</id_category>
                <name><language id="1"><![CDATA[Mug & Cup]]></language><language id="2"/></name>
                <ean13/> <description> two <!-- and a half --> parts </description>
                <associations><images/><rows><row><qty>1</qty></row></rows></associations>
            </product></prestashop>"#;
        let expected = json!({ "prestashop": { "product": {
            "id": "7", "id_category": "2", "ean13": null, "description": " two  parts ",
            "name": { "language": [{ "@id": "1", "#text": "Mug & Cup" }, { "@id": "2", "#text": null }] },
            "associations": { "images": null, "rows": { "row": [{ "qty": "1" }] } },
        } } });
        assert_eq!(read(text, &lists(&["row"])), Ok(expected));
    }

    #[test]
    fn what_is_written_is_read() {
        let whole = json!({ "a": {
            "@id": "1 \"<&>'", "b": ["x & y", "<z>", "]]>"], "c": null, "n": { "@k": "v", "#text": "t" },
            "deep": { "er": { "still": "ü\n\ttwo lines" } },
        } });
        let text = write(&whole).expect("XML");
        assert_eq!(read(&text, &[]), Ok(whole), "{text}");
        let numbers = write(&json!({ "a": { "n": 7, "d": 1.5, "yes": true, "none": [] } })).expect("XML");
        assert!(numbers.ends_with("<a><d>1.5</d><n>7</n><yes>true</yes></a>"), "{numbers}");
    }

    #[test]
    fn what_xml_cannot_hold_is_refused() {
        for (whole, part) in [
            (json!({ "a": 1, "b": 2 }), "2 (a, b)"),
            (json!([1]), "one root element"),
            (json!({ "a": { "b c": 1 } }), "`b c`"),
            (json!({ "a": { "@1": 1 } }), "`1`"),
            (json!({ "a": "bell \u{7}" }), "U+0007"),
        ] {
            let refused = write(&whole).expect_err(part);
            assert!(refused.contains(part), "{refused}");
        }
    }

    #[test]
    fn entities_and_bottomless_documents_are_refused() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>"#;
        assert!(read(bomb, &[]).is_err());
        let deep = format!("{}{}", "<a>".repeat(5_000), "</a>".repeat(5_000));
        assert!(read(&deep, &[]).is_err_and(|error| error.contains("100")));
    }
}
