//! Everything one run of a backend needs, connected and checked.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use odoo_rpc::Client;
use pyexpr::{Json, Object};
use serde_json::{Map, Value, json};

use super::error::SyncError;
use super::export_shape::Shape;
use super::journal::{Entry, Journal};
use super::plan::{PlannedChange, PlannedState};
use super::prepare::Pending;
use super::progress::Progress;
use super::references::References;
use super::summary::{Summary, Tally};
use crate::adapter::Adapter;
use crate::definition::model::{Definition, ErrorClass, Series};
use crate::mapping::{Plan, Plans};
use crate::store::redact::Redactor;
use crate::store::{Lease, Store};

/// How Odoo shall see the run; from the backend's configuration.
#[derive(Debug, Clone, Default)]
pub struct OdooContext {
    /// Database id of the company; default: the user's own.
    pub company: Option<i64>,
    /// Language of texts that are written, `en_US` for example.
    pub lang: Option<String>,
    /// Time zone, `Asia/Riyadh` for example.
    pub timezone: Option<String>,
}

/// Whether Odoo is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Records are written.
    Write,
    /// The same way up to the write; what would change is noted instead.
    Plan,
}

/// One run of a backend.
pub struct Session {
    pub(super) backend: String,
    pub(super) definition: Arc<Definition>,
    pub(super) plans: Plans,
    pub(super) adapter: Adapter,
    pub(super) odoo: Client,
    pub(super) store: Store,
    pub(super) mode: Mode,
    pub(super) lease: Option<Lease>,
    /// Zone in which buttons are pressed; default: the Odoo user's.
    pub(super) timezone: Option<String>,
    pub(super) references: References,
    pub(super) tally: Tally,
    pub(super) journal: Journal,
    /// Records that may be created or changed before a human is asked.
    pub(super) change_limit: Option<u64>,
    /// What the walk that goes on has changed before this piece of work.
    pub(super) changed_before: AtomicU64,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) redactor: Redactor,
    /// The way out of each entity as this Odoo can do it.
    pub(super) shapes: tokio::sync::Mutex<HashMap<u16, Arc<Shape>>>,
    /// Entities of which only chosen records go out.
    pub(super) chosen_out: Vec<String>,
    /// Entities that are not to be written: positions in the plans.
    held: BTreeSet<u16>,
    planned: Mutex<Vec<PlannedChange>>,
    /// The records in `planned`: entity and external id.
    planned_states: Mutex<HashMap<(u16, String), PlannedState>>,
    /// What the Odoo user may do, as far as it was asked: (model, operation).
    rights: Mutex<HashMap<(String, &'static str), bool>>,
    /// What this Odoo's models tell of the definition's fields.
    pub(super) fields: KnownFields,
}

/// What a session is made of.
pub struct Parts {
    /// Name of the backend.
    pub backend: String,
    /// Its connector's definition.
    pub definition: Arc<Definition>,
    /// The backend's settings, as expressions see them.
    pub settings: BTreeMap<String, Value>,
    /// The external system.
    pub adapter: Adapter,
    /// The Odoo database.
    pub odoo: Client,
    /// Company, language, time zone.
    pub context: OdooContext,
    /// Bindings, checkpoints, dead letters.
    pub store: Store,
    /// Whether Odoo is written to.
    pub mode: Mode,
    /// Proof that no other process syncs this backend.
    pub lease: Option<Lease>,
    /// Who is told how far the run has come.
    pub progress: Arc<dyn Progress>,
    /// Takes the backend's secrets out of what dead letters show: a shop may repeat them in a record.
    pub redactor: Redactor,
}

impl Session {
    /// Asks Odoo for what mapping needs to know and checks that it has every model and field of the definition.
    pub async fn open(parts: Parts) -> Result<Session, SyncError> {
        let odoo = parts.odoo.with_context(context(&parts.context));
        let company = company(&odoo, parts.context.company).await?;
        let settings = to_json(&Value::Object(parts.settings.into_iter().collect()));
        let plans = Plans::compile(&parts.definition, series(&odoo)?, settings, company)
            .map_err(|e| SyncError::Config(e.to_string()))?;
        let fields = check_fields(&odoo, &plans).await?;
        Ok(Session {
            backend: parts.backend,
            definition: parts.definition,
            plans,
            adapter: parts.adapter,
            odoo,
            store: parts.store,
            mode: parts.mode,
            lease: parts.lease,
            timezone: parts.context.timezone,
            references: References::default(),
            tally: Tally::default(),
            journal: Journal::default(),
            change_limit: None,
            changed_before: AtomicU64::new(0),
            progress: parts.progress,
            redactor: parts.redactor,
            shapes: tokio::sync::Mutex::default(),
            chosen_out: Vec::new(),
            held: BTreeSet::new(),
            planned: Mutex::default(),
            planned_states: Mutex::default(),
            rights: Mutex::default(),
            fields,
        })
    }

