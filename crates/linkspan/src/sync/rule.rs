//! The automation rules that Linkspan installs in Odoo 17.0 and later, so that a change is told at once: each posts to
//! `<public url>/webhooks/odoo/<backend>?token=...` when a watched record is saved. Odoo tells it inside the transaction
//! (19.0: after it), once, and never again, so what it says is a hint and the search for changes stays.

use hmac::{Hmac, Mac};
use odoo_rpc::{Client, Record, SearchOptions};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::error::SyncError;
use super::session::linked_ids;
use crate::definition::Definition;
use crate::store::{JobKind, NewJob, Store, now_ms};

/// Odoo 17.0 and 18.0 tell a change before it is committed, so its record is looked at a moment later.
const COMMITTED_AFTER_MS: i64 = 3_000;

/// Where the rules post to.
#[derive(Debug)]
pub struct RuleTarget<'a> {
    /// Name of the backend.
    pub backend: &'a str,
    /// Its definition.
    pub definition: &'a Definition,
    /// Address under which Odoo reaches the service, without a path.
    pub public_url: &'a str,
    /// What Odoo's user signs in with; the token is made of it.
    pub odoo_secret: &'a SecretString,
}

/// One rule in Odoo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleStatus {
    /// Model that it watches.
    pub model: String,
    /// `on_create_or_write` or `on_unlink`.
    pub trigger: String,
    /// Its name in Odoo.
    pub name: String,
    /// `installed`, `missing`, `switched_off`, or `outdated` (it posts to another address or with an old token).
    pub state: &'static str,
}

/// A rule as it should be.
#[derive(Debug)]
struct Rule {
    name: String,
    model: String,
    trigger: &'static str,
    /// Fields that are posted along.
    fields: Vec<String>,
    /// The model may be missing.
    optional: bool,
}

/// The token in the address: whoever knows it may say that a record changed, and nothing else. It is made of the secret
/// of the Odoo user, so nothing has to be stored; with another secret the rules are installed again.
pub fn rule_token(odoo_secret: &SecretString, backend: &str) -> SecretString {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(odoo_secret.expose_secret().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(format!("linkspan odoo-rule {backend}").as_bytes());
    SecretString::from(hex::encode(mac.finalize().into_bytes()))
}

/// Whether `given` is the token of the backend; takes the same time for every wrong one.
pub fn is_rule_token(odoo_secret: &SecretString, backend: &str, given: &str) -> bool {
    let token = rule_token(odoo_secret, backend);
    token.expose_secret().as_bytes().ct_eq(given.as_bytes()).into()
}

/// The exports that follow from what a rule posted: `_model`, `_id` (or `id`) and fields. Something that leads to no
/// record makes a search for changes. What is no such body is an error in words.
pub fn odoo_push(definition: &Definition, backend: &str, body: &[u8]) -> Result<Vec<NewJob>, String> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))?;
    let model = body["_model"].as_str().ok_or("the body does not name a `_model`")?;
    let id = ["_id", "id"].iter().find_map(|key| body[*key].as_i64());
    let id = id.ok_or("the body does not name the record's `_id`")?;
    let mut jobs = Vec::new();
    for (name, entity) in &definition.entities {
        let Some(export) = &entity.export else { continue };
        let records = match export.watch.iter().find(|watch| watch.model == model) {
            _ if entity.odoo.model == model => vec![id],
            Some(watch) => linked_ids(body.get(&watch.path)),
            None => continue,
        };
        let run_at = now_ms() + COMMITTED_AFTER_MS;
        if records.is_empty() {
            jobs.push(NewJob { run_at, ..NewJob::new(backend, JobKind::Changes, name, "") });
        }
        let run_at = run_at + i64::from(export.delay_ms);
        jobs.extend(
            records
                .iter()
                .map(|id| NewJob { run_at, ..NewJob::new(backend, JobKind::Export, name, &id.to_string()) }),
        );
    }
    Ok(jobs)
}

/// Gives exports of linked records the name under which they never run beside an import of the same record.
pub async fn with_serials(store: &Store, mut jobs: Vec<NewJob>) -> Result<Vec<NewJob>, SyncError> {
    for job in jobs.iter_mut().filter(|job| job.kind == JobKind::Export && job.serial.is_none()) {
        let Ok(odoo_id) = job.record.parse::<i64>() else { continue };
        let found = store.bindings_by_odoo_id(&job.backend, &job.entity, &[odoo_id]).await?;
        job.serial = found.get(&odoo_id).map(|binding| binding.external_id.clone());
    }
    Ok(jobs)
}

