//! Step 3 of the way out, for records that are not linked yet: never two on the other side. Before the request an intent is
//! stored; whoever finds one looks the record up instead of making it again, and where that is impossible a human decides.

use serde_json::{Map, Value};

use super::error::SyncError;
use super::export_record::{ExportOutcome, Out, is_of_record};
use super::export_settle::{Settlement, fields, new_binding, whole_base};
use super::export_update::{text, update};
use super::session::{Mode, to_json};
use crate::adapter::{AdapterError, Param};
use crate::definition::export::LookUp;
use crate::definition::model::ErrorClass;
use crate::mapping::{OutPath, Scope, to_value};
use crate::store::{Binding, FieldChange, Intent, Outbound, now_ms};

/// Makes the record on the other side, or finds it there.
pub(super) async fn create(out: &Out<'_>) -> Result<ExportOutcome, SyncError> {
    let (session, name) = (out.session, &out.session.plan(out.entity).entity);
    let (export, _) = session.way_out(out.entity)?;
    let Some(operation) = &export.create else {
        return skipped("it is not linked, and the definition creates no records");
    };
    if let Some(other) = bound_as_another(out).await? {
        return skipped(&format!("it is linked as {other}"));
    }
    let mut intent = session.store.intent(&session.backend, name, out.leaving.odoo_id).await?;
    if let Some(external_id) = intent.as_ref().and_then(|intent| intent.external_id.clone()) {
        let record = session.current(out.entity, &external_id).await?;
        return finish(out, &external_id, &record).await;
    }
    if intent.is_some() && out.options.create_again {
        session.store.drop_intent(&session.backend, name, out.leaving.odoo_id).await?;
        intent = None;
    }
    let value = export.look_up.as_ref().and_then(|look_up| look_up_value(out, look_up));
    if let Some((look_up, value)) = export.look_up.as_ref().zip(value.as_deref()) {
        match found(out, look_up, value).await? {
            Lookup::None => {}
            Lookup::One(external_id, record) => {
                return adopt(out, intent.is_some(), &external_id, &record).await;
            }
            Lookup::Refused(reason) => return out.refuse(ErrorClass::Conflict, reason).await,
        }
    }
    match intent {
        Some(intent) if value.is_none() => ambiguous(out, &intent).await,
        Some(intent) if is_fresh(out, &intent) => Ok(ExportOutcome::Refused {
            class: "transient",
            message: format!(
                "the answer to an earlier create was lost and may still be under way; it is looked up again in {} seconds",
                session.definition.http.timeout_ms.div_ceil(1000)
            ),
        }),
        _ if !out.leaving.active => skipped("it is archived in Odoo"),
        intent => send(out, operation, value.as_deref(), intent.as_ref()).await,
    }
}

fn skipped(reason: &str) -> Result<ExportOutcome, SyncError> {
    Ok(ExportOutcome::Skipped { reason: reason.to_owned() })
}

/// Another entity of the same model that this Odoo record is linked as: a shipping charge is a product in Odoo and none in
/// the shop.
async fn bound_as_another(out: &Out<'_>) -> Result<Option<String>, SyncError> {
    let (session, model) = (out.session, &out.session.plan(out.entity).model);
    let others = session.plans.entities.iter().filter(|plan| plan.model == *model);
    for plan in others.filter(|plan| plan.entity != session.plan(out.entity).entity) {
        let ids = [out.leaving.odoo_id];
        let bound = session.store.bindings_by_odoo_id(&session.backend, &plan.entity, &ids).await?;
        if let Some(binding) = bound.get(&out.leaving.odoo_id) {
            return Ok(Some(format!("{} {}", plan.entity, binding.external_id)));
        }
    }
    Ok(None)
}

/// A request may be carried out after its sender gave up, so for the length of a request nobody can tell.
fn is_fresh(out: &Out<'_>, intent: &Intent) -> bool {
    let timeout_ms = i64::try_from(out.session.definition.http.timeout_ms).unwrap_or(i64::MAX);
    now_ms() < intent.created_at.saturating_add(timeout_ms)
}

