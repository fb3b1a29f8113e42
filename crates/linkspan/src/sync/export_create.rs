//! Step 3 of the way out, for records that are not linked yet: never two on the other side. Before the request an intent is
//! stored; whoever finds one goes on as `export_lost` says instead of making the record again.

use serde_json::{Map, Value};

use super::error::SyncError;
use super::export_lost::{
    Lookup, ambiguous, came_in_as_another, found, is_idempotent, look_up_value, may_be_under_way, repeatable,
    take_up,
};
use super::export_record::{ExportOutcome, Out, is_of_record};
use super::export_settle::{Settlement, fields, new_binding, whole_base};
use super::export_update::text;
use super::session::{Mode, to_json};
use crate::adapter::{AdapterError, Answer, new_idempotency_key};
use crate::definition::model::ErrorClass;
use crate::mapping::Scope;
use crate::store::{FieldChange, Intent, Outbound, Sent, now_ms};

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
    if intent.is_none() && !out.may_be_made {
        return skipped("it is not linked, and `export.domain` does not choose it");
    }
    if let Some(Intent { external_id: Some(external_id), sent, .. }) = &intent {
        let record = session.current(out.entity, external_id).await?;
        return take_up(out, sent.as_ref(), external_id, &record).await;
    }
    if intent.is_some() && out.options.create_again {
        if session.mode != Mode::Plan {
            session.store.drop_intent(&session.backend, name, out.leaving.odoo_id).await?;
        }
        intent = None;
    }
    if let Some((intent, sent)) = intent.as_ref().and_then(|i| Some((i, repeatable(out, operation, i)?))) {
        return repeat(out, operation, intent, sent).await;
    }
    let value = export.look_up.as_ref().and_then(|look_up| look_up_value(out, look_up));
    if let Some(look_up) = &export.look_up {
        // What was sent is looked for by what it was sent with; a person may have changed that since.
        let former =
            intent.as_ref().and_then(|intent| Some((intent.look_up.as_deref()?, intent.sent.as_ref())));
        let now = value.as_deref().map(|value| (value, None));
        let now = now.filter(|(value, _)| former.is_none_or(|(former, _)| former != *value));
        for (value, sent) in former.into_iter().chain(now) {
            match found(out, look_up, value).await? {
                Lookup::None => {}
                Lookup::One(external_id, record) => return take_up(out, sent, &external_id, &record).await,
                Lookup::Refused(reason) => return out.refuse(ErrorClass::Conflict, reason).await,
            }
        }
    }
    if let Some(intent) = &intent {
        let is_looked_up = export.look_up.is_some() && intent.look_up.is_some();
        if !is_looked_up && !is_idempotent(out, operation) {
            return ambiguous(out, intent).await;
        }
        if let Some(later) = may_be_under_way(out, intent) {
            return Ok(later);
        }
    }
    if !out.leaving.active {
        return skipped("it is archived in Odoo");
    }
    send(out, operation, value, intent.as_ref()).await
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

/// Sends the create. From the intent on everything may be lost at any moment.
async fn send(
    out: &Out<'_>,
    operation: &str,
    look_up: Option<String>,
    before: Option<&Intent>,
) -> Result<ExportOutcome, SyncError> {
    let session = out.session;
    if session.mode == Mode::Plan {
        return planned(out);
    }
    let (_, plan) = session.way_out(out.entity)?;
    let mut record = Map::new();
    for (field, value) in fields(&plan.fields, out.leaving) {
        field.path.set(&mut record, value.value.clone());
    }
    let at = now_ms();
    let sent = Sent { record: Value::Object(record), key: new_idempotency_key(), at };
    let odoo_id = out.leaving.odoo_id;
    let intent = Intent { odoo_id, look_up, external_id: None, created_at: at, sent: Some(sent.clone()) };
    if !session
        .store
        .begin_create(&session.backend, &session.plan(out.entity).entity, &intent, before)
        .await?
    {
        return begun_elsewhere();
    }
    match session.adapter.call_with_key(operation, &[], Some(&sent.record), &sent.key).await {
        Ok(answer) => match made(out, operation, &answer).await? {
            Ok((id, record)) => finish(out, &id, &record).await,
            Err(reason) => out.refuse(ErrorClass::Ambiguous, reason).await,
        },
        Err(error) => failed(out, operation, &intent, error).await,
    }
}

