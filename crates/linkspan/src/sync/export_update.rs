//! Step 3 of the way out, for records that are linked: fetch what the other side has, judge field by field, send what
//! Odoo changed.

use std::collections::BTreeMap;

use pyexpr::Json;
use serde_json::{Map, Value, json};

use super::error::SyncError;
use super::export_compare::{Verdict, base_of, base_without, judge};
use super::export_record::{ExportOutcome, Out};
use super::export_settle::{ARCHIVED, Settlement, archived, echoed, letter, whole_base};
use super::plan::PlannedChange;
use super::session::{Mode, Session, to_json};
use crate::adapter::AdapterError;
use crate::definition::export::{Archive, Export, WHOLE};
use crate::definition::model::ErrorClass;
use crate::mapping::{Found, OutPath, Path, Problem, to_value};
use crate::store::{Base, Binding, FieldChange, Outbound};

/// Brings what changed of a linked record to the other side.
pub(super) async fn update(out: &Out<'_>, binding: &Binding) -> Result<ExportOutcome, SyncError> {
    let (export, _) = out.session.way_out(out.entity)?;
    if export.update.is_none() {
        return Ok(ExportOutcome::Skipped { reason: "the definition has no `export.update`".to_owned() });
    }
    let id = binding.external_id.as_str();
    let current = match out.session.current(out.entity, id).await {
        Ok(current) => current,
        Err(SyncError::External(error)) if error.class == ErrorClass::Gone => {
            if export.archive.is_some() && !out.leaving.active {
                return gone_on_both_sides(out, id).await;
            }
            let forget = format!("`linkspan bindings unlink {} {} {id}`", binding.backend, binding.entity);
            let archive =
                if export.archive.is_some() { "Archive it in Odoo, then retry; or forget" } else { "Forget" };
            let reason = format!(
                "{} {id} no longer exists on the other side. {archive} the link with {forget}, then dismiss this",
                binding.entity
            );
            return out.refuse_once(ErrorClass::Gone, reason).await;
        }
        Err(SyncError::External(error)) => {
            return out.session.refused_by_answer(out.entity, id, out.leaving.odoo_id, error).await;
        }
        Err(other) => return Err(other),
    };
    if let Some(archive) = &export.archive
        && !out.leaving.active
    {
        return archive_now(out, binding, archive, &current).await;
    }
    let judged = Judged::of(out, &current)?;
    if judged.send.is_empty() {
        return judged.settle(out, binding, None).await;
    }
    if out.session.mode == Mode::Plan {
        out.session.note_planned(judged.planned(out, id, &current)?);
        return judged.settle(out, binding, None).await;
    }
    judged.note_under_way(out, id).await?;
    match send_update(out, id, &current, |body| judged.add_to(body, out)).await {
        Ok(after) => judged.settle(out, binding, Some((&current, &after))).await,
        Err(SyncError::External(error)) => {
            out.session.refused_by_answer(out.entity, id, out.leaving.odoo_id, error).await
        }
        Err(other) => Err(other),
    }
}

/// What is to be done, field by field: positions in the plan.
#[derive(Debug, Default)]
struct Judged {
    send: Vec<usize>,
    conflicts: Vec<usize>,
    /// The base as it is known now, without what is sent.
    base: BTreeMap<String, Base>,
    /// What a human sees of each conflict.
    shown: Vec<Value>,
}

impl Judged {
    fn of(out: &Out<'_>, current: &Value) -> Result<Judged, SyncError> {
        let (_, plan) = out.session.way_out(out.entity)?;
        let mut judged = Judged { base: out.known.base.clone(), ..Judged::default() };
        judged.base.insert(ARCHIVED.to_owned(), archived(out.leaving));
        for (position, (field, value)) in plan.fields.iter().zip(&out.leaving.out).enumerate() {
            let path = field.path.text();
            let external = &*field.held_in(current);
            let Some(value) = value else {
                judged.base.insert(path.to_owned(), base_without(external));
                continue;
            };
            let base = out.known.base.get(path);
            match judge(field.owner, value, external, base) {
                Verdict::InStep => drop(judged.base.insert(path.to_owned(), base_of(value, external))),
                // Linked before there was a base: from here on there is one.
                Verdict::Settled if base.is_none() => {
                    judged.base.insert(path.to_owned(), base_of(value, external));
                }
                Verdict::Settled | Verdict::Theirs => {}
                Verdict::Send => judged.send.push(position),
                Verdict::Conflict => {
                    judged.conflicts.push(position);
                    judged.shown.push(json!({
                        "field": path, "odoo": value.value, "external": external,
                        "base": base.map(|base| &base.external),
                    }));
                }
            }
        }
        Ok(judged)
    }

