//! Where a value goes in an external record: `billing.city`, `meta_data[key=_tracking].value`.

use serde_json::{Map, Value};

/// A path that values are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutPath {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    /// The item of a list whose member has this value.
    Item {
        member: String,
        value: String,
    },
}

impl OutPath {
    /// Compiles `text`; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<OutPath, String> {
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() || name.contains([']', ' ', '\t']) {
                return Err("this path has an empty or odd part".to_owned());
            }
            steps.push(Step::Key(name.to_owned()));
            rest = after;
            if let Some(inside) = rest.strip_prefix('[') {
                let (condition, after) = inside.split_once(']').ok_or("this bracket is not closed")?;
                let (member, value) = condition
                    .split_once('=')
                    .filter(|(member, value)| !member.is_empty() && !value.is_empty())
                    .ok_or("a bracket names an item by a member, such as [key=color]")?;
                steps.push(Step::Item { member: member.to_owned(), value: value.to_owned() });
                rest = after;
            }
            match rest.strip_prefix('.') {
                Some(next) => rest = next,
                None if rest.is_empty() => break,
                None => return Err("after a bracket a path goes on with a dot".to_owned()),
            }
        }
        match steps.last() {
            Some(Step::Item { .. }) => {
                Err("say which member of the item is meant, such as .value".to_owned())
            }
            _ => Ok(OutPath { text: text.to_owned(), steps }),
        }
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The record's own member that it leads through.
    pub fn first(&self) -> &str {
        match self.steps.first() {
            Some(Step::Key(name)) => name,
            _ => "",
        }
    }

    /// What stands there in `record`; null when nothing does.
    pub fn find<'v>(&self, record: &'v Value) -> &'v Value {
        let mut here = record;
        for step in &self.steps {
            here = match step {
                Step::Key(name) => here.get(name),
                Step::Item { member, value } => {
                    let items = here.as_array().map(Vec::as_slice).unwrap_or_default();
                    items.iter().find(|item| is_item(item, member, value))
                }
            }
            .unwrap_or(&Value::Null);
        }
        here
    }

    /// Puts `value` there; what is missing on the way is made.
    pub fn set(&self, body: &mut Map<String, Value>, value: Value) {
        let mut here = body;
        for (position, step) in self.steps.iter().enumerate() {
            let Step::Key(name) = step else { continue };
            let is_last = position + 1 == self.steps.len();
            if is_last {
                here.insert(name.clone(), value);
                return;
            }
            here = match self.steps.get(position + 1) {
                Some(Step::Item { member, value }) => item(here, name, member, value),
                _ => object(here.entry(name.clone()).or_insert(Value::Null)),
            };
        }
    }

    /// Takes away what stands there.
    pub fn remove(&self, body: &mut Map<String, Value>) {
        let mut here = body;
        for (position, step) in self.steps.iter().enumerate() {
            let Step::Key(name) = step else { continue };
            let next = match self.steps.get(position + 1) {
                None => return drop(here.remove(name)),
                Some(Step::Key(_)) => here.get_mut(name),
                Some(Step::Item { member, value }) => {
                    let items = here.get_mut(name).and_then(Value::as_array_mut);
                    items.and_then(|items| items.iter_mut().find(|item| is_item(item, member, value)))
                }
            };
            match next.and_then(Value::as_object_mut) {
                Some(next) => here = next,
                None => return,
            }
        }
    }
}

/// Whether this is the item of a list whose member has this value.
pub(crate) fn is_item(item: &Value, member: &str, value: &str) -> bool {
    match item.get(member) {
        Some(Value::String(text)) => text == value,
        Some(Value::Bool(is)) => value == if *is { "true" } else { "false" },
        Some(Value::Number(number)) => number.as_i64().is_some_and(|number| number.to_string() == value),
        _ => false,
    }
}

fn object(place: &mut Value) -> &mut Map<String, Value> {
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    match place {
        Value::Object(members) => members,
        _ => unreachable!("it was made an object above"),
    }
}

fn item<'b>(
    body: &'b mut Map<String, Value>,
    list: &str,
    member: &str,
    value: &str,
) -> &'b mut Map<String, Value> {
    let place = body.entry(list.to_owned()).or_insert(Value::Null);
    if !place.is_array() {
        *place = Value::Array(Vec::new());
    }
    let Value::Array(items) = place else { unreachable!("it was made a list above") };
    let found = items.iter().position(|item| is_item(item, member, value));
    let position = found.unwrap_or_else(|| {
        items.push(serde_json::json!({ member: value }));
        items.len() - 1
    });
    object(&mut items[position])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> OutPath {
        OutPath::parse(text).expect(text)
    }

    #[test]
    fn what_is_set_is_found() {
        let mut body = Map::new();
        path("name").set(&mut body, json!("Lamp"));
        path("billing.city").set(&mut body, json!("Riyadh"));
        path("meta_data[key=_tracking].value").set(&mut body, json!("T1"));
        path("meta_data[key=_carrier].value").set(&mut body, json!("DHL"));
        let body = Value::Object(body);
        let expected = json!({ "name": "Lamp", "billing": { "city": "Riyadh" }, "meta_data": [
            { "key": "_tracking", "value": "T1" }, { "key": "_carrier", "value": "DHL" }] });
        assert_eq!(body, expected);
        assert_eq!(path("meta_data[key=_carrier].value").find(&body), "DHL");
        assert_eq!(path("meta_data[key=other].value").find(&body), &Value::Null);
        assert_eq!(path("billing.city.name").find(&body), &Value::Null);
    }

    #[test]
    fn what_is_removed_is_gone_and_nothing_else() {
        let mut body = Map::new();
        for name in ["a", "b.c", "b.d", "e[k=1].f", "e[k=2].f", "e[k=1].g"] {
            path(name).set(&mut body, json!(1));
        }
        for name in ["a", "b.c", "e[k=1].f", "none", "a.b", "e[k=3].f", "b[k=1].c"] {
            path(name).remove(&mut body);
        }
        let expected = json!({ "b": { "d": 1 }, "e": [{ "k": "1", "g": 1 }, { "k": "2", "f": 1 }] });
        assert_eq!(Value::Object(body), expected);
    }

    #[test]
    fn a_wrong_path_says_what_is_wrong() {
        for (text, reason) in [
            ("", "empty"),
            ("a..b", "empty"),
            ("a[0].b", "by a member"),
            ("a[k=v]", "which member"),
            ("a[k=v", "closed"),
            ("a[k=v]b", "dot"),
        ] {
            assert!(OutPath::parse(text).expect_err(text).contains(reason), "{text}");
        }
    }
}
