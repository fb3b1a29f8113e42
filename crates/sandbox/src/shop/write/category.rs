//! Categories.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::kind::Kind;
use super::super::state::State;
use super::fields::{check_types, clean_name};
use super::{Fields, slug};

/// Creates a category; its name must be new below its parent.
pub(super) fn create(state: &mut State, body: &Fields) -> Result<u64, Refusal> {
    check_types(body, &["name", "slug", "description"], &["parent", "menu_order"])?;
    let Some(name) = body.get("name").and_then(Value::as_str) else {
        let data = json!({ "status": 400, "params": ["name"] });
        let message = "Missing parameter(s): name";
        let body = json!({ "code": "rest_missing_callback_param", "message": message, "data": data });
        return Err(Box::new(Answer::json(400, &body)));
    };
    let name = clean_name(name);
    let parent = body.get("parent").and_then(Value::as_u64).unwrap_or(0);
    if let Some(held) = find(state, &name, parent) {
        let message = "A term with the name provided already exists with this parent.";
        let data = json!({ "status": 400, "resource_id": held });
        let body = json!({ "code": "term_exists", "message": message, "data": data });
        return Err(Box::new(Answer::json(400, &body)));
    }
    let id = state.new_id(Kind::Category);
    let given = body.get("slug").and_then(Value::as_str).map(str::to_owned);
    let record = json!({
        "id": id, "name": name, "slug": given.unwrap_or_else(|| slug::kept(&name)), "parent": parent,
        "description": body.get("description").cloned().unwrap_or_else(|| "".into()), "display": "default",
        "image": null, "menu_order": 0, "count": 0,
    });
    if let Value::Object(record) = record {
        state.put(Kind::Category, id, record);
    }
    Ok(id)
}

/// Changes the fields that the body names.
pub(super) fn update(state: &mut State, id: u64, body: &Fields) -> Result<(), Refusal> {
    check_types(body, &["name", "slug", "description"], &["parent", "menu_order"])?;
    let Some(mut record) = state.take(Kind::Category, id) else { return Ok(()) };
    for name in ["slug", "description", "parent", "display", "menu_order"] {
        if let Some(value) = body.get(name) {
            record.insert(name.into(), value.clone());
        }
    }
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        record.insert("name".into(), clean_name(name).into());
    }
    state.put(Kind::Category, id, record);
    Ok(())
}

fn find(state: &State, name: &str, parent: u64) -> Option<u64> {
    let same = |id: &u64| {
        state
            .get(Kind::Category, *id)
            .is_some_and(|record| record["name"] == name && record["parent"] == parent)
    };
    state.ids(Kind::Category).into_iter().find(same)
}
