//! What a human decides about fields that both sides changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::binding::sha256;
use super::error::SyncError;
use super::export_read;
use super::export_record::{ExportOptions, ExportOutcome};
use super::export_settle::Settlement;
use super::session::Session;
use crate::store::{
    Base, Binding, DeadLetter, DeadLetterKind, DeadLetterState, Direction, Job, Outbound, Stage,
};

/// Whose value stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Odoo's goes out.
    Odoo,
    /// The external system's comes in.
    External,
}

impl Decision {
    /// The word on the command line and in the audit.
    pub fn text(self) -> &'static str {
        match self {
            Decision::Odoo => "odoo",
            Decision::External => "external",
        }
    }

    /// The direction in which it writes.
    pub fn direction(self) -> Direction {
        match self {
            Decision::Odoo => Direction::Out,
            Decision::External => Direction::In,
        }
    }

    /// Why the stage of that direction does not let it write.
    pub fn held_by(self, stage: Stage, entity: &str) -> Option<String> {
        let way = match self.direction() {
            Direction::In => "into",
            Direction::Out => "out of",
        };
        let holds = matches!(stage, Stage::Off | Stage::Shadow);
        holds.then(|| format!("the stage of {entity} {way} Odoo is {}, so nothing is written", stage.text()))
    }

    /// What stays, for a sentence about this many fields.
    pub fn stays(self, fields: usize) -> String {
        let whose = match self {
            Decision::Odoo => "Odoo's",
            Decision::External => "the other system's",
        };
        if fields == 1 { format!("{whose} value stays") } else { format!("{whose} values stay") }
    }
}

/// What a job of the kind `decision` carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The conflict.
    pub dead_letter: i64,
    /// Whose value stays.
    pub side: Decision,
}

impl Decided {
    /// The decision that a job carries.
    pub fn of(job: &Job) -> Option<Decided> {
        serde_json::from_str(job.payload.as_deref()?).ok()
    }
}

/// A field that both sides changed, with what they held when that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldConflict {
    /// Its path in the external record.
    pub field: String,
    /// What Odoo would send.
    pub odoo: Value,
    /// What the external system held.
    pub external: Value,
    /// What the external system held when both were last in step, as far as that is known.
    #[serde(default)]
    pub base: Option<Value>,
}

/// The fields that an open conflict is about, or why there is nothing to decide.
pub fn conflict(letter: &DeadLetter) -> Result<Vec<FieldConflict>, String> {
    let id = letter.id;
    if letter.state != DeadLetterState::Open {
        return Err(format!("dead letter {id} is no open conflict: it is {}", letter.state.text()));
    }
    let payload = letter.payload.as_deref().filter(|_| letter.kind == DeadLetterKind::Export.text());
    let payload: Option<Value> = payload.and_then(|text| serde_json::from_str(text).ok());
    let fields = payload.and_then(|payload| serde_json::from_value(payload["fields"].clone()).ok());
    fields.filter(|fields: &Vec<FieldConflict>| !fields.is_empty()).ok_or_else(|| {
        format!("dead letter {id} is no open conflict: it names no field that both sides changed")
    })
}

impl Session {
    /// Settles a conflict: the fields in the dead letter are from now on as one side has them now. Gives what the export
    /// did; of the other side's value an import follows at once.
    pub async fn resolve_conflict(
        &self,
        letter: &DeadLetter,
        decision: Decision,
    ) -> Result<ExportOutcome, SyncError> {
        let odoo_id = self.take_side(letter, decision).await?;
        if decision == Decision::External {
            self.import_record(&letter.entity, &letter.external_id).await?;
        }
        let options = ExportOptions { force: true, ..ExportOptions::default() };
        let outcomes = self.export_with(&letter.entity, &[odoo_id], options).await?;
        let outcome = outcomes.into_iter().next().map(|(_, outcome)| outcome);
        outcome.ok_or_else(|| SyncError::Impossible(format!("dead letter {} leads to no record", letter.id)))
    }

    /// The first half of that: one change is left of each field, and the dead letter is closed. What is left comes in with
    /// the next import or goes out with the next export. Gives the Odoo record's id.
    pub async fn take_side(&self, letter: &DeadLetter, decision: Decision) -> Result<i64, SyncError> {
        let fields = conflict(letter).map_err(SyncError::Impossible)?;
        let fields: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
        let (entity, binding) = self.linked(letter).await?;
        let odoo_id = binding.odoo_id.unwrap_or_default();
        self.take_values(entity, odoo_id, &binding, &fields, decision).await?;
        Ok(odoo_id)
    }

    async fn linked(&self, letter: &DeadLetter) -> Result<(u16, Binding), SyncError> {
        let gone = || {
            SyncError::Impossible(format!(
                "{} {} is not linked to an Odoo record any more; dismiss this dead letter",
                letter.entity, letter.external_id
            ))
        };
        let entity = self.plans.position(&letter.entity).ok_or_else(gone)?;
        let id = letter.external_id.as_str();
        let binding = self.store.bindings(&self.backend, &letter.entity, &[id]).await?.remove(id);
        Ok((entity, binding.filter(|binding| binding.odoo_id.is_some()).ok_or_else(gone)?))
    }

    /// Says of the fields that both sides held the other side's value (or Odoo's), so that only one change is left.
    async fn take_values(
        &self,
        entity: u16,
        odoo_id: i64,
        binding: &Binding,
        names: &[&str],
        decision: Decision,
    ) -> Result<(), SyncError> {
        let id = binding.external_id.as_str();
        let name = &self.plan(entity).entity;
        let (_, plan) = self.way_out(entity)?;
        let leaving = export_read::read(self, entity, &[odoo_id]).await?;
        let current = self.current(entity, id).await?;
        let known = self.store.outbound(&self.backend, name, &[id]).await?.remove(id);
        let mut known =
            known.unwrap_or_else(|| Outbound { external_id: id.to_owned(), ..Outbound::default() });
        for (position, field) in plan.fields.iter().enumerate() {
            let path = field.path.text();
            let out = leaving.get(&odoo_id).and_then(|leaving| leaving.out[position].as_ref());
            let (true, Some(out)) = (names.contains(&path), out) else { continue };
            let now = super::export_compare::base_of(out, &field.held_in(&current));
            // As if both had held what loses: the other value is a change, also if it becomes what it was before.
            let loses = match decision {
                Decision::Odoo => now.external,
                Decision::External => now.odoo,
            };
            let base = Base::of(loses.clone(), loses);
            known.base.insert(path.to_owned(), base);
        }
        known.fingerprint = String::new();
        // Of the other side's value the import has to think it new.
        let stale = Binding { digest: Some(sha256("decided")[..32].to_owned()), ..binding.clone() };
        let settlement = Settlement {
            outbound: vec![known],
            bindings: if decision == Decision::External { vec![stale] } else { Vec::new() },
            settled: vec![id.to_owned()],
            ..Settlement::default()
        };
        settlement.store(self, entity).await?;
        Ok(())
    }
}