    /// Of these entities the definition's `export.only` chooses what goes out record by record (the stage `canary`): a
    /// record that Odoo no longer has cannot be asked, so nothing is done about it.
    pub fn choose_out(&mut self, entities: &[String]) {
        self.chosen_out = entities.to_vec();
    }

    /// Of these entities only the records that the expression chooses come in (the stage `canary`); the others are left
    /// as they are, and so are their dead letters.
    pub fn choose_in<'c>(
        &mut self,
        canaries: impl Iterator<Item = (&'c str, &'c str)>,
    ) -> Result<(), SyncError> {
        for (name, canary) in canaries {
            if let Some(entity) = self.plans.position(name) {
                let chosen = self.plans.choose(entity, canary);
                chosen.map_err(|error| SyncError::Config(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Records of these entities are not written when others refer to them (the stages `off` and `shadow`): those that Odoo
    /// has are linked as they are, the others are waited for.
    pub fn hold_back(&mut self, entities: &[String]) {
        self.held = entities.iter().filter_map(|entity| self.plans.position(entity)).collect();
    }

    pub(super) fn is_held(&self, entity: u16) -> bool {
        self.held.contains(&entity)
    }

    /// Begins a further piece of work with the same session: counts from zero, under this lease, with at most so many
    /// changes. From here on [`Session::entries`] are kept.
    pub fn begin_work(&mut self, lease: Option<Lease>, change_limit: Option<u64>) {
        self.lease = lease;
        self.change_limit = change_limit;
        *self.changed_before.get_mut() = 0;
        self.tally = Tally::default();
        self.journal.turn();
        self.planned.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        self.planned_states.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether an error that ended the work on one entity leaves the others to be done, because the system answers whoever
    /// asks for something else: a list that the key may not read, one that the server breaks at.
    pub async fn leaves_others(&self, error: &SyncError) -> bool {
        match error {
            SyncError::Impossible(_) => true,
            SyncError::External(error) => {
                error.class != ErrorClass::Throttled && error.status.is_some() && self.adapter.answers().await
            }
            _ => false,
        }
    }

    /// Records of Odoo that were created or changed.
    pub(super) fn changed(&self) -> u64 {
        let total = self.tally.summary().total();
        total.created + total.updated
    }

    /// What became of the records since this was asked last; only after [`Session::begin_work`].
    pub fn entries(&self) -> Vec<Entry> {
        self.journal.turn()
    }

    /// The numbers so far.
    pub fn summary(&self) -> Summary {
        self.tally.summary()
    }

    /// What a plan would change, without secrets that a system repeats in its records.
    pub fn planned(&self) -> Vec<PlannedChange> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for field in planned.iter_mut().flat_map(|change| &mut change.fields) {
            field.to = self.redactor.text(&field.to);
            if let Some(Value::String(from)) = &mut field.from {
                *from = self.redactor.text(from);
            }
        }
        planned
    }

    /// Requests sent to Odoo so far.
    pub fn odoo_calls(&self) -> u64 {
        self.odoo.calls_made()
    }

    /// What a plan has noted of a record so far.
    pub(super) fn planned_state(&self, entity: u16, external_id: &str) -> Option<PlannedState> {
        if self.mode == Mode::Write {
            return None;
        }
        let states = self.planned_states.lock().unwrap_or_else(PoisonError::into_inner);
        states.get(&(entity, external_id.to_owned())).cloned()
    }

    /// Notes what a plan would leave a record as.
    pub(super) fn note_planned_state(&self, entity: u16, record: &Pending<'_>, odoo_id: Option<i64>) {
        let state = PlannedState { odoo_id, version: record.version.clone(), digest: record.digest.clone() };
        let mut states = self.planned_states.lock().unwrap_or_else(PoisonError::into_inner);
        states.insert((entity, record.mapped.external_id.to_string()), state);
    }

    /// Notes a change of a plan.
    pub(super) fn note_planned(&self, change: PlannedChange) {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    /// Whether the Odoo user has the right to do this to records of a model; asked once a run.
    pub(super) async fn may(&self, model: &str, operation: &'static str) -> Result<bool, SyncError> {
        let key = (model.to_owned(), operation);
        let known = self.rights.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(may) = known {
            return Ok(may);
        }
        let may = self.odoo.has_access(model, operation).await?;
        self.rights.lock().unwrap_or_else(PoisonError::into_inner).insert(key, may);
        Ok(may)
    }

    pub(super) fn plan(&self, entity: u16) -> &Plan {
        &self.plans.entities[usize::from(entity)]
    }
}

/// `tz` is UTC because `load` reads a time in the zone of its context, or else of the user, and Linkspan writes UTC
/// (seen on 16.0, 18.0 and 19.0); buttons are pressed in the backend's zone. `active_test` is off because an order may be of a product that has been archived since; `tracking_disable`
/// because the chatter of an import helps nobody and costs most of its time.
fn context(wanted: &OdooContext) -> Map<String, Value> {
    let mut context = Map::new();
    context.insert("tracking_disable".to_owned(), json!(true));
    context.insert("active_test".to_owned(), json!(false));
    if let Some(company) = wanted.company {
        context.insert("allowed_company_ids".to_owned(), json!([company]));
    }
    if let Some(lang) = &wanted.lang {
        context.insert("lang".to_owned(), json!(lang));
    }
    context.insert("tz".to_owned(), json!("UTC"));
    context
}

fn series(odoo: &Client) -> Result<Series, SyncError> {
    match odoo.version().series.major() {
        16 => Ok(Series::V16),
        17 => Ok(Series::V17),
        18 => Ok(Series::V18),
        19 => Ok(Series::V19),
        _ => Err(SyncError::Config(format!(
            "this Odoo is {}; Linkspan works with 16.0, 17.0, 18.0 and 19.0",
            odoo.version().text
        ))),
    }
}

/// What expressions see as `company`: id, name, currency code, country code.
async fn company(odoo: &Client, wanted: Option<i64>) -> Result<Json<'static>, SyncError> {
    let id = match wanted {
        Some(id) => id,
        None => {
            let user = odoo.read("res.users", &[odoo.uid()], &["company_id"]).await?;
            user.first().and_then(|user| many2one(user.get("company_id")?)).map(|(id, _)| id).ok_or_else(
                || SyncError::Config("the Odoo user has no company; set one in the user's form".to_owned()),
            )?
        }
    };
    let found = odoo.read("res.company", &[id], &["name", "currency_id", "country_id"]).await?;
    let record = found.first().ok_or_else(|| {
        SyncError::Config(format!("Odoo has no company with id {id} that this user may see; check `company`"))
    })?;
    let currency = record.get("currency_id").and_then(many2one);
    let currency = read_code(odoo, "res.currency", currency.map(|(id, _)| id), "name").await?;
    let country = record.get("country_id").and_then(many2one);
    let country = read_code(odoo, "res.country", country.map(|(id, _)| id), "code").await?;
    Ok(to_json(&json!({ "id": id, "name": record.get("name"), "currency": currency, "country": country })))
}

async fn read_code(odoo: &Client, model: &str, id: Option<i64>, field: &str) -> Result<Value, SyncError> {
    let Some(id) = id else { return Ok(Value::Null) };
    let found = odoo.read(model, &[id], &[field]).await?;
    Ok(found.first().and_then(|record| record.get(field)).cloned().unwrap_or(Value::Null))
}

/// The id and name of a many2one as `read` gives it.
pub(super) fn many2one(value: &Value) -> Option<(i64, &str)> {
    match value.as_array()?.as_slice() {
        [id, name] => Some((id.as_i64()?, name.as_str().unwrap_or_default())),
        _ => None,
    }
}

/// The ids that a link shows: `[7, "Goods"]` and `7` are one, `[7, 8]` are two, `false` is none.
pub(super) fn linked_ids(shown: Option<&Value>) -> Vec<i64> {
    match shown {
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_i64).collect(),
        one => one.and_then(Value::as_i64).into_iter().collect(),
    }
}

/// A copy in the form that mapping reads.
pub(super) fn to_json(value: &Value) -> Json<'static> {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Number(n) => n.as_i64().map_or_else(|| Json::Float(n.as_f64().unwrap_or(0.0)), Json::Int),
        Value::String(text) => Json::Str(text.clone().into()),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Object(members) => object_to_json(members),
    }
}

/// The same of an object.
pub(super) fn object_to_json(members: &Map<String, Value>) -> Json<'static> {
    Json::Object(Object(members.iter().map(|(k, v)| (k.clone().into(), to_json(v))).collect()))
}

