//! Everything that the templates need, as ready values.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::{Serde, Value};
use serde::Serialize;
use serde_json::json;

use super::backend::BackendView;
use super::cases::{self, Case};
use super::choice::{choose, goes_out, incoming, leaves};
use super::entity::{EntityView, Translator};
use super::extension::{Extension, extensions};
use super::jobs::jobs;
use super::models::{addon_of_field, addon_of_model};
use super::names::title;
use super::python::{self, list, text};
use super::source::Source;
use super::translate::Scope;
use super::{InitError, Item, Names, Request};
use crate::definition::model::{Definition, Series as DefinitionSeries};
use crate::module::{Series, stand_in};

/// Values for all templates of a module.
pub(super) struct View {
    series: Series,
    shared: BTreeMap<String, Value>,
    entities: Vec<(String, Value, Files)>,
    extensions: Vec<(String, Value)>,
    pub(super) cases: Vec<Case>,
    pub(super) entity_names: Vec<String>,
    pub(super) depends: Vec<String>,
}

/// Which files an entity has.
#[derive(Debug, Clone, Copy)]
struct Files {
    importer: bool,
    exporter: bool,
}

impl View {
    /// Files that the template at `path` becomes, each with what it is about.
    pub(super) fn targets(&self, path: &str) -> Vec<(String, Item)> {
        let flag = |name: &str| self.shared.get(name).is_some_and(Value::is_true);
        let wanted = match path {
            "wizards/__init__.py"
            | "wizards/sync_wizard.py"
            | "wizards/sync_wizard_views.xml"
            | "tests/test_wizard.py" => flag("has_imports"),
            "data/export_action_data.xml" | "tests/test_export.py" => flag("has_exports"),
            "tests/test_import.py" => flag("has_cases"),
            "tests/test_webhook.py" | "controllers/__init__.py" | "controllers/webhook_controller.py" => {
                flag("has_topics")
            }
            _ => true,
        };
        if !wanted {
            return Vec::new();
        }
        if path == "models/extension.py" {
            let target = |(file, value): &(String, Value)| {
                (format!("models/{file}.py"), Some(("extension", value.clone())))
            };
            return self.extensions.iter().map(target).collect();
        }
        let Some((folder, rest)) = path.split_once("/entity_") else { return vec![(path.to_owned(), None)] };
        let fits = |files: &Files| match rest {
            "mapper.py" | "importer.py" => files.importer,
            "exporter.py" => files.exporter,
            _ => true,
        };
        let entities = self.entities.iter().filter(|(_, _, files)| fits(files));
        entities
            .map(|(name, value, _)| (format!("{folder}/{name}_{rest}"), Some(("entity", value.clone()))))
            .collect()
    }

    /// Values for one template.
    pub(super) fn context(&self, item: Item) -> Value {
        let mut values = self.shared.clone();
        values.extend(self.series.context().into_iter().map(|(name, value)| (name.to_owned(), value)));
        values.extend(item.map(|(name, value)| (name.to_owned(), value)));
        Value::from_pairs(values)
    }
}

/// Lays out the module that `request` asks for.
pub(super) fn build(request: &Request, names: &Names, source: &Source) -> Result<View, InitError> {
    let definition = &source.definition;
    let incoming = incoming(request, definition);
    let chosen = choose(request, definition, &incoming)?;
    let exported = chosen.iter().filter(|name| leaves(request, name, &definition.entities[*name])).cloned();
    let models = binding_models(definition, names, &chosen);
    let scope = Scope { models: &models, series: series(request.series), argument: "record" };
    let plans = cases::plans(definition, request.series)
        .map_err(|error| InitError::Unsupported(vec![error.to_string()]))?;
    let mut translator = Translator {
        names,
        definition,
        scope,
        plans: &plans,
        exported: exported.collect(),
        unsupported: Vec::new(),
    };
    let mut entities = Vec::new();
    for name in &chosen {
        let entity = &definition.entities[name];
        let imports = entity.import.is_some() && incoming.contains(name);
        let exports = translator.exported.contains(name);
        entities.push(translator.entity(name, entity, imports, exports));
    }
    let set: BTreeSet<String> = chosen.iter().cloned().collect();
    let imported: BTreeSet<String> =
        entities.iter().filter(|entity| entity.imports).map(|entity| entity.name.clone()).collect();
    let backend = translator.backend(request.auth.filter(|kind| !kind.is_of(&definition.auth)), &imported);
    let mut depends = depends(request.series, definition, &set, &mut translator);
    for entity in &entities {
        let needed = entity.export.needs.iter();
        let addons = needed.filter_map(|field| addon_of_field(&entity.odoo_model, field, request.series));
        for addon in
            addons.filter(|addon| !depends.iter().any(|known| known == addon)).collect::<BTreeSet<_>>()
        {
            depends.push(addon.to_owned());
        }
    }
    depends[1..].sort();
    if !translator.unsupported.is_empty() {
        return Err(InitError::Unsupported(translator.unsupported));
    }
    let cases = cases::make(source, definition, &models, &plans, &imported);
    let extensions = extensions(definition, &entities);
    let entity_names = chosen.clone();
    let shared = Shared {
        request,
        names,
        definition,
        backend: &backend,
        entities: &entities,
        depends: &depends,
        cases: &cases,
        extensions: &extensions,
    };
    let shared = shared.values();
    let cased: BTreeSet<&str> = cases.iter().map(|case| case.entity.as_str()).collect();
    let entities = entities.iter().map(|entity| {
        let files = Files { importer: has_importer(entity), exporter: entity.exports };
        (entity.name.clone(), entity_value(entity, &cased), files)
    });
    let extensions = extensions.iter().map(|extension| (extension.file.clone(), serde_value(extension)));
    Ok(View {
        series: request.series,
        shared,
        entities: entities.collect(),
        extensions: extensions.collect(),
        cases,
        entity_names,
        depends,
    })
}

