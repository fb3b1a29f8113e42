//! The end of the way out: what both sides hold now, links, dead letters; in one transaction.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::binding::{digest, version_text};
use super::error::{Refusal, SyncError};
use super::export_compare::{base_of, base_without, canonical};
use super::export_read::Leaving;
use super::export_record::Out;
use super::follow::shows;
use super::session::{Mode, Session, to_json};
use crate::definition::entity::Owner;
use crate::definition::model::ErrorClass;
use crate::mapping::{Mapped, OdooValue, OutField, Problem, Scope};
use crate::store::{Base, BatchCommit, Binding, DeadLetterKind, NewDeadLetter, Outbound};

/// The pseudo-field that remembers whether the record was archived.
pub(super) const ARCHIVED: &str = "(archived)";

/// What is stored of one record.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    pub(super) bindings: Vec<Binding>,
    pub(super) outbound: Vec<Outbound>,
    pub(super) forgotten: Vec<String>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) settled: Vec<String>,
    pub(super) settled_intents: Vec<i64>,
}

impl Settlement {
    /// Stores everything; gives what kept a link from being made. A plan stores nothing.
    pub(super) async fn store(self, session: &Session, entity: u16) -> Result<Option<String>, SyncError> {
        if session.mode == Mode::Plan {
            return Ok(None);
        }
        let refusals = self.refusals.into_iter().map(|refusal| refusal.without_secrets(&session.redactor));
        let commit = BatchCommit {
            backend: session.backend.clone(),
            entity: session.plan(entity).entity.clone(),
            kind: DeadLetterKind::Export,
            bindings: self.bindings,
            outbound: self.outbound,
            forgotten: self.forgotten,
            resolved_dead_letters: self.settled,
            dead_letters: refusals.map(NewDeadLetter::from).collect(),
            settled_intents: self.settled_intents,
            lease: session.lease.clone(),
            ..BatchCommit::default()
        };
        let conflicts = session.store.commit_batch(commit).await?;
        Ok(conflicts.first().map(|conflict| {
            format!("Odoo record {} is linked to {} already", conflict.odoo_id, conflict.held_by)
        }))
    }
}

/// The refusal of a record on its way out.
pub(super) fn letter(key: &str, odoo_id: i64, class: ErrorClass, problems: Vec<Problem>) -> Refusal {
    Refusal {
        external_id: key.to_owned(),
        class,
        problems,
        depends_on: None,
        version: None,
        payload: Some(json!({ "odoo_id": odoo_id }).to_string()),
    }
}

/// Remembers that the record was looked at as it is now.
pub(super) async fn note_seen(out: &Out<'_>) -> Result<(), SyncError> {
    let seen = Outbound { fingerprint: out.fingerprint.clone(), ..out.known.clone() };
    Settlement { outbound: vec![seen], ..Settlement::default() }.store(out.session, out.entity).await?;
    Ok(())
}

/// What both sides hold of every field that goes out, now that `record` is the other side's state.
pub(super) fn whole_base(
    session: &Session,
    entity: u16,
    leaving: &Leaving,
    record: &Value,
) -> Result<BTreeMap<String, Base>, SyncError> {
    let (_, plan) = session.way_out(entity)?;
    let both = plan.fields.iter().zip(&leaving.out).map(|(field, out)| {
        let external = field.held_in(record);
        let base = out.as_ref().map_or_else(|| base_without(&external), |out| base_of(out, &external));
        (field.path.text().to_owned(), base)
    });
    let mut base: BTreeMap<String, Base> = both.collect();
    base.insert(ARCHIVED.to_owned(), archived(leaving));
    Ok(base)
}

/// The fields that go out with a value.
pub(super) fn fields<'f>(
    plan: &'f [OutField],
    leaving: &'f Leaving,
) -> impl Iterator<Item = (&'f OutField, &'f crate::mapping::Out)> {
    plan.iter().zip(&leaving.out).filter_map(|(field, out)| Some((field, out.as_ref()?)))
}

/// Whether the record is archived, as base.
pub(super) fn archived(leaving: &Leaving) -> Base {
    Base::of(json!(!leaving.active), Value::Null)
}

/// The binding of a record that was just made on the other side: its state there came from Odoo, so an import of it
/// has nothing to do.
pub(super) fn new_binding(
    session: &Session,
    entity: u16,
    odoo_id: i64,
    external_id: &str,
    record: &Value,
) -> Binding {
    let plan = session.plan(entity);
    let json = to_json(record);
    let scope = Scope { record: &json, parent: None };
    let mapped = session.plans.map(entity, scope).ok();
    Binding {
        backend: session.backend.clone(),
        entity: plan.entity.clone(),
        external_id: external_id.to_owned(),
        odoo_model: plan.model.clone(),
        odoo_id: Some(odoo_id),
        origin: crate::store::Origin::Adopted,
        version: mapped.as_ref().and_then(|mapped| mapped.updated).map(version_text),
        digest: mapped.as_ref().map(|mapped| digest(&session.plans, plan, mapped, scope)),
        line_keys: None,
        agreed: None,
        created_at: crate::store::now_ms(),
        updated_at: crate::store::now_ms(),
    }
}

/// The binding after an update, when an import of `after` would find nothing to do: the link was in step with `before`,
/// and what differs since is what Odoo shows, or what both sides agreed on just now (`base`). Otherwise `None`: somebody changed the record meanwhile, and the import
/// of that is still to come.
pub(super) fn echoed(
    session: &Session,
    entity: u16,
    binding: &Binding,
    leaving: &Leaving,
    base: &BTreeMap<String, Base>,
    (before, after): (&Value, &Value),
) -> Option<Binding> {
    let plan = session.plan(entity);
    let (_, way_out) = session.way_out(entity).ok()?;
    let agreed: Vec<&OutField> = fields(&way_out.fields, leaving)
        .filter(|(field, out)| {
            let now = canonical(&field.held_in(after), out.is_number);
            field.owner == Owner::Shared
                && base.get(field.path.text()).is_some_and(|base| base.external == now)
        })
        .map(|(field, _)| field)
        .collect();
    let (before, after) = (to_json(before), to_json(after));
    let of = |record| Scope { record, parent: None };
    let (scope_before, scope_after) = (of(&before), of(&after));
    let map = |scope| session.plans.map(entity, scope).ok();
    let (before, after) = (map(scope_before)?, map(scope_after)?);
    if binding.digest.as_deref() != Some(&digest(&session.plans, plan, &before, scope_before)) {
        return None;
    }
    let nothing_to_do = after.lines == before.lines
        && after.embedded == before.embedded
        && after.values.iter().all(|(position, value)| {
            let field = &plan.fields[usize::from(*position)];
            field.create_only
                || value_of(&before, *position) == Some(value)
                || is_shown(leaving, &field.name, value)
                || agreed.iter().any(|out| out.makes(field))
        });
    nothing_to_do.then(|| Binding {
        version: after.updated.map(version_text).or_else(|| binding.version.clone()),
        digest: Some(digest(&session.plans, plan, &after, scope_after)),
        ..binding.clone()
    })
}

fn value_of<'m, 'r>(mapped: &'m Mapped<'r>, position: u16) -> Option<&'m OdooValue<'r>> {
    mapped.values.iter().find(|(other, _)| *other == position).map(|(_, value)| value)
}

fn is_shown(leaving: &Leaving, name: &str, value: &OdooValue<'_>) -> bool {
    !matches!(value, OdooValue::Relation { .. } | OdooValue::Relations { .. } | OdooValue::Reference(_))
        && leaving.shown.get(name).is_some_and(|shown| shows(shown, &value.to_string()))
}
