//! `fields_get`.

use serde_json::{Map, Value as Json, json};

use super::Env;
use super::demand::of_template;
use crate::odoo::schema::{Digits, Field, Kind, ModelId};

impl Env<'_> {
    /// Attributes by field; empty lists mean all.
    pub(crate) fn fields_get(&self, model: ModelId, names: &[String], attributes: &[String]) -> Json {
        let definition = self.model(model);
        let wanted = |field: &&Field| names.is_empty() || names.iter().any(|name| name == field.name);
        let fields = definition.fields.iter().filter(wanted).map(|field| {
            let mut about = describe(definition.name, field);
            if !attributes.is_empty() {
                about.retain(|key, _| attributes.contains(key));
            }
            (field.name.to_owned(), Json::Object(about))
        });
        Json::Object(fields.collect())
    }
}

fn describe(model: &str, field: &Field) -> Map<String, Json> {
    let mut about = Map::new();
    let mut put = |key: &str, value: Json| about.insert(key.to_owned(), value);
    put("name", json!(field.name));
    put("string", json!(field.label));
    put("type", json!(field.kind.name()));
    put("required", json!(field.required));
    put("readonly", json!(field.readonly));
    // A product's template keeps most of its fields; a one2many counts as stored.
    let of_template = model == "product.product" && of_template(field.name);
    let many = matches!(field.kind, Kind::One2many(..) | Kind::Many2many(_));
    put("store", json!((field.stored || many) && !of_template));
    put("company_dependent", json!(false));
    put("searchable", json!(true));
    put("sortable", json!(field.stored && !many));
    if let Some(relation) = field.kind.relation() {
        put("relation", json!(relation));
        put("domain", json!([]));
        put("context", json!({}));
    }
    match &field.kind {
        Kind::One2many(_, inverse) => {
            put("relation_field", json!(inverse));
        }
        Kind::Selection(options) => {
            put("selection", json!(options));
        }
        Kind::Float(digits) => {
            put("digits", if matches!(digits, Digits::Precision(_)) { json!([16, 2]) } else { json!(false) });
        }
        Kind::Monetary => {
            put("currency_field", json!("currency_id"));
        }
        Kind::Char | Kind::Text | Kind::Html => {
            put("translate", json!(field.translate));
        }
        _ => {}
    }
    about
}
