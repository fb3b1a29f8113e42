//! What all templates of a module see.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value;
use serde_json::json;

use super::backend::BackendView;
use super::cases::{self, Case};
use super::entity::EntityView;
use super::extension::Extension;
use super::jobs::jobs;
use super::python::{self, list, text};
use super::view::{entity_value, serde_value};
use super::{Names, Request};
use crate::definition::model::Definition;
use crate::module::stand_in;

/// What their values are made of.
pub(super) struct Shared<'a> {
    pub(super) request: &'a Request,
    pub(super) names: &'a Names,
    pub(super) definition: &'a Definition,
    pub(super) backend: &'a BackendView,
    pub(super) entities: &'a [EntityView],
    pub(super) depends: &'a [String],
    pub(super) cases: &'a [Case],
    pub(super) extensions: &'a [Extension],
}

impl Shared<'_> {
    pub(super) fn values(&self) -> BTreeMap<String, Value> {
        let cased: BTreeSet<&str> = self.cases.iter().map(|case| case.entity.as_str()).collect();
        let all: Vec<Value> = self.entities.iter().map(|entity| entity_value(entity, &cased)).collect();
        let pick = |keep: fn(&EntityView) -> bool| -> Vec<Value> {
            self.entities
                .iter()
                .zip(&all)
                .filter(|(entity, _)| keep(entity))
                .map(|(_, value)| value.clone())
                .collect()
        };
        let importing = pick(|entity| entity.imports);
        let exporting = pick(|entity| entity.exports);
        let export_methods = self.export_methods();
        let adapters = pick(|entity| !entity.adapter.attributes.is_empty());
        let title = self.definition.connector.title.clone();
        let summary = self
            .definition
            .connector
            .description
            .clone()
            .unwrap_or_else(|| format!("Connects {title} to Odoo."));
        let mut values = BTreeMap::new();
        let mut set = |name: &str, value: Value| {
            values.insert(name.to_owned(), value);
        };
        set("name", Value::from(self.names.name.clone()));
        set("module", Value::from(self.names.module.clone()));
        set("class", Value::from(self.names.class.clone()));
        set("title_xml", Value::from(html_escape::encode_double_quoted_attribute(&title).into_owned()));
        set("title_bar", Value::from("=".repeat(title.chars().count() + " Connector".len())));
        set("title", Value::from(title));
        set("summary", Value::from(summary));
        set("author", Value::from(self.request.author.clone()));
        set("depends", Value::from(list(self.depends)));
        set("has_imports", Value::from(!importing.is_empty()));
        set("has_exports", Value::from(!exporting.is_empty()));
        set("has_cases", Value::from(!self.cases.is_empty()));
        set("has_topics", Value::from(!self.backend.topics.is_empty()));
        let synced: Vec<String> = self
            .entities
            .iter()
            .filter(|entity| entity.imports)
            .map(|entity| entity.plural.clone())
            .collect();
        set("sync_entities", Value::from(list(&synced)));
        let sent: Vec<String> =
            self.entities.iter().filter(|entity| entity.exports).map(|entity| entity.model.clone()).collect();
        set("export_models", Value::from(list(&sent)));
        let settings: Vec<String> = self.definition.settings.keys().cloned().collect();
        set("setting_names", Value::from(list(&settings)));
        let quoted: Vec<String> = self.backend.base_url_settings.iter().map(|name| text(name)).collect();
        let secrets: Vec<String> =
            self.backend.header_secrets.iter().map(|secret| secret.field.clone()).collect();
        set("secret_fields", Value::from(list(&secrets)));
        set("base_url_depends", Value::from(quoted.join(", ")));
        let exported: BTreeSet<&str> = self
            .entities
            .iter()
            .filter(|entity| entity.exports)
            .map(|entity| entity.odoo_model.as_str())
            .collect();
        set("exported_models", serde_value(exported));
        set("channel_capacity", Value::from(self.backend.concurrency.unwrap_or(2)));
        let topics: Vec<&str> = self.backend.topics.iter().map(|topic| topic.topic.as_str()).collect();
        set("topics_text", Value::from(topics.join(", ")));
        set("jobs", serde_value(jobs(&self.names.name, self.entities)));
        set("handlers", serde_value(self.handlers()));
        set("extensions", serde_value(self.extensions));
        set("cases", serde_value(self.cases));
        set("backend", serde_value(self.backend));
        let stepping = pick(|entity| entity.imports && !entity.importer.follow.is_empty());
        let has_case = |entity: &Value| entity.get_attr("case").is_ok_and(|case| case.is_true());
        set("stepping", stepping.into_iter().filter(has_case).collect());
        set("importing", Value::from(importing));
        set("exporting", Value::from(exporting));
        let tests = export_methods.iter().map(|(method, models)| {
            let model = self.entities.iter().find(|entity| entity.export_method == *method);
            let created = models.iter().filter(|(_, creates)| *creates);
            let models: Vec<String> = created.map(|(model, _)| (*model).to_owned()).collect();
            Value::from_pairs([
                ("method", Value::from(*method)),
                (
                    "odoo_model",
                    Value::from(model.map(|entity| entity.odoo_model.clone()).unwrap_or_default()),
                ),
                ("creates", Value::from(!models.is_empty())),
                ("models", Value::from(list(&models))),
            ])
        });
        let notes = self
            .entities
            .iter()
            .flat_map(|entity| entity.export.notes.iter().map(|note| format!("{}: {note}", entity.title)));
        set("notes", notes.map(Value::from).collect());
        set("export_tests", tests.collect());
        set("export_methods", serde_value(&export_methods));
        set("adapters", Value::from(adapters));
        set("entities", Value::from(all));
        self.adapter(&mut set);
        self.tests(&mut set);
        values
    }

    fn adapter(&self, set: &mut impl FnMut(&str, Value)) {
        let attributes = || {
            self.backend
                .adapter
                .iter()
                .chain(self.entities.iter().flat_map(|entity| &entity.adapter.attributes))
        };
        let mut lines = Vec::new();
        if !self.backend.error_classes.is_empty() {
            lines.push(format!(
                "from odoo.addons.generic_connector.lib.errors import {}",
                self.backend.error_classes.join(", ")
            ));
        }
        let operations: Vec<&str> = [("Login", "Login("), ("Operation", "Operation("), ("Since", "Since(")]
            .into_iter()
            .filter(|(_, call)| attributes().any(|(_, code)| code.starts_with(call)))
            .map(|(name, _)| name)
            .collect();
        if !operations.is_empty() {
            lines.push(format!(
                "from odoo.addons.generic_connector.lib.operation import {}",
                operations.join(", ")
            ));
        }
        let mut pagers = self.backend.pagers.clone();
        pagers.extend(self.entities.iter().flat_map(|entity| entity.adapter.pagers.iter().copied()));
        if !pagers.is_empty() {
            let pagers: Vec<&str> = pagers.into_iter().collect();
            lines.push(format!("from odoo.addons.generic_connector.lib.paging import {}", pagers.join(", ")));
        }
        set("adapter_imports", Value::from(lines));
        set("adapter_bases", Value::from("AbstractComponent, Component"));
    }

    fn tests(&self, set: &mut impl FnMut(&str, Value)) {
        let address = |server: &str| -> Vec<(String, String)> {
            let mut settings = Vec::new();
            if self.backend.base_url.is_none() {
                settings.push(("base_url".to_owned(), server.to_owned()));
            }
            for setting in &self.backend.settings {
                let is_address = setting.is_url && self.backend.base_url_settings.contains(&setting.name);
                if is_address {
                    settings.push((setting.name.clone(), server.to_owned()));
                } else if setting.required && setting.sample == "\"test\"" {
                    settings.push((setting.name.clone(), setting.sample.clone()));
                }
            }
            settings
        };
        let mut test_settings = address("self.server.url");
        if self.backend.asks_for_tokens && self.backend.login.is_none() {
            test_settings.push(("oauth_token_url".to_owned(), "self.server.url + \"/token\"".to_owned()));
        }
        set("test_settings", serde_value(test_settings));
        let fields = || self.backend.credentials.iter().map(|credential| credential.field.as_str());
        let mut webhook_settings = address("\"http://127.0.0.1\"");
        let username = fields().find(|field| *field == "webhook_username");
        webhook_settings.extend(username.map(|field| (field.to_owned(), text("test"))));
        set("webhook_settings", serde_value(webhook_settings));
        let credentials: Vec<&str> = fields()
            .filter(|field| {
                let in_headers = self.backend.header_secrets.iter().any(|secret| secret.field == *field);
                in_headers
                    || matches!(
                        *field,
                        "username"
                            | "password"
                            | "api_key"
                            | "api_secret"
                            | "access_token"
                            | "token_secret"
                            | "client_id"
                            | "client_secret"
                            | "jwt_key"
                    )
            })
            .collect();
        set("test_credentials", serde_value(&credentials));
        set("secret_headers", serde_value(self.secret_headers(&credentials)));
        let base = cases::base_path(self.definition);
        let path = self.backend.verify_endpoint.as_ref().filter(|path| !path.contains('{'));
        let path = path.map(|path| format!("{base}/{}", path.trim_start_matches('/')));
        set("verify_path", Value::from(path.unwrap_or_default()));
        let verify = self.definition.auth.verify().and_then(|name| self.definition.operations.get(name));
        let answered =
            verify.map_or(json!({}), |operation| stand_in::answer(operation, stand_in::nothing(operation)).0);
        set("verify_answer", Value::from(python::value(&answered)));
        if let Some(topic) = self.backend.topics.first() {
            set("first_topic", Value::from(topic.topic.clone()));
            set("topic_body", Value::from(stand_in::at(&topic.id_path, json!(7)).to_string()));
            let model = self
                .entities
                .iter()
                .find(|entity| entity.name == topic.entity)
                .map(|entity| entity.model.clone());
            set("topic_model", Value::from(model.unwrap_or_default()));
        }
    }

    /// Headers that carry secrets, as the tests' backend sends them.
    fn secret_headers(&self, credentials: &[&str]) -> Vec<(&str, String)> {
        let sent = |value: &str| {
            credentials.iter().fold(value.to_owned(), |value, field| {
                value.replace(&format!("{{{field}}}"), &format!("test-{}", field.replace('_', "-")))
            })
        };
        let headers = self.backend.headers.iter().map(|(name, value)| (name.as_str(), value, sent(value)));
        let filled = headers.filter(|(_, value, sent)| *value != sent && !sent.contains('{'));
        filled.map(|(name, _, sent)| (name, sent)).collect()
    }

    fn handlers(&self) -> Vec<BTreeMap<&'static str, String>> {
        let mut seen = BTreeSet::new();
        let topics = self.backend.topics.iter().filter(|topic| seen.insert(topic.method.clone()));
        topics
            .map(|topic| {
                let model = self
                    .entities
                    .iter()
                    .find(|entity| entity.name == topic.entity)
                    .map(|entity| entity.model.clone());
                BTreeMap::from([
                    ("method", topic.method.clone()),
                    ("model", model.unwrap_or_default()),
                    ("id_path", text(&topic.id_path)),
                ])
            })
            .collect()
    }

    /// `export_<model>` -> binding models, and whether records without a binding get one: entities of the same Odoo model
    /// go out together.
    fn export_methods(&self) -> BTreeMap<&str, Vec<(&str, bool)>> {
        let mut methods: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
        for entity in self.entities.iter().filter(|entity| entity.exports) {
            let model = (entity.model.as_str(), entity.export.creates);
            methods.entry(&entity.export_method).or_default().push(model);
        }
        methods
    }
}