    fn names(&self, out: &Out<'_>, positions: &[usize]) -> Result<Vec<String>, SyncError> {
        let (_, plan) = out.session.way_out(out.entity)?;
        Ok(positions.iter().map(|position| plan.fields[*position].path.text().to_owned()).collect())
    }

    /// Puts what goes out into the body of an update.
    fn add_to(&self, body: &mut Map<String, Value>, out: &Out<'_>) -> Result<(), SyncError> {
        let (_, plan) = out.session.way_out(out.entity)?;
        for position in &self.send {
            if let Some(value) = &out.leaving.out[*position] {
                plan.fields[*position].path.set(body, value.value.clone());
            }
        }
        Ok(())
    }

    fn planned(&self, out: &Out<'_>, id: &str, current: &Value) -> Result<PlannedChange, SyncError> {
        let (_, plan) = out.session.way_out(out.entity)?;
        let fields = self.send.iter().filter_map(|position| {
            let field = &plan.fields[*position];
            Some(FieldChange {
                field: field.path.text().to_owned(),
                from: Some(field.held_in(current).into_owned()),
                to: text(&out.leaving.out[*position].as_ref()?.value),
            })
        });
        Ok(out.session.planned_out(out.entity, out.leaving.odoo_id, id, "update", fields.collect()))
    }

    /// Before the request: killed after it, the next look knows whose change it sees.
    async fn note_under_way(&self, out: &Out<'_>, id: &str) -> Result<(), SyncError> {
        let (_, plan) = out.session.way_out(out.entity)?;
        let mut known = Outbound { external_id: id.to_owned(), ..out.known.clone() };
        for position in &self.send {
            let base = known.base.get_mut(plan.fields[*position].path.text());
            if let (Some(base), Some(value)) = (base, &out.leaving.out[*position]) {
                base.send(&value.value);
            }
        }
        if known.base == out.known.base {
            return Ok(());
        }
        let settlement = Settlement { outbound: vec![known], ..Settlement::default() };
        settlement.store(out.session, out.entity).await.map(drop)
    }

    /// Stores what was done. `sent` is the other side's record before and after.
    async fn settle(
        self,
        out: &Out<'_>,
        binding: &Binding,
        sent: Option<(&Value, &Value)>,
    ) -> Result<ExportOutcome, SyncError> {
        let id = binding.external_id.as_str();
        let sent_names = self.names(out, &self.send)?;
        let conflicts = self.names(out, &self.conflicts)?;
        let mut base = self.base;
        let mut settlement = Settlement::default();
        if let Some((before, after)) = sent {
            let whole = whole_base(out.session, out.entity, out.leaving, after)?;
            base.extend(whole.into_iter().filter(|(path, _)| sent_names.contains(path)));
            let states = (before, after);
            settlement.bindings.extend(echoed(out.session, out.entity, binding, out.leaving, &base, states));
        }
        let seen = Outbound { external_id: id.to_owned(), base, fingerprint: out.fingerprint.clone() };
        settlement.outbound.push(seen);
        if conflicts.is_empty() {
            settlement.settled.push(id.to_owned());
        } else {
            settlement.refusals.push(conflict(id, out.leaving.odoo_id, &self.shown));
        }
        settlement.store(out.session, out.entity).await?;
        Ok(match (conflicts.is_empty(), sent_names.is_empty()) {
            (false, _) => ExportOutcome::Conflict { fields: conflicts },
            (true, true) => ExportOutcome::Unchanged,
            (true, false) => ExportOutcome::Updated { fields: sent_names },
        })
    }
}

/// The dead letter of fields that both sides changed.
pub(super) fn conflict(id: &str, odoo_id: i64, fields: &[Value]) -> super::error::Refusal {
    let problems = fields.iter().map(|field| {
        let name = field["field"].as_str().unwrap_or_default();
        let reason = format!(
            "both sides changed {name}: Odoo has {}, the other side {}. Decide which one stays",
            field["odoo"], field["external"]
        );
        Problem::new(name, name, None, reason)
    });
    let payload = json!({ "odoo_id": odoo_id, "fields": fields }).to_string();
    super::error::Refusal {
        payload: Some(payload),
        ..letter(id, odoo_id, ErrorClass::Conflict, problems.collect())
    }
}

