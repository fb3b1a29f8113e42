//! The methods that can be called from outside, by name.

mod arguments;

use serde_json::{Map, Value as Json, json};

pub(crate) use arguments::Arguments;
use arguments::{Bound, signature};

use super::business::{self, amounts, order};
use super::error::{Class, Error, Outcome};
use super::load;
use super::orm::{Env, Operation, Page};
use super::schema::{Kind, ModelId};
use super::spec::Series;

/// Runs `method` of `model`.
pub(crate) fn call(env: &mut Env<'_>, model: ModelId, method: &str, arguments: Arguments) -> Outcome<Json> {
    let name = env.model(model).name;
    if method.starts_with('_') {
        let message = format!("Private methods (such as '{name}.{method}') cannot be called remotely.");
        return Err(Error::new(Class::Access, message));
    }
    let Some(signature) = signature(env.series(), name, method) else {
        let class = if arguments.json2 { Class::NotFound } else { Class::Attribute };
        // As a build of January 2025 says it; the others that were seen check it at the door.
        let message = if env.series() == Series::V17 {
            format!("The method '{method}' does not exist on the model '{name}'")
        } else {
            format!("The method '{name}.{method}' does not exist")
        };
        return Err(Error::new(class, message));
    };
    if arguments.json2
        && !signature.on_records
        && arguments.named.get("ids").is_some_and(|ids| *ids != json!([]))
    {
        return Err(Error::new(Class::Unprocessable, format!("cannot call {name}.{method} with ids")));
    }
    let json2 = arguments.json2;
    let mut bound = Bound::new(method, &signature, arguments)?;
    env.check_companies()?;
    let result = perform(env, model, method, &mut bound, json2)?;
    amounts::settle(env);
    Ok(result)
}

fn perform(env: &mut Env<'_>, model: ModelId, method: &str, bound: &mut Bound, json2: bool) -> Outcome<Json> {
    match method {
        "search" => env.search(model, bound.get("domain"), &page(bound)).map(|ids| json!(ids)),
        "search_count" => {
            env.search_count(model, bound.get("domain"), bound.count("limit")).map(|count| json!(count))
        }
        "search_read" => {
            let ids = env.search(model, bound.get("domain"), &page(bound))?;
            env.read(model, &ids, &bound.names("fields"), classic(bound))
        }
        "read" => env.read(model, &bound.ids, &bound.names("fields"), classic(bound)),
        "create" => create(env, model, bound, json2),
        "write" => {
            env.check_access(model, Operation::Write)?;
            let vals = match env.vals(model, bound.get("vals").as_object().unwrap_or(&Map::new())) {
                // 19.0 looks the field up without a word of its own.
                Err(Error { class: Class::Value, message, .. })
                    if env.series() >= Series::V19 && message.starts_with("Invalid field") =>
                {
                    return Err(Error::new(Class::Key, message.split('\'').nth(1).unwrap_or_default()));
                }
                vals => vals?,
            };
            env.write(model, &bound.ids, vals)?;
            Ok(Json::Bool(true))
        }
        "unlink" => env.unlink(model, &bound.ids).map(|()| Json::Bool(true)),
        "load" => load_rows(env, model, bound),
        "fields_get" => Ok(env.fields_get(model, &bound.names("allfields"), &bound.names("attributes"))),
        "name_search" => name_search(env, model, bound),
        "get_metadata" => get_metadata(env, model, &bound.ids),
        "check_object_reference" => check_object_reference(env, bound),
        "default_get" => default_get(env, model, bound),
        "check_access_rights" => check_access_rights(env, model, bound),
        "has_access" => {
            let operation = bound.get("operation").as_str().and_then(Operation::of);
            Ok(Json::Bool(operation.is_some_and(|operation| env.may(model, operation))))
        }
        // These two return nothing at all.
        "action_archive" => business::set_active(env, model, &bound.ids, false).map(|()| Json::Null),
        "action_unarchive" => business::set_active(env, model, &bound.ids, true).map(|()| Json::Null),
        _ => order_button(env, method, &bound.ids),
    }
}

fn order_button(env: &mut Env<'_>, method: &str, ids: &[u32]) -> Outcome<Json> {
    match method {
        "action_confirm" => order::confirm(env, ids)?,
        "action_cancel" => return order::cancel(env, ids),
        "action_draft" => order::draft(env, ids)?,
        "action_lock" | "action_done" => return order::lock(env, ids, true).map(|()| Json::Null),
        _ => return order::lock(env, ids, false).map(|()| Json::Null),
    }
    Ok(Json::Bool(true))
}

fn page(bound: &Bound) -> Page {
    Page {
        offset: bound.count("offset").unwrap_or(0),
        limit: bound.count("limit"),
        order: bound.get("order").as_str().map(str::to_owned),
    }
}