/// Makes the rules, or puts right those that are there; gives what is there then.
pub async fn install_rules(odoo: &Client, target: &RuleTarget<'_>) -> Result<Vec<RuleStatus>, SyncError> {
    check(odoo).await?;
    let mut installed = Vec::new();
    for rule in wanted(target) {
        let Some((model_id, field_ids)) = model(odoo, &rule).await? else { continue };
        let values = record(json!({
            "name": rule.name, "model_id": model_id, "trigger": rule.trigger, "active": true,
        }));
        let rule_id = match find(odoo, &rule.name).await? {
            Some((id, _)) => {
                refused(odoo.write("base.automation", &[id], values).await)?;
                id
            }
            None => first(refused(odoo.create("base.automation", vec![values]).await)?),
        };
        let action = record(json!({
            "name": rule.name, "model_id": model_id, "state": "webhook", "base_automation_id": rule_id,
            "webhook_url": url(target), "webhook_field_ids": [[6, 0, field_ids]],
        }));
        match actions(odoo, rule_id).await?.as_slice() {
            [] => drop(refused(odoo.create("ir.actions.server", vec![action]).await)?),
            [own, more @ ..] => {
                refused(odoo.write("ir.actions.server", &[id_of(own)], action).await)?;
                let more: Vec<i64> = more.iter().map(id_of).collect();
                refused(odoo.unlink("ir.actions.server", &more).await)?;
            }
        }
        installed.push(RuleStatus { state: "installed", ..rule.status() });
    }
    Ok(installed)
}

/// Removes every rule that was installed for the backend; gives how many.
pub async fn remove_rules(odoo: &Client, backend: &str) -> Result<u64, SyncError> {
    check(odoo).await?;
    let domain =
        json!([["name", "=like", format!("{}%", prefix(backend).replace('%', "\\%").replace('_', "\\_"))]]);
    let found = refused(
        everything(odoo).search_read("base.automation", &domain, &["id"], SearchOptions::default()).await,
    )?;
    let ids: Vec<i64> = found.iter().map(id_of).collect();
    for id in &ids {
        let own: Vec<i64> = actions(odoo, *id).await?.iter().map(id_of).collect();
        refused(odoo.unlink("ir.actions.server", &own).await)?;
    }
    refused(odoo.unlink("base.automation", &ids).await)?;
    Ok(ids.len() as u64)
}

/// What is there of the rules that should be.
pub async fn rule_status(odoo: &Client, target: &RuleTarget<'_>) -> Result<Vec<RuleStatus>, SyncError> {
    check(odoo).await?;
    let mut all = Vec::new();
    for rule in wanted(target) {
        if model(odoo, &rule).await?.is_none() {
            continue;
        }
        let state = match find(odoo, &rule.name).await? {
            None => "missing",
            Some((_, false)) => "switched_off",
            Some((id, true)) => {
                let posts =
                    |action: &Record| action.get("webhook_url").and_then(Value::as_str) == Some(&url(target));
                if actions(odoo, id).await?.iter().any(posts) { "installed" } else { "outdated" }
            }
        };
        all.push(RuleStatus { state, ..rule.status() });
    }
    Ok(all)
}

impl Rule {
    fn status(&self) -> RuleStatus {
        RuleStatus {
            model: self.model.clone(),
            trigger: self.trigger.to_owned(),
            name: self.name.clone(),
            state: "missing",
        }
    }
}

fn prefix(backend: &str) -> String {
    format!("Linkspan {backend}: ")
}

fn url(target: &RuleTarget<'_>) -> String {
    let token = rule_token(target.odoo_secret, target.backend);
    let base = target.public_url.trim_end_matches('/');
    format!("{base}/webhooks/odoo/{}?token={}", target.backend, token.expose_secret())
}

