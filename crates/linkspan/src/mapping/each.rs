//! Paths that lead to several values: `tags[].id`, `tag_ids[]`.

use std::collections::BTreeSet;

use pyexpr::{Json, Object};
use serde_json::Value;

use super::map::is_blank;
use super::out_path::OutPath;
use super::outward::to_value;
use super::path::{Found, Path};
use crate::definition::path::{self, Step};

/// A compiled path with `[]` behind each list whose items are gone through.
#[derive(Debug)]
pub struct EachPath {
    text: String,
    /// The way to each list: from the record, then from an item of the list before; `None`: that itself is the list.
    lists: Vec<Option<Path>>,
    /// The way from an item of the last list to its value; `None`: the item itself.
    value: Option<Path>,
    /// The list and the shape of its items, when values can be written back there.
    back: Option<(String, ItemShape)>,
}

/// How a value stands in the item of a list: the names on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ItemShape(Vec<String>);

/// What stands at such a path.
#[derive(Debug, PartialEq)]
pub(super) enum Several<'r> {
    /// There is no such list.
    Absent,
    /// JSON null in place of the list.
    Null,
    /// The value in each item.
    Values(Vec<&'r Json<'r>>),
}

impl EachPath {
    /// Compiles `text`; `None` when there is no `[]` in it, the error says what is wrong.
    pub fn parse(text: &str) -> Result<Option<EachPath>, String> {
        let wrong = |message: String| format!("the path \"{text}\": {message}");
        let steps = path::parse(text).map_err(|(_, message)| wrong(message))?;
        let mut lists = Vec::new();
        let mut from = 0;
        for (_, range) in steps.iter().filter(|(step, _)| *step == Step::Each) {
            lists.push(part(&text[from..range.start])?);
            from = range.end;
        }
        if lists.is_empty() {
            return Ok(None);
        }
        let back = way_back(text, &steps);
        Ok(Some(EachPath { text: text.to_owned(), lists, value: part(&text[from..])?, back }))
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The path of the list that values can be written back to.
    pub fn list(&self) -> Option<&str> {
        self.back.as_ref().map(|(list, _)| list.as_str())
    }

    /// How they stand in its items.
    pub(super) fn shape(&self) -> Option<&ItemShape> {
        self.back.as_ref().map(|(_, shape)| shape)
    }

    /// What stands at this path in `record`; the error says which part of it is not as it should be.
    pub(super) fn find<'r>(&self, record: &'r Json<'r>) -> Result<Several<'r>, String> {
        let mut here = vec![record];
        for (depth, list) in self.lists.iter().enumerate() {
            let mut items = Vec::new();
            for (position, one) in here.into_iter().enumerate() {
                match list.as_ref().map_or_else(|| itself(one), |path| path.find(one)) {
                    Found::Absent if depth == 0 => return Ok(Several::Absent),
                    Found::Null if depth == 0 => return Ok(Several::Null),
                    Found::Absent => return Err(absent(position)),
                    Found::Null => {}
                    Found::Value(Json::Array(list)) => items.extend(list),
                    // Some systems write an empty list as empty text.
                    Found::Value(Json::Str(text)) if is_blank(text) => {}
                    Found::Value(_) => return Err("a list is expected here".to_owned()),
                }
            }
            here = items;
        }
        let Some(path) = &self.value else { return Ok(Several::Values(here)) };
        let mut values = Vec::with_capacity(here.len());
        for (position, item) in here.into_iter().enumerate() {
            match path.find(item) {
                Found::Absent => return Err(absent(position)),
                Found::Null => values.push(&Json::Null),
                Found::Value(value) => values.push(value),
            }
        }
        Ok(Several::Values(values))
    }

    /// The values as a list, `None` when there is none: for people.
    pub fn shown(&self, record: &Json<'_>) -> Option<String> {
        match self.find(record) {
            Ok(Several::Values(values)) => {
                Some(Json::Array(values.into_iter().cloned().collect()).to_string())
            }
            _ => None,
        }
    }
}

fn part(text: &str) -> Result<Option<Path>, String> {
    let text = text.strip_prefix('.').unwrap_or(text);
    if text.is_empty() { Ok(None) } else { Path::parse(text).map(Some) }
}

fn itself<'r>(value: &'r Json<'r>) -> Found<'r> {
    if matches!(value, Json::Null) { Found::Null } else { Found::Value(value) }
}

fn absent(position: usize) -> String {
    format!("the item at position {position} has no such value")
}

/// Values can be written back into one list, whose items are told by names alone.
fn way_back(text: &str, steps: &path::Steps) -> Option<(String, ItemShape)> {
    let (at, (_, range)) = steps.iter().enumerate().find(|(_, (step, _))| *step == Step::Each)?;
    let names = steps[at + 1..].iter().map(|(step, _)| match step {
        Step::Key(name) if !name.contains(['.', '[', ']']) => Some(name.clone()),
        _ => None,
    });
    let list = &text[..range.start];
    OutPath::parse(list).ok()?;
    Some((list.to_owned(), ItemShape(names.collect::<Option<_>>()?)))
}

impl ItemShape {
    /// The names joined by dots; empty when an item is the value itself.
    pub(super) fn path(&self) -> String {
        self.0.join(".")
    }