fn look_up_value(out: &Out<'_>, look_up: &LookUp) -> Option<String> {
    let shown = out.leaving.shown.get(&look_up.from)?;
    let value = match shown {
        Value::String(value) => value.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(value).filter(|value| !value.is_empty())
}

enum Lookup {
    None,
    One(String, Value),
    Refused(String),
}

/// Looks for the record on the other side. What the list gives besides is passed over.
async fn found(out: &Out<'_>, look_up: &LookUp, value: &str) -> Result<Lookup, SyncError> {
    let session = out.session;
    let path = OutPath::parse(&look_up.external).map_err(SyncError::Config)?;
    let narrowed = vec![Param::new(&look_up.param, value)];
    let mut walk = session.adapter.list(&look_up.operation, narrowed, None);
    let mut records = Vec::new();
    while let Some(page) = walk.next().await? {
        for record in page.records()? {
            let record_value = to_value(&record);
            if text(path.find(&record_value)).trim() == value {
                let id = session.plans.external_id(out.entity, Scope { record: &record, parent: None });
                let id = id.map_err(|problem| SyncError::Config(problem.to_string()))?;
                records.push((id.into_owned(), record_value));
            }
        }
        if page.is_last {
            break;
        }
    }
    let name = &session.plan(out.entity).entity;
    Ok(match records.len() {
        0 => Lookup::None,
        1 => {
            let (id, record) = records.remove(0);
            let bound = session.store.bindings(&session.backend, name, &[&id]).await?;
            match bound.get(&id).and_then(|binding| binding.odoo_id) {
                Some(odoo_id) if odoo_id != out.leaving.odoo_id => Lookup::Refused(format!(
                    "{name} {id} has the same {} \"{value}\" and is linked to Odoo record {odoo_id}; make the two differ",
                    look_up.external
                )),
                _ => Lookup::One(id, record),
            }
        }
        several => Lookup::Refused(format!(
            "{several} records of the other side have the {} \"{value}\"; link one with `linkspan bindings link {} {name} <external id> {}`",
            look_up.external, session.backend, out.leaving.odoo_id
        )),
    })
}

/// The record is there. If an earlier create made it, it is as Odoo sent it; otherwise it is linked and updated.
async fn adopt(out: &Out<'_>, is_ours: bool, id: &str, record: &Value) -> Result<ExportOutcome, SyncError> {
    if is_ours {
        return finish(out, id, record).await;
    }
    if out.session.mode == Mode::Plan {
        let change = out.session.planned_out(out.entity, out.leaving.odoo_id, id, "adopt", Vec::new());
        out.session.note_planned_out(change);
        return Ok(ExportOutcome::Created { external_id: id.to_owned() });
    }
    // Without a digest: an import writes its fields once.
    let binding =
        Binding { digest: None, ..new_binding(out.session, out.entity, out.leaving.odoo_id, id, record) };
    let settlement = Settlement {
        bindings: vec![binding.clone()],
        forgotten: vec![out.key().to_owned()],
        settled: vec![out.key().to_owned()],
        settled_intents: vec![out.leaving.odoo_id],
        ..Settlement::default()
    };
    if let Some(reason) = settlement.store(out.session, out.entity).await? {
        return Ok(ExportOutcome::Refused { class: "conflict", message: reason });
    }
    let known = Outbound { external_id: id.to_owned(), ..Outbound::default() };
    let fingerprint = out.leaving.fingerprint(out.session, out.entity, true)?;
    let linked = Out { known, fingerprint, ..*out };
    match update(&linked, &binding).await? {
        ExportOutcome::Updated { .. } | ExportOutcome::Unchanged | ExportOutcome::Skipped { .. } => {
            Ok(ExportOutcome::Created { external_id: id.to_owned() })
        }
        other => Ok(other),
    }
}

async fn ambiguous(out: &Out<'_>, intent: &Intent) -> Result<ExportOutcome, SyncError> {
    let (name, id) = (&out.session.plan(out.entity).entity, out.leaving.odoo_id);
    let backend = &out.session.backend;
    let at = jiff::Timestamp::from_millisecond(intent.created_at).unwrap_or_default();
    let reason = format!(
        "a create was sent at {at} and its answer lost, and the record cannot be looked up. If it is there, link it: \
         `linkspan bindings link {backend} {name} <external id> {id}`; if not: `linkspan export {backend} {name} --id {id} --create-again`"
    );
    out.refuse(ErrorClass::Ambiguous, reason).await
}

/// Sends the create. From the intent on everything may be lost at any moment.
async fn send(
    out: &Out<'_>,
    operation: &str,
    look_up: Option<&str>,
    before: Option<&Intent>,
) -> Result<ExportOutcome, SyncError> {
    let session = out.session;
    let (_, plan) = session.way_out(out.entity)?;
    let name = &session.plan(out.entity).entity;
    let mut body = Map::new();
    for (field, value) in fields(&plan.fields, out.leaving) {
        field.path.set(&mut body, value.value.clone());
    }
    if session.mode == Mode::Plan {
        let planned = fields(&plan.fields, out.leaving).map(|(field, value)| FieldChange {
            field: field.path.text().to_owned(),
            from: None,
            to: text(&value.value),
        });
        let fields = planned.collect();
        session.note_planned_out(session.planned_out(
            out.entity,
            out.leaving.odoo_id,
            out.key(),
            "create",
            fields,
        ));
        return Ok(ExportOutcome::Created { external_id: String::new() });
    }
    if !session.store.begin_create(&session.backend, name, out.leaving.odoo_id, look_up, before).await? {
        let message = "another process is just creating this record; it is looked at again".to_owned();
        return Ok(ExportOutcome::Refused { class: "transient", message });
    }
    let answer = match session.adapter.call(operation, &[], Some(&Value::Object(body))).await {
        Ok(answer) => answer,
        Err(error) => return failed(out, look_up, error).await,
    };
    let record = session.object_in(operation, &answer);
    let id = record.as_ref().and_then(|record| {
        let record = to_json(record);
        let id = session.plans.external_id(out.entity, Scope { record: &record, parent: None });
        id.ok().map(std::borrow::Cow::into_owned)
    });
    let (Some(record), Some(id)) = (record, id) else {
        let reason = format!(
            "{operation} was answered with {}, but the answer names no record; find it on the other side and link it",
            answer.status
        );
        return out.refuse(ErrorClass::Ambiguous, reason).await;
    };
    session.store.note_created(&session.backend, name, out.leaving.odoo_id, &id).await?;
    let whole = match session.record_in(out.entity, operation, &answer, &id) {
        Some(whole) => whole,
        None => session.current(out.entity, &id).await.unwrap_or(record),
    };
    finish(out, &id, &whole).await
}

/// A create that surely was not carried out leaves no intent behind.
async fn failed(
    out: &Out<'_>,
    look_up: Option<&str>,
    error: AdapterError,
) -> Result<ExportOutcome, SyncError> {
    let session = out.session;
    if error.outcome_unknown {
        if look_up.is_none() {
            let name = &session.plan(out.entity).entity;
            if let Some(intent) = session.store.intent(&session.backend, name, out.leaving.odoo_id).await? {
                return ambiguous(out, &intent).await;
            }
        }
        let message = format!("{error} Whether the record was made is looked up before it is sent again.");
        return Ok(ExportOutcome::Refused { class: "transient", message });
    }
    let name = &session.plan(out.entity).entity;
    session.store.drop_intent(&session.backend, name, out.leaving.odoo_id).await?;
    if !is_of_record(error.class) {
        return Err(error.into());
    }
    // Not looked at again until Odoo changes, or a human retries.
    let seen = Outbound { fingerprint: out.fingerprint.clone(), ..out.known.clone() };
    Settlement { outbound: vec![seen], ..Settlement::default() }.store(session, out.entity).await?;
    session.refused_by_answer(out.entity, out.key(), out.leaving.odoo_id, error).await
}

/// Links the record that was made, and remembers what both sides hold.
async fn finish(out: &Out<'_>, id: &str, record: &Value) -> Result<ExportOutcome, SyncError> {
    let (session, leaving) = (out.session, out.leaving);
    let base = whole_base(session, out.entity, leaving, record)?;
    let fingerprint = leaving.fingerprint(session, out.entity, true)?;
    let settlement = Settlement {
        bindings: vec![new_binding(session, out.entity, leaving.odoo_id, id, record)],
        outbound: vec![Outbound { external_id: id.to_owned(), base, fingerprint }],
        forgotten: vec![format!("odoo:{}", leaving.odoo_id)],
        settled: vec![format!("odoo:{}", leaving.odoo_id), id.to_owned()],
        settled_intents: vec![leaving.odoo_id],
        ..Settlement::default()
    };
    match settlement.store(session, out.entity).await? {
        None => Ok(ExportOutcome::Created { external_id: id.to_owned() }),
        Some(reason) => Ok(ExportOutcome::Refused { class: "conflict", message: reason }),
    }
}
