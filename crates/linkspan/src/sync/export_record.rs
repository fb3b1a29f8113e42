//! Out of Odoo, record by record: read from Odoo (`export_read`), compare with what both sides held (`export_compare`), send
//! (`export_update`, `export_create`), and remember (`export_settle`). Values are read right before they are sent, so
//! that of many changes the last one counts.

use serde::Serialize;

use super::dead_links::those_there;
use super::error::{Refusal, SyncError, class_text};
use super::export_create::create;
use super::export_read::{self, Leaving};
use super::export_settle::{Settlement, letter, new_binding, note_seen};
use super::export_update::update;
use super::session::{Mode, Session};
use crate::adapter::AdapterError;
use crate::definition::model::ErrorClass;
use crate::mapping::{OutProblem, Problem};
use crate::store::{Binding, DeadLetter, Outbound, RecordKey};

/// Records whose values are read in one call, right before they are sent.
const RECORDS_A_READ: usize = 40;

/// What became of one record on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ExportOutcome {
    /// It was made on the other side, or found there and linked.
    Created {
        /// Its id there.
        external_id: String,
    },
    /// These external fields were sent.
    Updated {
        /// Their paths.
        fields: Vec<String>,
    },
    /// It is archived on the other side.
    Archived,
    /// Nothing was to be sent. What an import wrote last counts as known, so an import's echo ends here.
    Unchanged,
    /// The definition does not send this record.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Both sides changed these fields; a dead letter waits for a human.
    Conflict {
        /// Their paths.
        fields: Vec<String>,
    },
    /// It was not sent. All but a transient one is a dead letter.
    Refused {
        /// What kind of trouble.
        class: &'static str,
        /// Why, and what to do.
        message: String,
        /// It goes on by itself after so many milliseconds: nobody can tell before.
        #[serde(skip_serializing_if = "Option::is_none")]
        after_ms: Option<i64>,
    },
}

/// How to export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Look at the record even if nothing changed in Odoo since the last time.
    pub force: bool,
    /// A human says that an earlier create whose answer was lost made nothing: create it again.
    pub create_again: bool,
}

/// One record and everything that is known of it.
pub(super) struct Out<'s> {
    pub(super) session: &'s Session,
    pub(super) entity: u16,
    pub(super) leaving: &'s Leaving,
    pub(super) known: Outbound,
    pub(super) fingerprint: String,
    pub(super) options: ExportOptions,
    /// If it is not linked, `export.domain` or a person wants it on the other side.
    pub(super) may_be_made: bool,
}

impl Session {
    /// Brings these Odoo records to the external system, in this order. One that is refused never stops another; an
    /// error is what concerns all of them.
    pub async fn export_records(
        &self,
        name: &str,
        odoo_ids: &[i64],
    ) -> Result<Vec<(i64, ExportOutcome)>, SyncError> {
        self.export_with(name, odoo_ids, ExportOptions::default()).await
    }

    /// The same with options.
    pub async fn export_with(
        &self,
        name: &str,
        odoo_ids: &[i64],
        options: ExportOptions,
    ) -> Result<Vec<(i64, ExportOutcome)>, SyncError> {
        let entity = self
            .plans
            .position(name)
            .ok_or_else(|| SyncError::Impossible(format!("there is no entity {name}")))?;
        self.way_out(entity)?;
        let mut outcomes = Vec::with_capacity(odoo_ids.len());
        for ids in odoo_ids.chunks(RECORDS_A_READ) {
            let leaving = export_read::read(self, entity, ids).await?;
            let bindings = self.store.bindings_by_odoo_id(&self.backend, name, ids).await?;
            let chosen = self.to_create(entity, ids, &bindings).await?;
            for odoo_id in ids {
                let binding = bindings.get(odoo_id);
                let may_be_made = options.force || options.create_again || chosen.contains(odoo_id);
                let sent = match leaving.get(odoo_id) {
                    Some(leaving) => self.export_one(entity, leaving, binding, (options, may_be_made)).await,
                    None => self.export_deleted(entity, *odoo_id, binding).await,
                };
                let outcome = match sent {
                    Err(SyncError::External(error)) if self.is_alone_in(&error, odoo_ids.len()).await => {
                        self.refused_alone(entity, *odoo_id, binding, error).await?
                    }
                    sent => sent?,
                };
                self.tally_out(name, *odoo_id, &outcome);
                if matches!(outcome, ExportOutcome::Created { .. }) {
                    // Those may wait for others of their own.
                    Box::pin(self.retry_waiting(name, *odoo_id)).await?;
                }
                outcomes.push((*odoo_id, outcome));
            }
        }
        Ok(outcomes)
    }