/// What models tell of fields, by model and field.
#[derive(Debug, Default)]
pub(super) struct KnownFields {
    /// Of a list of lines: the lines' model and their field that leads back.
    pub(super) inverses: HashMap<(String, String), (String, String)>,
    /// Fields of match rules that hold numbers.
    pub(super) numbers: HashSet<(String, String)>,
}

/// Every model and field that the plans write must exist in this Odoo; all problems at once.
async fn check_fields(odoo: &Client, plans: &Plans) -> Result<KnownFields, SyncError> {
    let mut known = HashMap::new();
    let mut problems = Vec::new();
    let mut fields = KnownFields::default();
    for plan in &plans.entities {
        fields_of(odoo, &plan.model, &mut known).await?;
        for rule in plan.matches.iter().filter(|rule| !rule.odoo.contains('.')) {
            let Some(found) = known[&plan.model].get(&rule.odoo) else {
                problems.push(unknown_field(&plan.entity, &plan.model, &rule.odoo, &known[&plan.model]));
                continue;
            };
            match found.get("type").and_then(Value::as_str).unwrap_or_default() {
                "integer" | "float" | "monetary" | "many2one" => {
                    fields.numbers.insert((plan.model.clone(), rule.odoo.clone()));
                }
                kind @ ("boolean" | "one2many" | "many2many" | "binary" | "json" | "properties") => {
                    problems.push(format!(
                        "entity {}: a match cannot compare {} of {}, which is of type {kind}; match a text or a number",
                        plan.entity, rule.odoo, plan.model
                    ));
                }
                _ => {}
            }
        }
        for field in &plan.fields {
            let Some(found) = known[&plan.model].get(&field.name).cloned() else {
                problems.push(unknown_field(&plan.entity, &plan.model, &field.name, &known[&plan.model]));
                continue;
            };
            problems.extend(no_list(&plan.entity, &plan.model, &field.name, field.many, &found));
            let Some(lines) = &field.lines else { continue };
            let text = |key: &str| found.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (model, inverse) = (text("relation"), text("relation_field"));
            if model.is_empty() || inverse.is_empty() {
                problems.push(format!(
                    "entity {}: {} of {} is no list of lines",
                    plan.entity, field.name, plan.model
                ));
                continue;
            }
            fields_of(odoo, &model, &mut known).await?;
            for column in &lines.columns {
                match known[&model].get(&column.name) {
                    Some(found) => {
                        problems.extend(no_list(&plan.entity, &model, &column.name, column.many, found));
                    }
                    None => problems.push(unknown_field(&plan.entity, &model, &column.name, &known[&model])),
                }
            }
            fields.inverses.insert((plan.model.clone(), field.name.clone()), (model, inverse));
        }
    }
    if problems.is_empty() {
        return Ok(fields);
    }
    problems.dedup();
    Err(SyncError::Config(format!(
        "the definition does not fit this Odoo ({}): {}",
        odoo.version().text,
        problems.join("; ")
    )))
}

