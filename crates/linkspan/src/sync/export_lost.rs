//! Creates that were begun before and have no answer: sent again with their idempotency key, looked up, or left to a human;
//! never repeated blindly.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::SyncError;
use super::export_compare::{base_without, canonical};
use super::export_record::{ExportOutcome, Out};
use super::export_settle::{ARCHIVED, Settlement, new_binding};
use super::export_update::{text, update};
use super::session::Mode;
use crate::adapter::Param;
use crate::definition::export::LookUp;
use crate::definition::model::ErrorClass;
use crate::definition::operation::Repeat;
use crate::mapping::{OutPath, Scope, to_value};
use crate::store::{Base, Binding, Intent, Outbound, Sent, now_ms};

/// What an earlier create sent, while the other side still tells a repeat of it by its key. One that would come too late
/// for that is none.
pub(super) fn repeatable<'i>(out: &Out<'_>, operation: &str, intent: &'i Intent) -> Option<&'i Sent> {
    let http = &out.session.definition.http;
    let key = out.session.definition.operations.get(operation)?.idempotency_key.as_ref()?;
    let sent = intent.sent.as_ref().filter(|_| out.leaving.active)?;
    let lasts = i64::try_from(key.lasts_ms.saturating_sub(http.timeout_ms)).unwrap_or(i64::MAX);
    (now_ms() < sent.at.saturating_add(lasts)).then_some(sent)
}

/// Whether a create is the same as another one of this record, whoever sends it and whenever.
pub(super) fn is_idempotent(out: &Out<'_>, operation: &str) -> bool {
    let operation = out.session.definition.operations.get(operation);
    operation.is_some_and(|operation| operation.repeat == Repeat::Idempotent)
}

/// A request may be carried out after its sender gave up, so for the length of a request nobody can tell.
pub(super) fn may_be_under_way(out: &Out<'_>, intent: &Intent) -> Option<ExportOutcome> {
    let timeout_ms = i64::try_from(out.session.definition.http.timeout_ms).unwrap_or(i64::MAX);
    let left_ms = intent.created_at.saturating_add(timeout_ms).saturating_sub(now_ms());
    (left_ms > 0).then(|| ExportOutcome::Refused {
        class: "transient",
        message: format!(
            "the answer to an earlier create was lost and it may still be under way; it goes on in {} seconds",
            left_ms.cast_unsigned().div_ceil(1000)
        ),
        after_ms: Some(left_ms),
    })
}