fn has_importer(entity: &EntityView) -> bool {
    entity.imports || entity.embedded
}

/// Entity -> binding model. The first entity that syncs an Odoo model gets its name, `shopify.res.partner`; others of
/// the same model, and embedded ones, are called after the entity: `shopify.guest`.
fn binding_models(definition: &Definition, names: &Names, chosen: &[String]) -> BTreeMap<String, String> {
    let mut taken = BTreeSet::new();
    let mut models = BTreeMap::new();
    for name in chosen {
        let entity = &definition.entities[name];
        let synced = entity.import.is_some() || goes_out(entity);
        let named = synced && taken.insert(entity.odoo.model.clone());
        let last = if named { entity.odoo.model.clone() } else { name.replace('_', ".") };
        models.insert(name.clone(), format!("{}.{last}", names.name));
    }
    models
}

pub(super) fn series(series: Series) -> DefinitionSeries {
    match series {
        Series::V16 => DefinitionSeries::V16,
        Series::V17 => DefinitionSeries::V17,
        Series::V18 => DefinitionSeries::V18,
        Series::V19 => DefinitionSeries::V19,
    }
}

fn depends(
    target: Series,
    definition: &Definition,
    chosen: &BTreeSet<String>,
    translator: &mut Translator<'_>,
) -> Vec<String> {
    let mut addons = BTreeSet::new();
    for name in chosen {
        let entity = &definition.entities[name];
        match addon_of_model(&entity.odoo.model) {
            Some("base") => {}
            Some(addon) => {
                addons.insert(addon);
            }
            None => translator.refuse(
                &format!("entities.{name}.odoo.model"),
                "which addon has this model is not known; a module can be made for models of Community's apps",
            ),
        }
        let fields = entity
            .map
            .iter()
            .filter(|(_, field)| field.series.as_ref().is_none_or(|list| list.contains(&series(target))));
        addons.extend(fields.filter_map(|(field, _)| addon_of_field(&entity.odoo.model, field, target)));
    }
    let mut depends = vec!["generic_connector".to_owned()];
    depends.extend(addons.into_iter().map(str::to_owned));
    depends
}

fn entity_value(entity: &EntityView, cased: &BTreeSet<&str>) -> Value {
    let ways = match (entity.imports, entity.exports) {
        (true, true) => ", both ways",
        (true, false) => ", into Odoo",
        (false, true) => ", out of Odoo",
        (false, false) if entity.embedded => ", as a part of other records",
        (false, false) => ", by its id only",
    };
    let mappers = || std::iter::once(&entity.mapper).chain(entity.lines.iter().map(|line| &line.mapper));
    let mut decorators = Vec::new();
    if mappers().any(|mapper| !mapper.methods.is_empty()) {
        decorators.push("mapping");
    }
    if mappers().any(|mapper| mapper.methods.iter().any(|method| method.create_only)) {
        decorators.push("only_create");
    }
    let further = Value::from_pairs([
        ("ways", Value::from(ways)),
        ("title_plural", Value::from(title(&entity.plural))),
        ("export_decorators", Value::from(export_decorators(entity))),
        ("mapper_decorators", Value::from(decorators.join(", "))),
        ("has_import_components", Value::from(has_importer(entity))),
        ("case", Value::from(cased.contains(entity.name.as_str()))),
    ]);
    minijinja::value::merge_maps([further, serde_value(entity)])
}

fn export_decorators(entity: &EntityView) -> String {
    let methods = &entity.export.methods;
    let changed_by = methods.iter().any(|method| !method.changed_by.is_empty()).then_some("changed_by");
    let only_create = methods.iter().any(|method| method.create_only).then_some("only_create");
    let names: Vec<&str> = [changed_by, Some("mapping"), only_create].into_iter().flatten().collect();
    names.join(", ")
}

/// What all templates see.
struct Shared<'a> {
    request: &'a Request,
    names: &'a Names,
    definition: &'a Definition,
    backend: &'a BackendView,
    entities: &'a [EntityView],
    depends: &'a [String],
    cases: &'a [Case],
    extensions: &'a [Extension],
}

impl Shared<'_> {
    fn values(&self) -> BTreeMap<String, Value> {
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
        set("title_xml", Value::from(html_escape::encode_text(&title).into_owned()));
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

/// A list of strings as Python.
fn serde_value(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}
