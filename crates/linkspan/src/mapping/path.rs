//! Paths into a record: `billing.country`, `categories[0].id`, `meta_data[key=color].value`.

use std::sync::atomic::AtomicU32;

use pyexpr::Json;

use crate::definition::path;

/// A compiled path. Lookups remember where each key was found last time: records of one entity have the same
/// shape, so the next lookup is one comparison.
#[derive(Debug)]
pub struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key { name: String, near: AtomicU32 },
    Index(usize),
    Item { member: String, text: String },
}

/// What stands at a path. Absent and null are two things.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found<'r> {
    /// There is no such member or item.
    Absent,
    /// JSON null.
    Null,
    /// Anything else; empty text too.
    Value(&'r Json<'r>),
}

impl Path {
    /// Compiles `text`; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Path, String> {
        let wrong = |message: String| format!("the path \"{text}\": {message}");
        let steps = path::parse(text).map_err(|(_, message)| wrong(message))?;
        let steps = steps.into_iter().map(|(step, _)| match step {
            path::Step::Key(name) => Ok(Step::Key { name, near: AtomicU32::new(0) }),
            path::Step::Index(index) => usize::try_from(index)
                .map(Step::Index)
                .map_err(|_| wrong("positions count from the beginning here".to_owned())),
            path::Step::Item { member, text } => Ok(Step::Item { member, text }),
            path::Step::Each => Err(wrong("one value is meant, not each of a list".to_owned())),
        });
        let steps = steps.collect::<Result<_, _>>()?;
        Ok(Path { text: text.to_owned(), steps })
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands at this path in `record`. A step through null, text or a number finds nothing.
    pub fn find<'r>(&self, record: &'r Json<'r>) -> Found<'r> {
        let mut here = record;
        for step in &self.steps {
            let next = match (step, here) {
                (Step::Key { name, near }, Json::Object(object)) => object.get_near(name, near),
                (Step::Index(index), Json::Array(items)) => items.get(*index),
                (Step::Item { member, text }, Json::Array(items)) => {
                    items.iter().find(|item| path::is_item(item, member, text))
                }
                _ => None,
            };
            match next {
                Some(value) => here = value,
                None => return Found::Absent,
            }
        }
        match here {
            Json::Null => Found::Null,
            value => Found::Value(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_walks_objects_and_lists() {
        let text = br#"{"a": {"b": [{"c": 1}, {"c": null}]}, "e": ""}"#;
        let record = Json::parse(text).expect("valid JSON");
        let find = |path: &str| Path::parse(path).expect("valid path").find(&record);
        assert_eq!(find("a.b[0].c"), Found::Value(&Json::Int(1)));
        assert_eq!(find("a.b[1].c"), Found::Null);
        assert_eq!(find("a.b[2].c"), Found::Absent);
        assert_eq!(find("a.x"), Found::Absent);
        assert_eq!(find("e"), Found::Value(&Json::Str("".into())));
        assert_eq!(find("e.f"), Found::Absent);
    }

    #[test]
    fn an_item_is_named_by_a_text_a_whole_number_or_true() {
        let text =
            br#"{"a": [{"k": false, "v": 1}, {"k": 7, "v": 2}, {"k": "7.0", "v": 3}, {"k": true, "v": 4}]}"#;
        let record = Json::parse(text).expect("valid JSON");
        for (named, value) in [("false", 1), ("7", 2), ("7.0", 3), ("true", 4)] {
            let path = Path::parse(&format!("a[k={named}].v")).expect("valid path");
            assert_eq!(path.find(&record), Found::Value(&Json::Int(value)), "{named}");
        }
        assert_eq!(Path::parse("a[k=07].v").expect("valid path").find(&record), Found::Absent);
    }

    #[test]
    fn a_key_is_found_when_the_next_record_has_another_order() {
        let path = Path::parse("b").expect("valid path");
        for text in [r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, r#"{"a":1,"c":3,"b":2}"#] {
            let record = Json::parse(text.as_bytes()).expect("valid JSON");
            assert_eq!(path.find(&record), Found::Value(&Json::Int(2)));
        }
    }

    #[test]
    fn a_bad_path_says_what_is_wrong() {
        for (text, reason) in [
            ("a..b", "empty part"),
            ("a[x]", "no position"),
            ("a[0", "not closed"),
            ("a[-1]", "from the beginning"),
            ("a[0]b", "dot"),
        ] {
            assert!(Path::parse(text).expect_err(text).contains(reason), "{text}");
        }
    }
}
