//! Exports by the shared wizard, as the Action menu does.

use odoo_rpc::{Client, Record, Repeat, SearchOptions};
use serde_json::{Map, Value, json};

use super::VerifyError;
use super::checklist::{Checklist, Group};
use super::jobs::{Jobs, settle};
use super::module::Module;
use super::subject::Subject;

const G: Group = Group::Export;
const ACTION: &str = "\"Export to Connectors\" action appears on models (Action menu)";
const METHODS: &str = "`export_<model_name>()` methods implemented in backend";
const BACKENDS: &str = "Export wizard shows only relevant backends";
const BINDINGS: &str = "Export creates bindings if they don't exist";
const QUEUED: &str = "Export queues async jobs via `with_delay()`";
const NOTIFIED: &str = "Export notifications show correct counts (exported, created, skipped, errors)";
const NO_EXPORT: &str = "Export respects `no_export` flag on bindings";
const STATISTICS: &str = "Export updates backend statistics (last_export_date)";

pub(super) async fn check(
    admin: &Client,
    module: &Module,
    subject: &Subject,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let targets = targets(module, subject);
    let (Some((model, id)), Some(&first)) = (subject.made(), targets.first()) else {
        let why = if module.exports.is_empty() {
            "the module exports nothing: it has no method export_<model>"
        } else {
            "there is no backend"
        };
        for item in [ACTION, METHODS, BACKENDS, BINDINGS, QUEUED, NOTIFIED, NO_EXPORT, STATISTICS] {
            list.skip(G, item, why);
        }
        return Ok(());
    };
    list.note(G, METHODS, true, module.exports.join(", "));
    let base = base_backend(admin, model, id).await?;
    let mut attempt = None;
    for (bound, binding) in &targets {
        let Some(record) = unbound(admin, bound, binding).await? else { continue };
        let before = Jobs::count(admin).await?;
        let (offered, said) = export(admin, bound, record, base).await?;
        let queued = Jobs::count(admin).await?.since(&before);
        attempt = Some((*bound, record, offered, said, queued));
        // Of some models nothing new is sent, only what came from the other side.
        if queued > 0 {
            break;
        }
    }
    let bound = attempt.as_ref().map_or(first.0, |(bound, ..)| *bound);
    let domain =
        json!([["res_model", "=", "connector.export.wizard"], ["binding_model_id.model", "=", bound]]);
    let actions = admin.search_count("ir.actions.act_window", &domain).await?;
    list.note(G, ACTION, actions == 1, format!("{actions} on {bound}"));
    let Some((_, record, offered, said, queued)) = attempt else {
        for item in [BACKENDS, BINDINGS, QUEUED, NOTIFIED, NO_EXPORT, STATISTICS] {
            list.skip(G, item, "there is no record to export, and none could be made");
        }
        return Ok(());
    };
    list.note(G, BACKENDS, offered.contains(&base), format!("{} offered for {bound}", offered.len()));
    settle(admin).await?;
    // A record may be bound as two things: a product, and the stock of it.
    let mut made = Vec::new();
    for (_, binding) in targets.iter().filter(|(other, _)| *other == bound) {
        let domain = json!([["odoo_id", "=", record]]);
        for found in admin.search_read(binding, &domain, &["id"], SearchOptions::default()).await? {
            made.extend(found.get("id").and_then(Value::as_i64).map(|id| (*binding, id)));
        }
    }
    list.note(G, BINDINGS, !made.is_empty(), format!("{} bindings of {bound} {record}", made.len()));
    list.note(G, QUEUED, queued > 0, format!("{queued} jobs"));
    list.note(G, NOTIFIED, said.contains('1'), said);
    let read = admin.read(model, &[id], &["last_export_date"]).await?;
    let at = read.iter().find_map(|record| record.get("last_export_date")?.as_str().map(str::to_owned));
    list.note(G, STATISTICS, at.is_some(), at.unwrap_or_else(|| "last_export_date is empty".to_owned()));
    for (binding, id) in made {
        let mut flag = Record::new();
        flag.insert("no_export".to_owned(), json!(true));
        admin.write(binding, &[id], flag).await?;
    }
    let before = Jobs::count(admin).await?;
    let (_, said) = export(admin, bound, record, base).await?;
    let queued = Jobs::count(admin).await?.since(&before);
    list.note(G, NO_EXPORT, queued == 0, said);
    Ok(())
}

/// The models that the module exports, each with its binding model.
fn targets<'s>(module: &Module, subject: &'s Subject) -> Vec<(&'s str, &'s str)> {
    let exported = |bound: &String| module.exports.contains(&bound.replace('.', "_"));
    let all = subject.bindings.iter().filter(|(_, bound)| exported(bound));
    all.map(|(binding, bound)| (bound.as_str(), binding.as_str())).collect()
}

/// A record without a binding; a copy of a bound one where all are.
async fn unbound(admin: &Client, bound: &str, binding: &str) -> Result<Option<i64>, VerifyError> {
    let held: Vec<i64> = admin
        .search_read(binding, &json!([]), &["odoo_id"], SearchOptions::default())
        .await?
        .iter()
        .filter_map(|record| record.get("odoo_id")?.get(0)?.as_i64())
        .collect();
    let options = || SearchOptions { limit: Some(1), ..SearchOptions::default() };
    let id = |records: Vec<Record>| records.iter().find_map(|record| record.get("id")?.as_i64());
    let free = admin.search_read(bound, &json!([["id", "not in", held]]), &["id"], options()).await?;
    if let Some(free) = id(free) {
        return Ok(Some(free));
    }
    let Some(held) = held.first() else { return Ok(None) };
    let copy = admin.call(bound, "copy", vec![json!([held])], Map::new(), Repeat::Never).await;
    Ok(copy.ok().and_then(|copy| copy.as_i64().or_else(|| copy.get(0)?.as_i64())))
}

async fn base_backend(admin: &Client, model: &str, id: i64) -> Result<i64, VerifyError> {
    let read = admin.read(model, &[id], &["base_backend_id"]).await?;
    Ok(read.iter().find_map(|record| record.get("base_backend_id")?.get(0)?.as_i64()).unwrap_or(0))
}

/// Opens the wizard on a record, chooses the backend, presses the button: the offered backends, what was said.
async fn export(
    admin: &Client,
    bound: &str,
    record: i64,
    base: i64,
) -> Result<(Vec<i64>, String), VerifyError> {
    const WIZARD: &str = "connector.export.wizard";
    let mut context = Map::new();
    context.insert("active_model".to_owned(), json!(bound));
    context.insert("active_ids".to_owned(), json!([record]));
    let user = admin.with_context(context);
    let mut values = Record::new();
    values.insert("backend_ids".to_owned(), json!([[6, 0, [base]]]));
    let wizard = user.create(WIZARD, vec![values]).await?;
    let read = user.read(WIZARD, &wizard, &["available_backend_ids"]).await?;
    let offered = read
        .iter()
        .flat_map(|wizard| {
            wizard.get("available_backend_ids").and_then(Value::as_array).cloned().unwrap_or_default()
        })
        .filter_map(|id| id.as_i64())
        .collect();
    let action = user.call(WIZARD, "action_export", vec![json!(wizard)], Map::new(), Repeat::Never).await;
    let said = match action {
        Ok(action) => action["params"]["message"].as_str().unwrap_or_default().to_owned(),
        Err(error) => error.to_string(),
    };
    Ok((offered, said))
}
