//! The methods that can be called from outside, by name.

use serde_json::{Map, Value as Json, json};

use super::business::{self, order};
use super::error::{Class, Error, Outcome};
use super::load;
use super::orm::{Env, Operation, Page};
use super::schema::ModelId;

/// A call's arguments: in order, then by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Json>,
    pub(crate) named: Map<String, Json>,
}

impl Arguments {
    /// An argument by place or by any of its names.
    fn get(&self, place: usize, names: &[&str]) -> &Json {
        const NULL: &Json = &Json::Null;
        let named = || names.iter().find_map(|name| self.named.get(*name));
        self.positional.get(place).or_else(named).unwrap_or(NULL)
    }

    fn required(&self, place: usize, name: &str, method: &str) -> Outcome<&Json> {
        match self.get(place, &[name]) {
            Json::Null => {
                let message = format!("{method}() missing 1 required positional argument: '{name}'");
                Err(Error::new(Class::Type, message))
            }
            json => Ok(json),
        }
    }

    fn names(&self, place: usize, name: &str) -> Vec<String> {
        let items = self.get(place, &[name]).as_array();
        items.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    fn count(&self, place: usize, name: &str) -> Option<usize> {
        self.get(place, &[name]).as_u64().map(|count| count as usize).filter(|count| *count > 0)
    }

    fn ids(&self) -> Vec<u32> {
        match self.get(0, &["ids"]) {
            Json::Array(items) => items.iter().filter_map(Json::as_u64).map(|id| id as u32).collect(),
            other => other.as_u64().map(|id| id as u32).into_iter().collect(),
        }
    }

    /// `search` and its kin: where `offset`, `limit` and `order` stand.
    fn page(&self, first: usize) -> Page {
        Page {
            offset: self.count(first, "offset").unwrap_or(0),
            limit: self.count(first + 1, "limit"),
            order: self.get(first + 2, &["order"]).as_str().map(str::to_owned),
        }
    }
}

/// Methods that are called on the model and take no ids.
pub(crate) const MODEL_METHODS: &[&str] = &[
    "search",
    "search_read",
    "search_count",
    "create",
    "load",
    "fields_get",
    "name_search",
    "name_create",
    "default_get",
    "check_access_rights",
];

/// Runs `method` of `model`.
pub(crate) fn call(env: &mut Env<'_>, model: ModelId, method: &str, arguments: &Arguments) -> Outcome<Json> {
    env.check_companies()?;
    let result = perform(env, model, method, arguments)?;
    order::settle(env);
    Ok(result)
}

fn perform(env: &mut Env<'_>, model: ModelId, method: &str, arguments: &Arguments) -> Outcome<Json> {
    match method {
        "search" => {
            let ids = env.search(model, arguments.get(0, &["domain", "args"]), &arguments.page(1))?;
            Ok(json!(ids))
        }
        "search_count" => {
            let domain = arguments.get(0, &["domain", "args"]);
            env.search_count(model, domain, arguments.count(1, "limit")).map(|count| json!(count))
        }
        "search_read" => {
            let ids = env.search(model, arguments.get(0, &["domain"]), &arguments.page(2))?;
            let classic = arguments.named.get("load").is_none_or(|load| load == "_classic_read");
            env.read(model, &ids, &arguments.names(1, "fields"), classic)
        }
        "read" => {
            let classic = match arguments.get(2, &["load"]) {
                Json::Null => !arguments.named.contains_key("load"),
                load => load == "_classic_read",
            };
            env.read(model, &arguments.ids(), &arguments.names(1, "fields"), classic)
        }
        "create" => create(env, model, arguments),
        "write" => {
            let vals = arguments.required(1, "vals", "write")?.as_object().cloned().unwrap_or_default();
            let ids = arguments.ids();
            env.check_access(model, Operation::Write)?;
            let vals = env.vals(model, &vals)?;
            env.write(model, &ids, vals)?;
            Ok(Json::Bool(true))
        }
        "unlink" => env.unlink(model, &arguments.ids()).map(|()| Json::Bool(true)),
        "load" => load_rows(env, model, arguments),
        "fields_get" => {
            Ok(env.fields_get(model, &arguments.names(0, "allfields"), &arguments.names(1, "attributes")))
        }
        "name_search" => {
            let name = arguments.get(0, &["name"]).as_str().unwrap_or_default();
            let operator = arguments.get(2, &["operator"]).as_str().unwrap_or("ilike");
            let limit = arguments.count(3, "limit").or(Some(100));
            let found =
                env.name_search(model, name, arguments.get(1, &["domain", "args"]), operator, limit)?;
            Ok(json!(found))
        }
        "get_metadata" => get_metadata(env, model, &arguments.ids()),
        "default_get" => default_get(env, model, &arguments.names(0, "fields_list")),
        "check_access_rights" => check_access_rights(env, model, arguments),
        "has_access" => {
            let operation = arguments.get(1, &["operation"]).as_str().and_then(Operation::of);
            Ok(Json::Bool(operation.is_some_and(|operation| env.may(model, operation))))
        }
        "action_archive" | "action_unarchive" => {
            business::set_active(env, model, &arguments.ids(), method == "action_unarchive")?;
            Ok(Json::Bool(true))
        }
        _ if env.model(model).name == "sale.order" => order_button(env, method, &arguments.ids()),
        _ => Err(no_method(env, model, method)),
    }
}

fn order_button(env: &mut Env<'_>, method: &str, ids: &[u32]) -> Outcome<Json> {
    match method {
        "action_confirm" => order::confirm(env, ids)?,
        "action_cancel" => order::cancel(env, ids)?,
        "action_draft" => order::draft(env, ids)?,
        "action_lock" | "action_done" => order::lock(env, ids, true)?,
        "action_unlock" => order::lock(env, ids, false)?,
        _ => return Err(no_method(env, env.schema().known("sale.order"), method)),
    }
    Ok(Json::Bool(true))
}

pub(crate) fn no_method(env: &Env<'_>, model: ModelId, method: &str) -> Error {
    let message = format!("The method '{}.{method}' does not exist", env.model(model).name);
    Error::new(Class::Attribute, message)
}

fn create(env: &mut Env<'_>, model: ModelId, arguments: &Arguments) -> Outcome<Json> {
    env.check_access(model, Operation::Create)?;
    let given = arguments.get(0, &["vals_list", "vals", "values"]);
    let (items, single) = match given {
        Json::Array(items) => (items.iter().collect(), false),
        other => (vec![other], true),
    };
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        list.push(env.vals(model, item.as_object().unwrap_or(&Map::new()))?);
    }
    let ids = env.create(model, list)?;
    Ok(if single { json!(ids.first()) } else { json!(ids) })
}