    /// A list with these ids, in their order: `[{"id": 1}, {"id": 2}]`, or `[1, 2]`.
    pub(super) fn list<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> Json<'static> {
        let item = |id: &str| {
            let around = |inner, name: &String| Json::Object(Object(vec![(name.clone().into(), inner)]));
            self.0.iter().rev().fold(id_value(id), around)
        };
        Json::Array(ids.into_iter().map(item).collect())
    }

    /// What the other side holds, without what else its items tell and in one order: order means nothing there. A list whose
    /// ids are not found stays as it is.
    pub(super) fn held(&self, found: &Value) -> Value {
        let items = match found {
            Value::Array(items) => items.as_slice(),
            Value::Null => &[],
            Value::String(text) if is_blank(text) => &[],
            other => return other.clone(),
        };
        let id = |item: &Value| match self.0.iter().try_fold(item, |here, name| here.get(name))? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let ids: Option<BTreeSet<String>> = items.iter().map(id).collect();
        ids.map_or_else(|| found.clone(), |ids| to_value(&self.list(ids.iter().map(String::as_str))))
    }
}

/// Ids that are plain whole numbers go out as numbers, as they most likely came; "007" stays text.
pub(super) fn id_value(external_id: &str) -> Json<'static> {
    match external_id.parse::<i64>() {
        Ok(number) if number.to_string() == external_id => Json::Int(number),
        _ => Json::Str(external_id.to_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn each(path: &str) -> EachPath {
        EachPath::parse(path).expect(path).expect("it goes through a list")
    }

    fn found(path: &str, record: &str) -> String {
        let record = Json::parse(record.as_bytes()).expect("JSON");
        match each(path).find(&record) {
            Ok(Several::Values(values)) => Json::Array(values.into_iter().cloned().collect()).to_string(),
            Ok(other) => format!("{other:?}"),
            Err(reason) => reason,
        }
    }

    #[test]
    fn values_are_found_in_lists_within_lists() {
        for (path, record, expected) in [
            ("a[].b", r#"{"a": [{"b": 1}, {"b": "x"}]}"#, r#"[1, "x"]"#),
            ("a[].b", r#"{"a": [{"b": null}]}"#, "[null]"),
            ("a[]", r#"{"a": [2, 1, 2]}"#, "[2, 1, 2]"),
            ("a[]", r#"{"a": []}"#, "[]"),
            ("a[]", r#"{"a": ""}"#, "[]"),
            ("a[]", r#"{"a": null}"#, "Null"),
            ("a[]", "{}", "Absent"),
            ("a.b[].c.d", r#"{"a": {"b": [{"c": {"d": 1}}]}}"#, "[1]"),
            ("a[].b[].c", r#"{"a": [{"b": [{"c": 1}]}, {"b": null}, {"b": [{"c": 2}]}]}"#, "[1, 2]"),
            ("a[][]", r#"{"a": [[1], [2, 3]]}"#, "[1, 2, 3]"),
            ("a[0].b[]", r#"{"a": [{"b": [1]}]}"#, "[1]"),
            ("a[]", r#"{"a": {"b": 1}}"#, "a list is expected here"),
            ("a[]", r#"{"a": "x"}"#, "a list is expected here"),
            ("a[].b", r#"{"a": [{"b": 1}, {}]}"#, "the item at position 1 has no such value"),
            ("a[].b", r#"{"a": [1]}"#, "the item at position 0 has no such value"),
            ("a[].b[]", r#"{"a": [{"b": []}, {}]}"#, "the item at position 1 has no such value"),
        ] {
            assert_eq!(
                found(path, record).replace(",", ", ").replace("  ", " "),
                expected,
                "{path} of {record}"
            );
        }
    }

    #[test]
    fn ids_go_back_into_one_list() {
        let list = |path: &str| {
            let each = each(path);
            let back = each.list().map(str::to_owned)?;
            let shape = each.shape().expect("one with a list");
            Some((back, to_value(&shape.list(["1", "007"]))))
        };
        assert_eq!(list("tags[].id"), Some(("tags".to_owned(), json!([{ "id": 1 }, { "id": "007" }]))));
        assert_eq!(list("a.tags[]"), Some(("a.tags".to_owned(), json!([1, "007"]))));
        let deep = json!([{ "node": { "id": 1 } }, { "node": { "id": "007" } }]);
        assert_eq!(list("tags[].node.id"), Some(("tags".to_owned(), deep)));
        for path in ["a[].b[].id", "a[][]", "a[0].tags[].id", "tags[].ids[0]", r#"tags[]["a.b"]"#] {
            assert_eq!(list(path), None, "{path}");
        }
    }

    #[test]
    fn what_the_other_side_holds_is_told_by_its_ids_alone() {
        let path = each("tags[].id");
        let shape = path.shape().expect("a way back");
        let held = |found: Value| shape.held(&found);
        let expected = json!([{ "id": 1 }, { "id": 2 }]);
        assert_eq!(held(json!([{ "id": 2, "name": "B" }, { "id": "1" }, { "id": 2 }])), expected);
        for nothing in [json!(null), json!([]), json!("")] {
            assert_eq!(held(nothing), json!([]));
        }
        for odd in [json!([{ "name": "B" }]), json!({ "id": 1 }), json!("x")] {
            assert_eq!(held(odd.clone()), odd);
        }
    }

    #[test]
    fn a_path_without_a_list_is_none_of_these() {
        assert!(EachPath::parse("a.b[0]").expect("a path").is_none());
        assert!(EachPath::parse("a[].").is_err());
        assert!(EachPath::parse("a[-1].b[]").is_err());
    }
}
