//! What a human decides about fields that both sides changed.

use serde_json::Value;

use super::binding::sha256;
use super::error::SyncError;
use super::export_read;
use super::export_record::{ExportOptions, ExportOutcome};
use super::export_settle::Settlement;
use super::session::Session;
use crate::store::{Base, Binding, DeadLetter, DeadLetterKind, DeadLetterState, Outbound};

/// Whose value stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
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
}

impl Session {
    /// Settles a conflict: the fields in the dead letter are from now on as one side has them now. Gives what the export
    /// did; of the other side's value an import follows at once.
    pub async fn resolve_conflict(
        &self,
        letter: &DeadLetter,
        decision: Decision,
    ) -> Result<ExportOutcome, SyncError> {
        if letter.kind != DeadLetterKind::Export.text() || letter.state != DeadLetterState::Open {
            return Err(SyncError::Config(format!(
                "dead letter {} is no open conflict of an export",
                letter.id
            )));
        }
        let unknown = || SyncError::Config(format!("dead letter {} does not name its fields", letter.id));
        let payload: Value =
            letter.payload.as_deref().and_then(|text| serde_json::from_str(text).ok()).ok_or_else(unknown)?;
        let fields: Vec<&str> = payload["fields"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|field| field["field"].as_str())
            .collect();
        if fields.is_empty() {
            return Err(unknown());
        }
        let (entity, binding) = self.linked(letter).await?;
        let odoo_id = binding.odoo_id.unwrap_or_default();
        self.take_side(entity, odoo_id, &binding, &fields, decision).await?;
        if decision == Decision::External {
            self.import_record(&letter.entity, &binding.external_id).await?;
        }
        let options = ExportOptions { force: true, ..ExportOptions::default() };
        let outcomes = self.export_with(&letter.entity, &[odoo_id], options).await?;
        outcomes.into_iter().next().map(|(_, outcome)| outcome).ok_or_else(unknown)
    }

    async fn linked(&self, letter: &DeadLetter) -> Result<(u16, Binding), SyncError> {
        let gone = || {
            SyncError::Config(format!(
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
    async fn take_side(
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
            let now = super::export_compare::base_of(out, field.held_in(&current));
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
