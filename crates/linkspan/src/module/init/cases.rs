//! Recorded exchanges for the module's tests: the definition's samples as answers, and what the mapper makes of them
//! as expectations. The module's Python is thereby compared with the service's mapper.

use std::collections::{BTreeMap, BTreeSet};

use pyexpr::Json;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::names::plural;
use super::operation;
use super::source::Source;
use crate::adapter::fill_body;
use crate::definition::entity::{Entity, Field, Source as Origin};
use crate::definition::model::{Definition, Scalar, SettingType};
use crate::definition::operation::{Operation, Repeat};
use crate::mapping::{CompileError, Mapped, OdooValue, Plans, Reference, Scope};
use crate::module::{Series, stand_in};

/// One entity's case.
#[derive(Debug, Serialize)]
pub(super) struct Case {
    pub(super) entity: String,
    pub(super) plural: String,
    pub(super) model: String,
    /// The file.
    #[serde(skip)]
    pub(super) text: String,
}

/// Fields that Odoo shows otherwise than they were written: HTML gets tags around it.
pub(super) const SHOWN_OTHERWISE: &[&str] = &["note", "comment", "narration", "description"];

/// The definition as the service understands it, with settings as the tests' backend has them.
pub(super) fn plans(definition: &Definition, series: Series) -> Result<Plans, CompileError> {
    let company = json!({"id": 1, "name": "Company", "currency": "USD", "country": "US"});
    let [settings, company] = [settings(definition), company].map(|value| own(&value));
    Plans::compile(definition, super::view::series(series), settings, company)
}

/// A case for each of `imported` that has a sample which the mapper understands.
pub(super) fn make(
    source: &Source,
    definition: &Definition,
    models: &BTreeMap<String, String>,
    plans: &Plans,
    imported: &BTreeSet<String>,
) -> Vec<Case> {
    let mut samples = BTreeMap::new();
    for (name, entity) in &definition.entities {
        let text = entity.sample.as_ref().and_then(|path| source.sample(path));
        if let Some(sample) = text.and_then(|text| serde_json::from_str::<Value>(&text).ok()) {
            samples.insert(name.as_str(), sample);
        }
    }
    let maker = Maker { definition, models, plans, samples };
    imported.iter().filter_map(|name| maker.case(name)).collect()
}

struct Maker<'a> {
    definition: &'a Definition,
    models: &'a BTreeMap<String, String>,
    plans: &'a Plans,
    samples: BTreeMap<&'a str, Value>,
}