fn load_rows(env: &mut Env<'_>, model: ModelId, arguments: &Arguments) -> Outcome<Json> {
    let fields = arguments.names(0, "fields");
    let rows = arguments.get(1, &["data"]).as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.as_array().into_iter().flatten().map(cell_text).collect()).collect();
    load::load(env, model, &fields, &rows)
}

/// Cells are text; what is false in Python is empty.
fn cell_text(cell: &Json) -> String {
    match cell {
        Json::String(text) => text.clone(),
        Json::Bool(true) => "True".to_owned(),
        Json::Number(number) if number.as_f64() != Some(0.0) => number.to_string(),
        _ => String::new(),
    }
}

fn get_metadata(env: &mut Env<'_>, model: ModelId, ids: &[u32]) -> Outcome<Json> {
    env.check_access(model, Operation::Read)?;
    let names = ["create_uid", "create_date", "write_uid", "write_date"].map(str::to_owned);
    let existing: Vec<u32> = ids.iter().copied().filter(|id| env.db.table(model).contains(*id)).collect();
    let Json::Array(mut records) = env.read(model, &existing, &names, true)? else { return Ok(json!([])) };
    for record in &mut records {
        let id = record["id"].as_u64().unwrap_or(0) as u32;
        let xmlids = env.xmlids_of(model, id);
        record["noupdate"] = json!(false);
        record["xmlid"] = xmlids.first().map_or(Json::Bool(false), |xmlid| json!(xmlid));
        record["xmlids"] = xmlids.iter().map(|xmlid| json!({ "xmlid": xmlid, "noupdate": false })).collect();
    }
    Ok(Json::Array(records))
}

fn default_get(env: &mut Env<'_>, model: ModelId, names: &[String]) -> Outcome<Json> {
    let mut defaults = Map::new();
    for name in names {
        if let Some(field) = env.model(model).field(name) {
            let value = env.default_of(model, field)?;
            if !value.is_unset() {
                defaults.insert(name.clone(), value.to_json());
            }
        }
    }
    Ok(Json::Object(defaults))
}

fn check_access_rights(env: &Env<'_>, model: ModelId, arguments: &Arguments) -> Outcome<Json> {
    let operation = arguments.get(0, &["operation"]).as_str().and_then(Operation::of);
    let operation = operation.ok_or_else(|| Error::new(Class::Value, "Unexpected operation"))?;
    if arguments.get(1, &["raise_exception"]).as_bool().unwrap_or(true) {
        env.check_access(model, operation)?;
    }
    Ok(Json::Bool(env.may(model, operation)))
}