/// Are many2one values wanted as `[id, name]`?
fn classic(bound: &Bound) -> bool {
    !bound.has("load") || bound.get("load") == "_classic_read"
}

fn create(env: &mut Env<'_>, model: ModelId, bound: &Bound, json2: bool) -> Outcome<Json> {
    env.check_access(model, Operation::Create)?;
    let given = bound.get("vals_list");
    let (items, single) = match given {
        Json::Array(items) => (items.iter().collect(), false),
        other => (vec![other], true),
    };
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        list.push(env.vals(model, item.as_object().unwrap_or(&Map::new()))?);
    }
    let ids = env.create(model, list)?;
    Ok(if single && !json2 { json!(ids.first()) } else { json!(ids) })
}

fn load_rows(env: &mut Env<'_>, model: ModelId, bound: &mut Bound) -> Outcome<Json> {
    let fields = bound.names("fields");
    let rows = match bound.take("data") {
        Json::Array(rows) => rows,
        _ => Vec::new(),
    };
    let is_boolean = |name: &String| {
        let field = env.model(model).field(name);
        field.is_some_and(|field| env.field(model, field).kind == Kind::Boolean)
    };
    let booleans: Vec<usize> = (0..fields.len()).filter(|column| is_boolean(&fields[*column])).collect();
    if rows.iter().any(|row| booleans.iter().any(|column| row.get(*column) == Some(&Json::Bool(true)))) {
        return Err(Error::new(Class::Attribute, "'bool' object has no attribute 'lower'"));
    }
    let texts = |row: Json| match row {
        Json::Array(cells) => cells.into_iter().map(cell_text).collect(),
        _ => Vec::new(),
    };
    let rows: Vec<Vec<String>> = rows.into_iter().map(texts).collect();
    load::load(env, model, &fields, &rows)
}

/// Cells are text; what is false in Python is empty.
fn cell_text(cell: Json) -> String {
    match cell {
        Json::String(text) => text,
        Json::Bool(true) => "True".to_owned(),
        Json::Number(number) if number.as_f64() != Some(0.0) => number.to_string(),
        _ => String::new(),
    }
}

fn name_search(env: &mut Env<'_>, model: ModelId, bound: &Bound) -> Outcome<Json> {
    let name = bound.get("name").as_str().unwrap_or_default();
    let operator = bound.get("operator").as_str().unwrap_or("ilike");
    let limit = bound.count("limit").or(Some(100));
    let domain = if bound.has("args") { bound.get("args") } else { bound.get("domain") };
    env.name_search(model, name, domain, operator, limit).map(|found| json!(found))
}

fn get_metadata(env: &mut Env<'_>, model: ModelId, ids: &[u32]) -> Outcome<Json> {
    env.check_access(model, Operation::Read)?;
    let names = ["create_uid", "create_date", "write_uid", "write_date"].map(str::to_owned);
    let Json::Array(mut records) = env.read(model, ids, &names, true)? else { return Ok(json!([])) };
    for record in &mut records {
        let id = record["id"].as_u64().unwrap_or(0) as u32;
        let xmlids = env.xmlids_of(model, id);
        record["noupdate"] = json!(false);
        record["xmlid"] = xmlids.first().map_or(Json::Bool(false), |xmlid| json!(xmlid));
        record["xmlids"] = xmlids.iter().map(|xmlid| json!({ "xmlid": xmlid, "noupdate": false })).collect();
    }
    Ok(Json::Array(records))
}

/// Whoever may not read `ir.model.data` may ask this.
fn check_object_reference(env: &mut Env<'_>, bound: &Bound) -> Outcome<Json> {
    let text = |name: &str| bound.get(name).as_str().unwrap_or_default().to_owned();
    let xmlid = format!("{}.{}", text("module"), text("xml_id"));
    let found = env.find_xmlid(&xmlid);
    let (model, id) = found
        .ok_or_else(|| Error::new(Class::Value, format!("External ID not found in the system: {xmlid}")))?;
    Ok(json!([env.model(model).name, id]))
}

fn default_get(env: &mut Env<'_>, model: ModelId, bound: &Bound) -> Outcome<Json> {
    let mut defaults = Map::new();
    for name in bound.names("fields_list").into_iter().chain(bound.names("fields")) {
        if let Some(field) = env.model(model).field(&name) {
            let value = env.default_of(model, field)?;
            if !value.is_unset() {
                defaults.insert(name, value.to_json());
            }
        }
    }
    Ok(Json::Object(defaults))
}

fn check_access_rights(env: &Env<'_>, model: ModelId, bound: &Bound) -> Outcome<Json> {
    let operation = bound.get("operation").as_str().and_then(Operation::of);
    let operation = operation.ok_or_else(|| Error::new(Class::Value, "Unexpected operation"))?;
    if bound.get("raise_exception").as_bool().unwrap_or(true) {
        env.check_access(model, operation)?;
    }
    Ok(Json::Bool(env.may(model, operation)))
}