impl Maker<'_> {
    fn case(&self, name: &str) -> Option<Case> {
        let sample = self.samples.get(name)?;
        let entity = self.definition.entities.get(name)?;
        let position = self.plans.position(name)?;
        let record = own(sample);
        let scope = Scope { record: &record, parent: None };
        if !self.plans.wants(position, scope).ok()? {
            return None;
        }
        let mapped = self.plans.map(position, scope).ok()?;
        let mut exchanges = Vec::new();
        let mut done = BTreeSet::new();
        self.answers(name, &mapped.external_id, sample, &mut exchanges, &mut done);
        exchanges.extend(self.list(entity, sample));
        let case = json!({
            "external_id": mapped.external_id,
            "exchanges": exchanges,
            "expected": self.expected(entity, position, &mapped),
        });
        Some(Case {
            entity: name.to_owned(),
            plural: plural(name),
            model: self.models.get(name)?.clone(),
            text: format!("{case:#}\n"),
        })
    }

    /// The answer that has the record, and those of all records that it refers to.
    fn answers(
        &self,
        name: &str,
        id: &str,
        record: &Value,
        exchanges: &mut Vec<Value>,
        done: &mut BTreeSet<(String, String)>,
    ) {
        if !done.insert((name.to_owned(), id.to_owned())) {
            return;
        }
        let get = self.definition.entities.get(name).and_then(|entity| entity.import.as_ref()?.get.as_ref());
        if let Some(operation) = get.and_then(|get| self.definition.operations.get(get)) {
            exchanges.push(self.exchange(operation, id, record.clone()));
        }
        exchanges.extend(self.writes(name).map(|operation| self.exchange(operation, id, record.clone())));
        let Some(position) = self.plans.position(name) else { return };
        let json = own(record);
        let Ok(mapped) = self.plans.map(position, Scope { record: &json, parent: None }) else { return };
        for (related, related_id) in relations(&mapped) {
            let related = &self.plans.entities[usize::from(related)].entity;
            if let Some(sample) = self.samples.get(related.as_str()) {
                let renamed = self.renamed(related, sample, &related_id);
                self.answers(related, &related_id, &renamed, exchanges, done);
            }
        }
    }

    /// The sample as another record: another id, and other values where records are matched.
    fn renamed(&self, name: &str, sample: &Value, id: &str) -> Value {
        let mut record = sample.clone();
        let entity = &self.definition.entities[name];
        let Origin::Path(path) = &entity.external.id else { return record };
        let own_id = at(sample, path).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        if own_id.as_deref() == Some(id) {
            return record;
        }
        let was_number = at(sample, path).is_some_and(Value::is_number);
        let number = id.parse::<i64>().ok().filter(|_| was_number);
        set(&mut record, path, number.map_or_else(|| json!(id), |number| json!(number)));
        // What would refer to itself refers to nothing.
        if let Some(members) = record.as_object_mut() {
            let id_member = path.split('.').next().unwrap_or_default();
            let new_id = number.map_or_else(|| json!(id), |number| json!(number));
            for (_, value) in
                members.iter_mut().filter(|(name, value)| *name != id_member && **value == new_id)
            {
                *value = if number.is_some() { json!(0) } else { Value::Null };
            }
        }
        for rule in &entity.matches {
            if let Some(text) =
                at(sample, &rule.external).and_then(Value::as_str).filter(|text| !text.is_empty())
            {
                set(&mut record, &rule.external, json!(format!("{id}-{text}")));
            }
        }
        record
    }

    fn list(&self, entity: &Entity, sample: &Value) -> Option<Value> {
        let operation = self.definition.operations.get(&entity.import.as_ref()?.list)?;
        Some(self.exchange(operation, "", json!([sample])))
    }

    /// Operations that change a record and are told from the one that reads it by their body alone.
    fn writes(&self, name: &str) -> impl Iterator<Item = &Operation> {
        let export = self.definition.entities.get(name).and_then(|entity| entity.export.as_ref());
        let archive = export.and_then(|export| Some(&export.archive.as_ref()?.operation));
        let names = export.into_iter().flat_map(|export| [export.update.as_ref(), export.create.as_ref()]);
        let names = names.chain([archive]).flatten();
        names
            .filter_map(|name| self.definition.operations.get(name))
            .filter(|operation| operation.body.is_some())
    }

    fn exchange(&self, operation: &Operation, id: &str, records: Value) -> Value {
        let mut path = operation.path.trim_start_matches('/').replace("{id}", &quoted(id));
        for name in self.definition.settings.keys() {
            path = path.replace(&format!("{{{name}}}"), &quoted(&setting_text(self.definition, name)));
        }
        let (body, headers) = stand_in::answer(operation, records);
        let mut exchange = json!({
            "method": operation::method(operation.method),
            "path": format!("{}/{path}", base_path(self.definition)),
            "status": 200,
            "body": body,
        });
        if let Some(own) = own_body(self.definition, operation, id) {
            exchange["sent"] = own;
            exchange["reads"] = json!(operation.repeat == Repeat::Safe);
        }
        if !headers.is_empty() {
            exchange["headers"] = json!(headers);
        }
        exchange
    }

    fn expected(&self, entity: &Entity, position: u16, mapped: &Mapped<'_>) -> Map<String, Value> {
        let plan = &self.plans.entities[usize::from(position)];
        let mut expected = Map::new();
        for (field, value) in &mapped.values {
            let name = &plan.fields[usize::from(*field)].name;
            if entity.map.get(name).is_some_and(is_comparable) {
                self.expect(&mut expected, name, value);
            }
        }
        for (field, lines) in &mapped.lines {
            let field = &plan.fields[usize::from(*field)];
            let (Some(lines_plan), Some(declared)) = (&field.lines, entity.map.get(&field.name)) else {
                continue;
            };
            if !is_comparable(declared) {
                continue;
            }
            let mut by_key = Map::new();
            for line in lines {
                let mut values = Map::new();
                for (column, value) in &line.values {
                    self.expect(&mut values, &lines_plan.columns[usize::from(*column)].name, value);
                }
                by_key.insert(line.key.clone(), Value::Object(values));
            }
            expected.insert(field.name.clone(), json!(["lines", by_key]));
        }
        expected
    }

    fn expect(&self, expected: &mut Map<String, Value>, name: &str, value: &OdooValue<'_>) {
        if SHOWN_OTHERWISE.contains(&name) {
            return;
        }
        let pair = match value {
            OdooValue::Empty => json!(["empty", null]),
            OdooValue::Bool(flag) => json!(["boolean", flag]),
            OdooValue::Int(number) => json!(["integer", number]),
            OdooValue::Decimal(number) => json!(["decimal", number.to_plain_string()]),
            OdooValue::Text(text) => json!(["text", text]),
            OdooValue::Date(_) => json!(["date", value.to_string()]),
            OdooValue::DateTime(_) => json!(["datetime", value.to_string()]),
            OdooValue::Relation { entity, external_id } => {
                let entity = &self.plans.entities[usize::from(*entity)].entity;
                json!(["relation", [self.models.get(entity), external_id]])
            }
            OdooValue::Relations { entity, external_ids } => {
                let entity = &self.plans.entities[usize::from(*entity)].entity;
                json!(["relations", [self.models.get(entity), external_ids]])
            }
            OdooValue::Reference(Reference::Currency(code)) => json!(["currency", code]),
            OdooValue::Reference(Reference::Country(code)) => json!(["country", code]),
            OdooValue::Reference(Reference::Unit(name)) => json!(["unit", name]),
            // Which states Odoo knows depends on what is installed.
            OdooValue::Reference(Reference::State(..)) => return,
        };
        expected.insert(name.to_owned(), pair);
    }
}