pub(super) fn look_up_value(out: &Out<'_>, look_up: &LookUp) -> Option<String> {
    let shown = out.leaving.shown.get(&look_up.from)?;
    let value = match shown {
        Value::String(value) => value.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(value).filter(|value| !value.is_empty())
}

/// What a look-up found.
pub(super) enum Lookup {
    None,
    One(String, Value),
    Refused(String),
}

/// Looks for the record on the other side. What the list gives besides is passed over.
pub(super) async fn found(out: &Out<'_>, look_up: &LookUp, value: &str) -> Result<Lookup, SyncError> {
    let session = out.session;
    let path = OutPath::parse(&look_up.external).map_err(SyncError::Impossible)?;
    let narrowed = vec![Param::new(&look_up.param, value)];
    let mut walk = session.adapter.list(&look_up.operation, narrowed, None);
    let mut records = Vec::new();
    while let Some(page) = walk.next().await? {
        for record in page.records()? {
            let record_value = to_value(&record);
            if text(path.find(&record_value)).trim() == value {
                let id = session.plans.external_id(out.entity, Scope { record: &record, parent: None });
                let id = id.map_err(|problem| SyncError::Impossible(problem.to_string()))?;
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
            match linked_to_another(out, &id).await? {
                Some(odoo_id) => Lookup::Refused(format!(
                    "{name} {id} has the same {} \"{value}\" and is linked to Odoo record {odoo_id}; make the two differ",
                    look_up.external
                )),
                None => Lookup::One(id, record),
            }
        }
        several => Lookup::Refused(format!(
            "{several} records of the other side have the {} \"{value}\"; link one with `linkspan bindings link {} {name} <external id> {}`",
            look_up.external, session.backend, out.leaving.odoo_id
        )),
    })
}

/// The Odoo record that an external record is linked to, if it is not this one.
async fn linked_to_another(out: &Out<'_>, id: &str) -> Result<Option<i64>, SyncError> {
    let (session, name) = (out.session, &out.session.plan(out.entity).entity);
    let bound = session.store.bindings(&session.backend, name, &[id]).await?;
    let odoo_id = bound.get(id).and_then(|binding| binding.odoo_id);
    Ok(odoo_id.filter(|odoo_id| *odoo_id != out.leaving.odoo_id))
}

/// Why a record that a create of ours made cannot be linked: an import was faster than the answer, and made another Odoo
/// record of it.
pub(super) async fn came_in_as_another(out: &Out<'_>, id: &str) -> Result<Option<String>, SyncError> {
    let (backend, name) = (&out.session.backend, &out.session.plan(out.entity).entity);
    let (another, this) = (linked_to_another(out, id).await?, out.leaving.odoo_id);
    Ok(another.map(|odoo_id| {
        format!(
            "it was made as {name} {id}, which came in as Odoo record {odoo_id} before its id was known here. Merge \
             {odoo_id} into {this} in Odoo, then link it: `linkspan bindings link {backend} {name} {id} {this}`"
        )
    }))
}

/// Links a record that is there already, and brings Odoo's part of it there. `sent` is what an earlier create of ours sent:
/// what differs from that was changed since, on the side where it differs.
pub(super) async fn take_up(
    out: &Out<'_>,
    sent: Option<&Sent>,
    id: &str,
    record: &Value,
) -> Result<ExportOutcome, SyncError> {
    let (session, odoo_id) = (out.session, out.leaving.odoo_id);
    if let Some(reason) = came_in_as_another(out, id).await? {
        return out.refuse(ErrorClass::Conflict, reason).await;
    }
    if session.mode == Mode::Plan {
        session.note_planned(session.planned_out(out.entity, odoo_id, id, "adopt", Vec::new()));
        return Ok(ExportOutcome::Created { external_id: id.to_owned() });
    }
    // Without a digest: an import writes its fields once.
    let binding = Binding { digest: None, ..new_binding(session, out.entity, odoo_id, id, record) };
    let fingerprint = out.leaving.fingerprint(session, out.entity, true)?;
    let base = sent.map(|sent| base_sent(out, sent, record)).transpose()?.unwrap_or_default();
    let known = Outbound { external_id: id.to_owned(), base, fingerprint: String::new() };
    let settlement = Settlement {
        bindings: vec![binding.clone()],
        outbound: vec![known.clone()],
        forgotten: vec![out.key().to_owned()],
        settled: vec![out.key().to_owned()],
        settled_intents: vec![odoo_id],
        ..Settlement::default()
    };
    if let Some(reason) = settlement.store(session, out.entity).await? {
        return Ok(ExportOutcome::Refused { class: "conflict", message: reason, after_ms: None });
    }
    let linked = Out { known, fingerprint, ..*out };
    match update(&linked, &binding).await? {
        ExportOutcome::Updated { .. } | ExportOutcome::Unchanged | ExportOutcome::Skipped { .. } => {
            Ok(ExportOutcome::Created { external_id: id.to_owned() })
        }
        other => Ok(other),
    }
}

/// What both sides held of every field right after a create, by what it sent.
fn base_sent(out: &Out<'_>, sent: &Sent, record: &Value) -> Result<BTreeMap<String, Base>, SyncError> {
    let (_, plan) = out.session.way_out(out.entity)?;
    let both = plan.fields.iter().zip(&out.leaving.out).map(|(field, value)| {
        let is_number = value.as_ref().is_some_and(|value| value.is_number);
        let base = match canonical(field.path.find(&sent.record), is_number) {
            Value::Null => base_without(&field.held_in(record)),
            went => Base::of(went.clone(), went),
        };
        (field.path.text().to_owned(), base)
    });
    let mut base: BTreeMap<String, Base> = both.collect();
    base.insert(ARCHIVED.to_owned(), Base::of(json!(false), Value::Null));
    Ok(base)
}

/// Nobody but a human can tell whether the record was made.
pub(super) async fn ambiguous(out: &Out<'_>, intent: &Intent) -> Result<ExportOutcome, SyncError> {
    let (name, id) = (&out.session.plan(out.entity).entity, out.leaving.odoo_id);
    let backend = &out.session.backend;
    let at = jiff::Timestamp::from_millisecond(intent.created_at).unwrap_or_default();
    let reason = format!(
        "a create was sent at {at} and its answer lost, and the record cannot be looked up. If it is there, link it: \
         `linkspan bindings link {backend} {name} <external id> {id}`; if not: `linkspan export {backend} {name} --id {id} --create-again`"
    );
    out.refuse(ErrorClass::Ambiguous, reason).await
}