    async fn export_one(
        &self,
        entity: u16,
        leaving: &Leaving,
        binding: Option<&Binding>,
        (options, may_be_made): (ExportOptions, bool),
    ) -> Result<ExportOutcome, SyncError> {
        let key = key(leaving.odoo_id, binding);
        let name = &self.plan(entity).entity;
        let known = self.store.outbound(&self.backend, name, &[&key]).await?.remove(&key);
        let fingerprint = leaving.fingerprint(self, entity, binding.is_some())?;
        let is_same = known.as_ref().is_some_and(|known| known.fingerprint == fingerprint);
        if is_same && !options.force && !options.create_again {
            return Ok(ExportOutcome::Unchanged);
        }
        let known = known.unwrap_or_else(|| Outbound { external_id: key, ..Outbound::default() });
        let out = Out { session: self, entity, leaving, known, fingerprint, options, may_be_made };
        if !leaving.wanted {
            let by = if self.chosen_out.contains(name) { " or the stage `canary`" } else { "" };
            let reason = format!("the definition's `export.only`{by} leaves it out");
            note_seen(&out).await?;
            return Ok(ExportOutcome::Skipped { reason });
        }
        if !leaving.problems.is_empty() {
            return out.refuse_all().await;
        }
        match binding {
            Some(binding) => update(&out, binding).await,
            None => create(&out).await,
        }
    }

    /// A record that Odoo no longer has is archived on the other side, if the definition says how.
    async fn export_deleted(
        &self,
        entity: u16,
        odoo_id: i64,
        binding: Option<&Binding>,
    ) -> Result<ExportOutcome, SyncError> {
        let (export, _) = self.way_out(entity)?;
        let skipped = |reason: &str| Ok(ExportOutcome::Skipped { reason: reason.to_owned() });
        let (Some(binding), Some(archive)) = (binding, &export.archive) else {
            return skipped("Odoo has no such record any more");
        };
        let (name, model) = (&self.plan(entity).entity, &self.plan(entity).model);
        if !those_there(self, model, &[odoo_id], &["write_date"]).await?.gone.contains(&odoo_id) {
            return skipped(
                "Linkspan's user may not see it in Odoo any more (another company, a record rule), so nothing is archived",
            );
        }
        if self.chosen_out.contains(name) {
            return skipped("Odoo has no such record any more, so the stage `canary` cannot choose it");
        }
        let id = binding.external_id.as_str();
        let known = self.store.outbound(&self.backend, name, &[id]).await?.remove(id).unwrap_or_default();
        if known.fingerprint == DELETED {
            return Ok(ExportOutcome::Unchanged);
        }
        if self.mode == Mode::Plan {
            self.plan_archive(entity, odoo_id, id);
            return Ok(ExportOutcome::Archived);
        }
        match super::export_update::send_archive(self, archive, id).await {
            Ok(_) => {}
            Err(error) if error.class == ErrorClass::Gone => {}
            Err(error) => return self.refused_by_answer(entity, id, odoo_id, error).await,
        }
        let known = Outbound { external_id: id.to_owned(), fingerprint: DELETED.to_owned(), ..known };
        // What archiving changed on the other side shall not bring the record back to Odoo.
        let bindings = match self.current(entity, id).await {
            Ok(after) => {
                let echo = new_binding(self, entity, odoo_id, id, &after);
                vec![Binding { version: echo.version, digest: echo.digest, ..binding.clone() }]
            }
            Err(_) => Vec::new(),
        };
        let settlement = Settlement { outbound: vec![known], bindings, ..Settlement::default() };
        settlement.store(self, entity).await?;
        Ok(ExportOutcome::Archived)
    }

    /// Tries again what waited for a record to be linked.
    async fn retry_waiting(&self, name: &str, odoo_id: i64) -> Result<(), SyncError> {
        let key = key(odoo_id, None);
        for letter in self.store.waiting_on(&self.backend, name, &[&key]).await? {
            self.retry_export(&letter).await?;
        }
        Ok(())
    }

    /// Tries a refused record once more.
    pub(super) async fn retry_export(&self, letter: &DeadLetter) -> Result<(), SyncError> {
        let odoo_id = match letter.external_id.strip_prefix("odoo:").and_then(|id| id.parse().ok()) {
            Some(odoo_id) => odoo_id,
            None => {
                let ids = [letter.external_id.as_str()];
                let bindings = self.store.bindings(&self.backend, &letter.entity, &ids).await?;
                bindings.get(ids[0]).and_then(|binding| binding.odoo_id).ok_or_else(|| {
                    SyncError::Impossible(format!(
                        "{} {} is not linked to an Odoo record any more; dismiss this dead letter",
                        letter.entity, letter.external_id
                    ))
                })?
            }
        };
        let options = ExportOptions { force: true, ..ExportOptions::default() };
        self.export_with(&letter.entity, &[odoo_id], options).await?;
        Ok(())
    }

    /// An error about one record is its dead letter; one that concerns all ends the run.
    pub(super) async fn refused_by_answer(
        &self,
        entity: u16,
        key: &str,
        odoo_id: i64,
        error: AdapterError,
    ) -> Result<ExportOutcome, SyncError> {
        if !is_of_record(error.class) {
            return Err(error.into());
        }
        let refusal = letter(key, odoo_id, error.class, vec![Problem::of_record(error.to_string())]);
        self.refuse_out(entity, refusal).await
    }