/// Sends a create whose answer was lost again as it was, with its key: the answer is that of the first one. What Odoo
/// changed since follows.
async fn repeat(
    out: &Out<'_>,
    operation: &str,
    before: &Intent,
    sent: &Sent,
) -> Result<ExportOutcome, SyncError> {
    let session = out.session;
    if session.mode == Mode::Plan {
        return planned(out);
    }
    if let Some(later) = may_be_under_way(out, before) {
        return Ok(later);
    }
    let intent = Intent { created_at: now_ms(), ..before.clone() };
    let name = &session.plan(out.entity).entity;
    if !session.store.begin_create(&session.backend, name, &intent, Some(before)).await? {
        return begun_elsewhere();
    }
    match session.adapter.call_with_key(operation, &[], Some(&sent.record), &sent.key).await {
        Ok(answer) => match made(out, operation, &answer).await? {
            Ok((id, record)) => take_up(out, Some(sent), &id, &record).await,
            Err(reason) => out.refuse(ErrorClass::Ambiguous, reason).await,
        },
        // Any other refusal may be of the repeat alone: the first one may be under way, or done.
        Err(error) if error.outcome_unknown || error.class == ErrorClass::Data => {
            failed(out, operation, &intent, error).await
        }
        Err(error) if !is_of_record(error.class) => Err(error.into()),
        Err(error) => session.refused_by_answer(out.entity, out.key(), out.leaving.odoo_id, error).await,
    }
}

/// After which a record that another process makes is looked at again.
const ELSEWHERE_MS: i64 = 5_000;

fn begun_elsewhere() -> Result<ExportOutcome, SyncError> {
    let message = "another process is just creating this record; it is looked at again".to_owned();
    Ok(ExportOutcome::Refused { class: "transient", message, after_ms: Some(ELSEWHERE_MS) })
}

fn planned(out: &Out<'_>) -> Result<ExportOutcome, SyncError> {
    let session = out.session;
    let (_, plan) = session.way_out(out.entity)?;
    let fields = fields(&plan.fields, out.leaving).map(|(field, value)| FieldChange {
        field: field.path.text().to_owned(),
        from: None,
        to: text(&value.value),
    });
    let fields = fields.collect();
    let planned = session.planned_out(out.entity, out.leaving.odoo_id, out.key(), "create", fields);
    session.note_planned(planned);
    Ok(ExportOutcome::Created { external_id: String::new() })
}

/// The new record and its id, noted with the intent; `Err` when the answer names none.
async fn made(
    out: &Out<'_>,
    operation: &str,
    answer: &Answer,
) -> Result<Result<(String, Value), String>, SyncError> {
    let session = out.session;
    let record = session.object_in(operation, answer);
    let id = record.as_ref().and_then(|record| {
        let record = to_json(record);
        let id = session.plans.external_id(out.entity, Scope { record: &record, parent: None });
        id.ok().map(std::borrow::Cow::into_owned)
    });
    let (Some(record), Some(id)) = (record, id) else {
        return Ok(Err(format!(
            "{operation} was answered with {}, but the answer names no record; find it on the other side and link it",
            answer.status
        )));
    };
    let name = &session.plan(out.entity).entity;
    session.store.note_created(&session.backend, name, out.leaving.odoo_id, &id).await?;
    let whole = match session.record_in(out.entity, operation, answer, &id) {
        Some(whole) => whole,
        None => session.current(out.entity, &id).await.unwrap_or(record),
    };
    Ok(Ok((id, whole)))
}

/// A create that surely was not carried out leaves no intent behind.
async fn failed(
    out: &Out<'_>,
    operation: &str,
    intent: &Intent,
    error: AdapterError,
) -> Result<ExportOutcome, SyncError> {
    let session = out.session;
    if error.outcome_unknown {
        let next = match (repeatable(out, operation, intent), &intent.look_up) {
            (Some(_), _) => "It is sent again with the same key, which makes no second record.",
            (None, Some(_)) => "Whether the record was made is looked up before it is sent again.",
            (None, None) => return ambiguous(out, intent).await,
        };
        return Ok(ExportOutcome::Refused {
            class: "transient",
            message: format!("{error} {next}"),
            after_ms: None,
        });
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
    if let Some(reason) = came_in_as_another(out, id).await? {
        return out.refuse(ErrorClass::Conflict, reason).await;
    }
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
        Some(reason) => Ok(ExportOutcome::Refused { class: "conflict", message: reason, after_ms: None }),
    }
}