fn relations(mapped: &Mapped<'_>) -> Vec<(u16, String)> {
    let lines = mapped.lines.iter().flat_map(|(_, lines)| lines).flat_map(|line| &line.values);
    let values = mapped.values.iter().chain(lines).map(|(_, value)| value);
    values
        .flat_map(|value| match value {
            OdooValue::Relation { entity, external_id } => vec![(*entity, external_id.to_string())],
            OdooValue::Relations { entity, external_ids } => {
                external_ids.iter().map(|id| (*entity, id.to_string())).collect()
            }
            _ => Vec::new(),
        })
        .collect()
}

/// Whether the value depends on nothing but the record and the settings.
fn is_comparable(field: &Field) -> bool {
    fn names_company(field: &Field) -> bool {
        let text = |code: &Option<String>| code.as_ref().is_some_and(|code| code.contains("company["));
        text(&field.expr)
            || field.choose.iter().flatten().any(|case| {
                names_company(&case.then)
                    || case.when.as_ref().is_some_and(|when| when.expr.contains("company["))
            })
            || field.map.iter().flat_map(BTreeMap::values).any(names_company)
    }
    !names_company(field)
}

/// Settings as the tests' backend has them.
fn settings(definition: &Definition) -> Value {
    let mut settings = Map::new();
    for (name, setting) in &definition.settings {
        let value = match (&setting.default, setting.kind) {
            (Some(Scalar::Boolean(flag)), _) => json!(flag),
            (Some(Scalar::Integer(number)), _) => json!(number),
            (Some(Scalar::Float(number)), _) => json!(number),
            (Some(Scalar::Text(text)), _) => json!(text),
            (None, SettingType::Integer) => json!(0),
            (None, SettingType::Boolean) => json!(false),
            (None, _) if setting.optional => Value::Null,
            (None, _) => json!("test"),
        };
        settings.insert(name.clone(), value);
    }
    Value::Object(settings)
}

fn setting_text(definition: &Definition, name: &str) -> String {
    match settings(definition).get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// The body that an operation has of its own, with settings as the tests' backend has them.
fn own_body(definition: &Definition, operation: &Operation, id: &str) -> Option<Value> {
    let settings = settings(definition);
    let known = |name: &str| match name {
        "id" => Some(id.into()),
        name => settings.get(name).filter(|value| !value.is_null()).cloned(),
    };
    fill_body(operation.body.as_ref()?, known)
}

/// What an operation sends for a record, at the place that it is wrapped in; `{id}` stands for the record's id.
pub(super) fn sent(definition: &Definition, operation: &Operation, record: &Value) -> Value {
    let own = own_body(definition, operation, "{id}");
    let place = own.as_ref().and_then(|own| match &operation.wrap {
        Some(wrap) => at(own, wrap),
        None => Some(own),
    });
    let mut whole = place.cloned().unwrap_or_else(|| json!({}));
    if let (Value::Object(whole), Value::Object(members)) = (&mut whole, record) {
        whole.extend(members.clone());
    }
    whole
}

/// What stands between the test server's address and an operation's path.
pub(super) fn base_path(definition: &Definition) -> String {
    let mut base = definition.http.base_url.clone();
    let mut named = false;
    for (name, setting) in &definition.settings {
        let placeholder = format!("{{{name}}}");
        named |= base.contains(&placeholder);
        let value =
            if setting.kind == SettingType::Url { String::new() } else { setting_text(definition, name) };
        base = base.replace(&placeholder, &value);
    }
    if named { base.trim_end_matches('/').to_owned() } else { String::new() }
}

fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |here, name| here.get(name))
}

fn set(value: &mut Value, path: &str, new: Value) {
    let mut here = value;
    for name in path.split('.') {
        match here.get_mut(name) {
            Some(inner) => here = inner,
            None => return,
        }
    }
    *here = new;
}

fn own(value: &Value) -> Json<'static> {
    let text = value.to_string();
    Json::parse(text.as_bytes()).map_or(Json::Null, Json::into_owned)
}

/// An id as one segment of a path.
fn quoted(id: &str) -> String {
    id.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}
