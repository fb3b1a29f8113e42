//! What the installed module is made of: its backend, its bindings, its records in the database.

use std::collections::BTreeMap;

use odoo_rpc::{Client, Record, SearchOptions};
use serde_json::{Value, json};

use super::VerifyError;
use super::module::Module;

/// The module in the database.
#[derive(Debug, Default)]
pub(super) struct Subject {
    /// Model of the concrete backend; the module may have none.
    pub(super) backend_model: Option<String>,
    /// The backend that was made to try things on.
    pub(super) backend: Option<i64>,
    /// Its record in generic.backend, which failures and webhooks refer to.
    pub(super) generic: Option<i64>,
    /// Models of bindings, with the model each one binds.
    pub(super) bindings: BTreeMap<String, String>,
    /// Every stored model of the module's own.
    pub(super) models: Vec<String>,
    /// By model, ids of the module's own records in its data files.
    pub(super) data: BTreeMap<String, Vec<i64>>,
}

impl Subject {
    pub(super) async fn look(admin: &Client, module: &Module) -> Result<Subject, VerifyError> {
        let mut subject = Subject::default();
        let domain = json!([["module", "=", module.name]]);
        for record in admin
            .search_read("ir.model.data", &domain, &["model", "res_id"], SearchOptions::default())
            .await?
        {
            if let (Some(model), Some(id)) =
                (text(&record, "model"), record.get("res_id").and_then(Value::as_i64))
            {
                subject.data.entry(model.to_owned()).or_default().push(id);
            }
        }
        let ids = subject.data.get("ir.model").cloned().unwrap_or_default();
        let mut names: Vec<String> = admin
            .read("ir.model", &ids, &["model", "transient", "modules"])
            .await?
            .iter()
            .filter(|model| model.get("transient") != Some(&Value::Bool(true)))
            // A model that the module only extends is another module's too.
            .filter(|model| text(model, "modules").is_some_and(|modules| modules == module.name))
            .filter_map(|model| Some(text(model, "model")?.to_owned()))
            .collect();
        names.sort_unstable();
        for name in names {
            let fields = admin.fields_get(&name, &["type", "relation", "required"]).await?;
            let relation = |field: &str| {
                fields.get(field).and_then(|field| field.get("relation")?.as_str().map(str::to_owned))
            };
            if relation("generic_backend_id").as_deref() == Some("generic.backend") {
                subject.backend_model = Some(name.clone());
            } else if let (Some(bound), true) = (relation("odoo_id"), fields.contains_key("external_id")) {
                subject.bindings.insert(name.clone(), bound);
            }
            subject.models.push(name);
        }
        Ok(subject)
    }

    /// Model and id of the backend that was made.
    pub(super) fn made(&self) -> Option<(&str, i64)> {
        Some((self.backend_model.as_deref()?, self.backend?))
    }

    /// How many bindings there are, by model.
    pub(super) async fn counts(&self, admin: &Client) -> Result<BTreeMap<&str, u64>, VerifyError> {
        let mut counts = BTreeMap::new();
        for model in self.bindings.keys() {
            counts.insert(model.as_str(), admin.search_count(model, &json!([])).await?);
        }
        Ok(counts)
    }
}

/// A text field that is filled.
pub(super) fn text<'r>(record: &'r Record, field: &str) -> Option<&'r str> {
    record.get(field).and_then(Value::as_str)
}