    /// Whether an error that could concern all records is about this one, because the system answers whoever asks for
    /// something else. One that passes is told to whoever sends a single record: it may wait.
    async fn is_alone_in(&self, error: &AdapterError, records: usize) -> bool {
        let may_be = match error.class {
            ErrorClass::Throttled => false,
            ErrorClass::Transient => records > 1,
            _ => true,
        };
        may_be && error.status.is_some() && self.adapter.answers().await
    }

    /// The dead letter of such a record; where the error may pass, the next export finds the record again.
    async fn refused_alone(
        &self,
        entity: u16,
        odoo_id: i64,
        binding: Option<&Binding>,
        error: AdapterError,
    ) -> Result<ExportOutcome, SyncError> {
        if error.class == ErrorClass::Transient {
            return Ok(ExportOutcome::Refused {
                class: class_text(error.class),
                message: error.to_string(),
                after_ms: None,
            });
        }
        let problem = Problem::of_record(error.to_string());
        self.refuse_out(entity, letter(&key(odoo_id, binding), odoo_id, error.class, vec![problem])).await
    }

    /// Stores a dead letter.
    pub(super) async fn refuse_out(&self, entity: u16, refusal: Refusal) -> Result<ExportOutcome, SyncError> {
        let outcome = ExportOutcome::Refused {
            class: class_text(refusal.class),
            message: refusal.to_string(),
            after_ms: None,
        };
        Settlement { refusals: vec![refusal], ..Settlement::default() }.store(self, entity).await?;
        Ok(outcome)
    }

    fn tally_out(&self, name: &str, odoo_id: i64, outcome: &ExportOutcome) {
        self.tally.count(name, |counts| match outcome {
            ExportOutcome::Created { .. } => counts.created += 1,
            ExportOutcome::Updated { .. } | ExportOutcome::Archived => counts.updated += 1,
            ExportOutcome::Unchanged => counts.unchanged += 1,
            ExportOutcome::Skipped { .. } => counts.skipped += 1,
            ExportOutcome::Conflict { .. } | ExportOutcome::Refused { .. } => {}
        });
        let (class, message) = match outcome {
            ExportOutcome::Refused { class, message, .. } => (*class, message.clone()),
            ExportOutcome::Conflict { fields } => {
                ("conflict", format!("both sides changed {}", fields.join(", ")))
            }
            _ => return,
        };
        self.tally.refused_as(name, &format!("odoo:{odoo_id}"), class, &message);
    }
}

/// Fingerprint of a record that Odoo no longer has.
pub(super) const DELETED: &str = "deleted";

impl Out<'_> {
    /// Its name in dead letters and in what is remembered.
    pub(super) fn key(&self) -> &str {
        &self.known.external_id
    }

    /// A refusal with one reason.
    pub(super) async fn refuse(&self, class: ErrorClass, reason: String) -> Result<ExportOutcome, SyncError> {
        let refusal = letter(self.key(), self.leaving.odoo_id, class, vec![Problem::of_record(reason)]);
        self.session.refuse_out(self.entity, refusal).await
    }

    /// The same of what stays as it is: looks for changes pass it until something changed, a retry does not.
    pub(super) async fn refuse_once(
        &self,
        class: ErrorClass,
        reason: String,
    ) -> Result<ExportOutcome, SyncError> {
        let outcome = self.refuse(class, reason).await?;
        note_seen(self).await?;
        Ok(outcome)
    }

    /// Values that cannot go out, all of them. It is looked at again once something changed.
    async fn refuse_all(&self) -> Result<ExportOutcome, SyncError> {
        let waits = self.leaving.problems.iter().all(|problem| matches!(problem, OutProblem::Unlinked(..)));
        let class = if waits { ErrorClass::MissingDependency } else { ErrorClass::Data };
        let depends_on = self.leaving.problems.iter().find_map(|problem| match problem {
            OutProblem::Unlinked(entity, odoo_id, _) if waits => {
                let entity = self.session.plan(*entity).entity.clone();
                Some(RecordKey { entity, external_id: key(*odoo_id, None) })
            }
            _ => None,
        });
        let refusal = letter(self.key(), self.leaving.odoo_id, class, self.leaving.reasons());
        let refusal = Refusal { depends_on, ..refusal };
        let outcome =
            ExportOutcome::Refused { class: class_text(class), message: refusal.to_string(), after_ms: None };
        let seen = Outbound { fingerprint: self.fingerprint.clone(), ..self.known.clone() };
        let settlement =
            Settlement { refusals: vec![refusal], outbound: vec![seen], ..Settlement::default() };
        settlement.store(self.session, self.entity).await?;
        Ok(outcome)
    }
}

/// The name under which a record is remembered: its external id, or its Odoo id while there is none.
pub(super) fn key(odoo_id: i64, binding: Option<&Binding>) -> String {
    binding.map_or_else(|| format!("odoo:{odoo_id}"), |binding| binding.external_id.clone())
}

/// Whether an error is about one record and not about the connection to all of them.
pub(super) fn is_of_record(class: ErrorClass) -> bool {
    use ErrorClass::{Ambiguous, Conflict, Data, Gone, MissingDependency};
    matches!(class, Ambiguous | Conflict | Data | Gone | MissingDependency)
}