/// Sends an update, whose body `add` completes, and gives what the other side holds then.
async fn send_update(
    out: &Out<'_>,
    id: &str,
    current: &Value,
    add: impl FnOnce(&mut Map<String, Value>) -> Result<(), SyncError>,
) -> Result<Value, SyncError> {
    let session = out.session;
    let (export, _) = session.way_out(out.entity)?;
    let mut body = along(export, current)?;
    add(&mut body)?;
    let record = to_json(current);
    let instead = session.plans.changed_instead(out.entity, &out.leaving.odoo, &record);
    let instead = instead.map_err(|problem| SyncError::Impossible(problem.to_string()))?;
    let instead = instead.map(|position| &export.instead[position]);
    let operation = instead.map_or(export.update.as_deref(), |instead| Some(&instead.update));
    let mut params = vec![("id".to_owned(), id.to_owned())];
    for (name, path) in instead.iter().flat_map(|instead| &instead.params) {
        let known = Path::parse(path).map_err(SyncError::Impossible)?;
        let Found::Value(value) = known.find(&record) else {
            return Err(SyncError::External(AdapterError::data(format!(
                "The parameter `{name}` of `{}` is empty: the record there has nothing at `{path}`.",
                operation.unwrap_or_default()
            ))));
        };
        params.push((name.clone(), text(&to_value(value))));
    }
    let params: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer =
        session.adapter.call(operation.unwrap_or_default(), &params, Some(&Value::Object(body))).await?;
    // Another operation may answer in another shape.
    let record = session.record_in(out.entity, operation.unwrap_or_default(), &answer, id);
    match record.filter(|_| instead.is_none()) {
        Some(record) => Ok(record),
        None => session.current(out.entity, id).await,
    }
}

/// What an update sends along of what the other side holds.
fn along(export: &Export, current: &Value) -> Result<Map<String, Value>, SyncError> {
    let mut body = Map::new();
    for path in &export.along {
        if path == WHOLE {
            body.extend(current.as_object().cloned().unwrap_or_default());
            continue;
        }
        let path = out_path(path)?;
        match path.find(current) {
            Value::Null => {}
            held => path.set(&mut body, held.clone()),
        }
    }
    for path in &export.without {
        out_path(path)?.remove(&mut body);
    }
    Ok(body)
}

fn out_path(text: &str) -> Result<OutPath, SyncError> {
    OutPath::parse(text).map_err(SyncError::Impossible)
}

/// Archives the record on the other side, once.
async fn archive_now(
    out: &Out<'_>,
    binding: &Binding,
    archive: &Archive,
    current: &Value,
) -> Result<ExportOutcome, SyncError> {
    let id = binding.external_id.as_str();
    let was = out.known.base.get(ARCHIVED).is_some_and(|base| base.odoo == json!(true));
    // Without a base it came archived from the other side, or was before anybody looked.
    let is_first_look = out.known.base.is_empty();
    if was || is_first_look {
        let mut known = out.known.clone();
        known.base.insert(ARCHIVED.to_owned(), archived(out.leaving));
        let seen = Outbound { external_id: id.to_owned(), fingerprint: out.fingerprint.clone(), ..known };
        Settlement { outbound: vec![seen], ..Settlement::default() }.store(out.session, out.entity).await?;
        return Ok(ExportOutcome::Unchanged);
    }
    if out.session.mode == Mode::Plan {
        out.session.plan_archive(out.entity, out.leaving.odoo_id, id);
        return Ok(ExportOutcome::Archived);
    }
    let (export, _) = out.session.way_out(out.entity)?;
    let sent = match export.update.as_deref() == Some(archive.operation.as_str()) {
        // So it is with the records that are updated in another way.
        true => {
            let add = |body: &mut Map<String, Value>| {
                body.extend(body_of(archive));
                Ok(())
            };
            send_update(out, id, current, add).await
        }
        false => match send_archive(out.session, archive, id).await {
            Ok(_) => match out.session.current(out.entity, id).await {
                // It was deleted there; a server that says no more than 404 says that.
                Err(SyncError::External(error)) if error.status == Some(404) => Ok(Value::Null),
                after => after,
            },
            Err(error) => Err(error.into()),
        },
    };
    let after = match sent {
        Ok(after) => after,
        Err(SyncError::External(error)) if error.class == ErrorClass::Gone => Value::Null,
        Err(SyncError::External(error)) => {
            return out.session.refused_by_answer(out.entity, id, out.leaving.odoo_id, error).await;
        }
        Err(other) => return Err(other),
    };
    // Other fields that changed in Odoo stay to be sent once the record is active again.
    let mut base = out.known.base.clone();
    let whole = whole_base(out.session, out.entity, out.leaving, &after)?;
    base.extend(whole.into_iter().filter(|(path, _)| path == ARCHIVED || archive.body.contains_key(path)));
    let echoed = echoed(out.session, out.entity, binding, out.leaving, &base, (current, &after));
    let settlement = Settlement {
        outbound: vec![Outbound { external_id: id.to_owned(), base, fingerprint: out.fingerprint.clone() }],
        bindings: echoed.into_iter().collect(),
        settled: vec![id.to_owned()],
        ..Settlement::default()
    };
    settlement.store(out.session, out.entity).await?;
    Ok(ExportOutcome::Archived)
}