/// The rules of a definition: one for each model whose records go out or lead to some.
fn wanted(target: &RuleTarget<'_>) -> Vec<Rule> {
    const SAVED: &str = "on_create_or_write";
    let mut rules: Vec<Rule> = Vec::new();
    let mut add = |model: &str, trigger: &'static str, field: Option<&str>, optional: bool| {
        let fields = field.into_iter().map(str::to_owned);
        match rules.iter_mut().find(|rule| rule.model == model && rule.trigger == trigger) {
            Some(rule) => {
                rule.fields.extend(fields);
                rule.optional &= optional;
            }
            None => rules.push(Rule {
                name: format!(
                    "{}{model}{}",
                    prefix(target.backend),
                    if trigger == SAVED { "" } else { " deleted" }
                ),
                model: model.to_owned(),
                trigger,
                fields: fields.collect(),
                optional,
            }),
        }
    };
    for entity in target.definition.entities.values() {
        let Some(export) = &entity.export else { continue };
        add(&entity.odoo.model, SAVED, Some("write_date"), false);
        if export.archive.is_some() {
            add(&entity.odoo.model, "on_unlink", Some("write_date"), false);
        }
        for watch in &export.watch {
            // A longer path is walked by a search for changes.
            let field = watch.path.split('.').next();
            add(&watch.model, SAVED, field, watch.optional);
        }
    }
    rules
}

/// What every command needs: the series, the app, the rights.
async fn check(odoo: &Client) -> Result<(), SyncError> {
    if odoo.version().series.major() < 17 {
        return Err(SyncError::Config(format!(
            "this Odoo is {}; automation rules that call a webhook exist since 17.0. Changes are found by searching for them",
            odoo.version().text
        )));
    }
    match odoo.has_access("base.automation", "write").await {
        Ok(true) => Ok(()),
        Ok(false) | Err(odoo_rpc::Error::Access { .. }) => Err(no_right()),
        Err(odoo_rpc::Error::NotFound { .. }) => Err(SyncError::Config(
            "this Odoo lacks the app Automation Rules; install it (base_automation) under Apps, without the filter Apps".to_owned(),
        )),
        Err(other) => Err(other.into()),
    }
}

fn no_right() -> SyncError {
    SyncError::Config(
        "the Odoo user may not change automation rules. Name an administrator with --odoo-login and put the secret into LINKSPAN_ODOO_SECRET, or give the user the right Administration: Settings for this command".to_owned(),
    )
}

/// A refusal for want of rights says so.
fn refused<T>(outcome: Result<T, odoo_rpc::Error>) -> Result<T, SyncError> {
    outcome.map_err(|error| match error {
        odoo_rpc::Error::Access { .. } => no_right(),
        other => other.into(),
    })
}

/// The model's id and those of the fields that are posted; `None` when it may be missing and is.
async fn model(odoo: &Client, rule: &Rule) -> Result<Option<(i64, Vec<i64>)>, SyncError> {
    let domain = json!([["model", "=", rule.model]]);
    let found = refused(odoo.search_read("ir.model", &domain, &["id"], SearchOptions::default()).await)?;
    let Some(model) = found.first().map(id_of) else {
        if rule.optional {
            return Ok(None);
        }
        return Err(SyncError::Config(format!("this Odoo has no model {}", rule.model)));
    };
    let domain = json!([["model_id", "=", model], ["name", "in", rule.fields]]);
    let fields =
        refused(odoo.search_read("ir.model.fields", &domain, &["id"], SearchOptions::default()).await)?;
    Ok(Some((model, fields.iter().map(id_of).collect())))
}

/// A rule by name: its id, and whether it is switched on.
async fn find(odoo: &Client, name: &str) -> Result<Option<(i64, bool)>, SyncError> {
    let domain = json!([["name", "=", name]]);
    let options = SearchOptions { order: Some("id".to_owned()), ..SearchOptions::default() };
    let found = everything(odoo).search_read("base.automation", &domain, &["active"], options).await;
    let active = |rule: &Record| rule.get("active").and_then(Value::as_bool).unwrap_or(true);
    Ok(refused(found)?.first().map(|rule| (id_of(rule), active(rule))))
}

async fn actions(odoo: &Client, rule: i64) -> Result<Vec<Record>, SyncError> {
    let domain = json!([["base_automation_id", "=", rule]]);
    let options = SearchOptions { order: Some("id".to_owned()), ..SearchOptions::default() };
    refused(odoo.search_read("ir.actions.server", &domain, &["webhook_url"], options).await)
}

/// Rules that are switched off are found too.
fn everything(odoo: &Client) -> Client {
    odoo.with_context(record(json!({ "active_test": false })))
}

fn id_of(record: &Record) -> i64 {
    record.get("id").and_then(Value::as_i64).unwrap_or_default()
}

fn first(ids: Vec<i64>) -> i64 {
    ids.first().copied().unwrap_or_default()
}

fn record(value: Value) -> Record {
    match value {
        Value::Object(record) => record,
        _ => Record::new(),
    }
}
