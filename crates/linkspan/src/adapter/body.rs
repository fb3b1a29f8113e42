//! The body of a request: what the definition says of it, parameters at their paths, the record.

use serde_json::{Map, Value};

use crate::definition::model::{Definition, SettingType};
use crate::definition::operation::Operation;
use crate::definition::path::{self, Step};

use super::param::Param;

/// The operation's own body with its `{name}`s filled in; a member whose setting is not given is left out. `value` gives
/// what a name stands for.
pub(super) fn fixed(operation: &Operation, value: impl Fn(&str) -> Option<Value> + Copy) -> Option<Value> {
    filled(operation.body.as_ref()?, value)
}

/// A body with each text that is a name alone filled in; what has no value is left out.
pub(crate) fn filled(template: &Value, value: impl Fn(&str) -> Option<Value> + Copy) -> Option<Value> {
    Some(match template {
        Value::String(text) => match name(text) {
            Some(name) => value(name)?,
            None => template.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().filter_map(|item| filled(item, value)).collect()),
        Value::Object(members) => Value::Object(
            members.iter().filter_map(|(name, item)| Some((name.clone(), filled(item, value)?))).collect(),
        ),
        other => other.clone(),
    })
}

/// A setting as it stands in a body: a number and true/false are no texts there.
pub(super) fn setting(definition: &Definition, name: &str, text: &str) -> Value {
    match definition.settings.get(name).map(|setting| setting.kind) {
        Some(SettingType::Integer) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Some(SettingType::Boolean) => Value::Bool(text == "true"),
        _ => text.into(),
    }
}

/// The name that a text of a body stands for: `id` of `{id}`. A text that has anything besides is a text.
pub(crate) fn name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.strip_suffix('}')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}

/// The names that an operation's body stands for.
pub(super) fn names(operation: &Operation) -> Vec<String> {
    operation.body.as_ref().map(names_in).unwrap_or_default()
}

/// The names that stand alone in a body.
pub(crate) fn names_in(body: &Value) -> Vec<String> {
    match body {
        Value::String(text) => name(text).map(str::to_owned).into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(names_in).collect(),
        Value::Object(members) => members.values().flat_map(names_in).collect(),
        _ => Vec::new(),
    }
}

/// A body with parameters at the paths that their names give.
pub(super) fn with_params<'p>(
    mut body: Option<Value>,
    params: impl IntoIterator<Item = &'p Param>,
) -> Result<Option<Value>, String> {
    for param in params {
        let whole = body.get_or_insert_with(|| Value::Object(Map::new()));
        put(whole, &param.name, param.value.clone())?;
    }
    Ok(body)
}

/// A body with the record in it: at the path `wrap`, or its members beside those of the body.
pub(super) fn with_record(body: Option<Value>, wrap: Option<&str>, record: &Value) -> Result<Value, String> {
    let mut body = body.unwrap_or_else(|| Value::Object(Map::new()));
    match (wrap, record) {
        (Some(path), record) => put(&mut body, path, record.clone())?,
        (None, Value::Object(members)) => {
            if let Value::Object(own) = &mut body {
                own.extend(members.clone());
            }
        }
        (None, other) => body = other.clone(),
    }
    Ok(body)
}

/// Puts `value` at `path`. Objects on the way are made, and a list takes one more item at its end; where an object is
/// put on an object their members come together.
pub(crate) fn put(whole: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let steps = path::parse(path).map_err(|(_, message)| format!("`{path}`: {message}"))?;
    let mut here = whole;
    for (step, _) in steps {
        if here.is_null() {
            *here = if matches!(step, Step::Key(_)) {
                Value::Object(Map::new())
            } else {
                Value::Array(Vec::new())
            };
        }
        here = match (step, here) {
            (Step::Key(name), Value::Object(members)) => members.entry(name).or_insert(Value::Null),
            (Step::Index(index), Value::Array(items)) => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                if index == items.len() {
                    items.push(Value::Null);
                }
                items.get_mut(index).ok_or_else(|| format!("the body has no place for `{path}`"))?
            }
            _ => return Err(format!("the body has something else on the way to `{path}`")),
        };
    }
    match (here, value) {
        (Value::Object(members), Value::Object(more)) => members.extend(more),
        (here, value) => *here = value,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn operation(body: &str) -> Operation {
        let text = format!("method = 'POST'\npath = '/search'\nrepeat = 'safe'\n{body}");
        toml::from_str(&text).expect("an operation")
    }

    #[test]
    fn a_text_that_is_a_name_alone_is_filled_in() {
        let operation = operation(
            "body = { query = 'query($id: ID!) { order(id: $id) { id } }', variables = { id = '{id}', \
             of = ['{shop}', '{none}'], first = 10, odd = '{ id }', none = '{none}' } }",
        );
        let known = |name: &str| (name != "none").then(|| Value::from(format!("<{name}>")));
        assert_eq!(names(&operation), ["id", "none", "shop", "none"]);
        let body = fixed(&operation, known).expect("a body");
        let variables = json!({ "id": "<id>", "of": ["<shop>"], "first": 10, "odd": "{ id }" });
        assert_eq!(body["variables"], variables);
        assert_eq!(body["query"], "query($id: ID!) { order(id: $id) { id } }");
    }

    #[test]
    fn parameters_stand_at_their_paths() {
        let body = json!({ "filterGroups": [{ "filters": [{ "propertyName": "changed" }] }] });
        let params = [Param::new("filterGroups[0].filters[0].value", "7"), Param::new("limit", 100)];
        let body = with_params(Some(body), &params).expect("a body");
        let filter = json!({ "propertyName": "changed", "value": "7" });
        assert_eq!(body, Some(json!({ "filterGroups": [{ "filters": [filter] }], "limit": 100 })));
        let made = with_params(None, &[Param::new("sorts[0].by", "id")]).expect("a body");
        assert_eq!(made, Some(json!({ "sorts": [{ "by": "id" }] })));
        assert_eq!(with_params(None, &[]), Ok(None));
    }

    #[test]
    fn a_path_that_the_body_has_no_place_for_is_refused() {
        for (body, path) in
            [("{\"a\": []}", "a[1].b"), ("{\"a\": 1}", "a.b"), ("{\"a\": {}}", "a[0]"), ("{}", "a[-1]")]
        {
            let body = serde_json::from_str(body).expect("JSON");
            let refused = with_params(Some(body), &[Param::new(path, 1)]).expect_err(path);
            assert!(refused.contains(path), "{refused}");
        }
    }

    #[test]
    fn a_record_stands_at_its_path_beside_what_is_fixed() {
        let record = json!({ "name": "Mug" });
        assert_eq!(with_record(None, None, &record), Ok(record.clone()));
        assert_eq!(with_record(None, Some("product"), &record), Ok(json!({ "product": { "name": "Mug" } })));
        let body = json!({ "query": "mutation", "variables": { "input": { "id": "7" } } });
        let whole = with_record(Some(body), Some("variables.input"), &record).expect("a body");
        assert_eq!(whole["variables"], json!({ "input": { "id": "7", "name": "Mug" } }));
    }
}