/// What is archived in Odoo and deleted on the other side needs nothing more.
async fn gone_on_both_sides(out: &Out<'_>, id: &str) -> Result<ExportOutcome, SyncError> {
    let mut known = out.known.clone();
    known.base.insert(ARCHIVED.to_owned(), archived(out.leaving));
    let seen = Outbound { external_id: id.to_owned(), fingerprint: out.fingerprint.clone(), ..known };
    let settlement =
        Settlement { outbound: vec![seen], settled: vec![id.to_owned()], ..Settlement::default() };
    settlement.store(out.session, out.entity).await?;
    Ok(ExportOutcome::Unchanged)
}

fn body_of(archive: &Archive) -> Map<String, Value> {
    archive.body.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
}

/// Sends what the definition says about archived records.
pub(super) async fn send_archive(
    session: &Session,
    archive: &Archive,
    id: &str,
) -> Result<crate::adapter::Answer, AdapterError> {
    let body = Value::Object(body_of(archive));
    let body = Some(&body).filter(|_| !archive.body.is_empty());
    session.adapter.call(&archive.operation, &[("id", id)], body).await
}

impl Session {
    /// The external record as it is now.
    pub(super) async fn current(&self, entity: u16, id: &str) -> Result<Value, SyncError> {
        let name = &self.plan(entity).entity;
        let get = self.definition.entities[name].import.as_ref().and_then(|import| import.get.as_deref());
        let get = get.ok_or_else(|| {
            SyncError::Impossible(format!(
                "the definition has no `import.get` for {name}, so nobody can tell what an export would overwrite"
            ))
        })?;
        let page = self.adapter.get(get, id).await?;
        Ok(page.records()?.first().map(to_value).unwrap_or_default())
    }

    /// The record in an answer, if the answer is that record and whole enough to be mapped.
    pub(super) fn record_in(
        &self,
        entity: u16,
        operation: &str,
        answer: &crate::adapter::Answer,
        id: &str,
    ) -> Option<Value> {
        let record = self.object_in(operation, answer)?;
        let json = to_json(&record);
        let scope = crate::mapping::Scope { record: &json, parent: None };
        let mapped = self.plans.map(entity, scope).ok()?;
        (mapped.external_id == id).then_some(record)
    }

    /// The object that an operation answers with.
    pub(super) fn object_in(&self, operation: &str, answer: &crate::adapter::Answer) -> Option<Value> {
        let json: Json<'_> = answer.json().ok()?;
        let path = self.definition.operations.get(operation)?.records.clone().unwrap_or_default();
        match to_value(crate::adapter::find(&json, &path)?) {
            record @ Value::Object(_) => Some(record),
            Value::Array(items) if items.len() == 1 => items.into_iter().next().filter(Value::is_object),
            _ => None,
        }
    }

    pub(super) fn planned_out(
        &self,
        entity: u16,
        odoo_id: i64,
        external_id: &str,
        action: &'static str,
        fields: Vec<FieldChange>,
    ) -> PlannedChange {
        let plan = self.plan(entity);
        PlannedChange {
            entity: plan.entity.clone(),
            external_id: external_id.to_owned(),
            action,
            model: plan.model.clone(),
            odoo_id: Some(odoo_id),
            fields,
        }
    }

    pub(super) fn plan_archive(&self, entity: u16, odoo_id: i64, id: &str) {
        self.note_planned(self.planned_out(entity, odoo_id, id, "archive", Vec::new()));
    }
}

/// A value as people see it.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