type Fields = BTreeMap<String, Map<String, Value>>;

async fn fields_of(odoo: &Client, model: &str, known: &mut HashMap<String, Fields>) -> Result<(), SyncError> {
    if known.contains_key(model) {
        return Ok(());
    }
    let fields = odoo.fields_get(model, &["type", "relation", "relation_field"]).await.map_err(|e| match e {
        odoo_rpc::Error::NotFound { .. } => SyncError::Config(format!(
            "this Odoo has no model {model}; install the app it belongs to (sale.order: Sales, product.product: Sales or Inventory)"
        )),
        other => SyncError::Odoo(other),
    })?;
    known.insert(model.to_owned(), fields);
    Ok(())
}

/// What is wrong with several records in a field that takes one.
fn no_list(entity: &str, model: &str, field: &str, many: bool, found: &Map<String, Value>) -> Option<String> {
    let kind = found.get("type").and_then(Value::as_str).unwrap_or_default();
    (many && kind != "many2many").then(|| {
        format!(
            "entity {entity}: {field} of {model} is a {kind} field, and several records go into a many2many only; \
             name one item, `tags[0].id` for example"
        )
    })
}

fn unknown_field(entity: &str, model: &str, field: &str, known: &Fields) -> String {
    let near =
        known.keys().map(|name| (strsim::jaro_winkler(name, field), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match near {
        Some((score, name)) if score > 0.85 => format!("; did you mean {name}?"),
        _ => ".".to_owned(),
    };
    format!(
        "entity {entity}: {model} has no field {field}{hint} A field of some series only is marked with `series`."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_link_leads_to_one_record_or_to_several() {
        let linked = |shown: Value| linked_ids(Some(&shown));
        assert_eq!(linked(json!([7, "Tea"])), [7]);
        assert_eq!(linked(json!([7, 8])), [7, 8]);
        assert_eq!(linked(json!([7])), [7]);
        assert!(linked(json!(false)).is_empty());
    }
}
