//! A call's arguments against the signature of its method: places, names, and what Python says when they do not fit.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::orm::ids_of;
use crate::odoo::spec::Series;

/// A call's arguments: in order, then by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Json>,
    pub(crate) named: Map<String, Json>,
    /// JSON-2: the ids stand apart, and a misfit is an HTTP error.
    pub(crate) json2: bool,
}

/// What a method takes.
pub(super) struct Signature {
    /// Called on records, whose ids come first.
    pub(super) on_records: bool,
    parameters: &'static [&'static str],
    required: usize,
    /// Takes other names too.
    open: bool,
}

/// The signature of a method that the stand-in has in this series.
pub(super) fn signature(series: Series, model: &str, method: &str) -> Option<Signature> {
    let on_model = |parameters, required| Signature { on_records: false, parameters, required, open: false };
    let on_records = |parameters, required| Signature { on_records: true, parameters, required, open: false };
    Some(match method {
        "search" if series == Series::V16 => on_model(&["domain", "offset", "limit", "order", "count"], 1),
        "search" => on_model(&["domain", "offset", "limit", "order"], 1),
        "search_count" => on_model(&["domain", "limit"], 1),
        "search_read" => {
            let parameters = &["domain", "fields", "offset", "limit", "order", "load"];
            Signature { open: true, ..on_model(parameters, 0) }
        }
        "create" => on_model(&["vals_list"], 1),
        "check_object_reference" if model == "ir.model.data" => {
            on_model(&["module", "xml_id", "raise_on_access_error"], 2)
        }
        "load" => on_model(&["fields", "data"], 2),
        "fields_get" => on_model(&["allfields", "attributes"], 0),
        "name_search" if series >= Series::V19 => on_model(&["name", "domain", "operator", "limit"], 0),
        "name_search" => on_model(&["name", "args", "operator", "limit"], 0),
        "default_get" if series >= Series::V19 => on_model(&["fields"], 1),
        "default_get" => on_model(&["fields_list"], 1),
        "check_access_rights" => on_model(&["operation", "raise_exception"], 1),
        "has_access" if series >= Series::V18 => on_records(&["operation"], 1),
        "read" => on_records(&["fields", "load"], 0),
        "write" => on_records(&["vals"], 1),
        "unlink" | "get_metadata" | "action_archive" | "action_unarchive" => on_records(&[], 0),
        _ => return order_button(series, model, method),
    })
}

fn order_button(series: Series, model: &str, method: &str) -> Option<Signature> {
    let known = match method {
        "action_confirm" | "action_cancel" | "action_draft" => true,
        "action_done" => series == Series::V16,
        "action_lock" | "action_unlock" => series >= Series::V17,
        _ => false,
    };
    let button = Signature { on_records: true, parameters: &[], required: 0, open: false };
    (known && model == "sale.order").then_some(button)
}

/// Arguments by the names of the signature.
#[derive(Debug, Default)]
pub(super) struct Bound {
    pub(super) ids: Vec<u32>,
    values: HashMap<String, Json>,
}

impl Bound {
    /// Puts a call's arguments into the places of a signature.
    pub(super) fn new(method: &str, signature: &Signature, arguments: Arguments) -> Outcome<Bound> {
        let Arguments { positional, named, json2 } = arguments;
        let mut bound = Bound::default();
        let mut positional = positional.into_iter();
        if json2 {
            bound.ids = ids_of(named.get("ids").unwrap_or(&Json::Null));
        } else if signature.on_records {
            let index = || Error::new(Class::Index, "list index out of range");
            bound.ids = ids_of(&positional.next().ok_or_else(index)?);
        }
        let mut places = signature.parameters.iter();
        for value in positional {
            let too_many =
                || format!("{method}() takes {} positional arguments", signature.parameters.len() + 1);
            let place = places.next().ok_or_else(|| Error::new(Class::Type, too_many()))?;
            bound.values.insert((*place).to_owned(), value);
        }
        for (name, value) in named.into_iter().filter(|(name, _)| !matches!(name.as_str(), "context" | "ids"))
        {
            if !signature.open && !signature.parameters.contains(&name.as_str()) {
                let python = format!("got an unexpected keyword argument '{name}'");
                return Err(misfit(method, json2, &python, None));
            }
            bound.values.insert(name, value);
        }
        let required = &signature.parameters[..signature.required];
        match required.iter().find(|name| !bound.values.contains_key(**name)) {
            None => Ok(bound),
            Some(name) => {
                let python = format!("missing 1 required positional argument: '{name}'");
                Err(misfit(method, json2, &python, Some(name)))
            }
        }
    }

    /// An argument for good: what is large is not copied.
    pub(super) fn take(&mut self, name: &str) -> Json {
        self.values.remove(name).unwrap_or(Json::Null)
    }

    pub(super) fn get(&self, name: &str) -> &Json {
        const NULL: &Json = &Json::Null;
        self.values.get(name).unwrap_or(NULL)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A list of texts; empty if it is not given.
    pub(super) fn names(&self, name: &str) -> Vec<String> {
        let items = self.get(name).as_array();
        items.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// A number above zero.
    pub(super) fn count(&self, name: &str) -> Option<usize> {
        self.get(name).as_u64().map(|count| count as usize).filter(|count| *count > 0)
    }
}

fn misfit(method: &str, json2: bool, python: &str, missing: Option<&str>) -> Error {
    match (json2, missing) {
        (false, _) => Error::new(Class::Type, format!("BaseModel.{method}() {python}")),
        (true, Some(name)) => {
            Error::new(Class::Unprocessable, format!("missing a required argument: '{name}'"))
        }
        (true, None) => Error::new(Class::Unprocessable, python),
    }
}
