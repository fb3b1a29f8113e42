//! Finds the records that changed in Odoo and are to go out.
//!
//! Odoo stamps a record with the time at which the *transaction* began, so a long one commits records that lie behind
//! what was read already: every search reaches back by `export.overlap_ms`. What is found again is told by its fingerprint
//! and costs no request to the external system. A search walks by id: `write_date` has microseconds in the database and
//! whole seconds over the wire, so it cannot be walked by.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use odoo_rpc::SearchOptions;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::dead_links::those_there;
use super::error::SyncError;
use super::export_read;
use super::export_record::{DELETED, key};
use super::session::{Session, linked_ids};
use crate::store::{
    BatchCommit, Binding, BindingCursor, BindingFilter, Checkpoint, JobKind, NewJob, correlation, now_ms,
};

/// Records in one call.
const PAGE: u64 = 1_000;
/// Records whose values are compared in one call.
const COMPARED: usize = 200;

/// Which changes to look for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeOptions {
    /// Look at every record, not only at what changed.
    pub full: bool,
    /// What changed since this moment; what later searches look at is not affected.
    pub since: Option<Timestamp>,
}

/// What is to go out.
#[derive(Debug, Default)]
pub struct Changes {
    /// The records, by Odoo id.
    pub records: Vec<ChangedRecord>,
    /// Records that were looked at.
    pub examined: u64,
    entity: String,
    checkpoints: Vec<Checkpoint>,
}

/// A record that changed in Odoo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRecord {
    /// Its id in Odoo.
    pub odoo_id: i64,
    /// Its id in the external system, if it is linked.
    pub external_id: Option<String>,
}

/// How far a search has come, as the checkpoint stores it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Mark {
    /// The latest `write_date` that was seen.
    mark: String,
    /// When it was first seen, by our clock.
    seen_at: i64,
    /// Every transaction up to here is known to be through, so nothing behind it is looked at again.
    floor: Option<String>,
}

impl Session {
    /// The records of an entity that changed in Odoo since the last search, and whose values differ from what went out
    /// last. Unlinked ones are among them where `export.domain` says so. Nothing is stored until
    /// [`Session::settle_changes`].
    pub async fn changed_in_odoo(&self, name: &str, options: ChangeOptions) -> Result<Changes, SyncError> {
        let entity = self
            .plans
            .position(name)
            .ok_or_else(|| SyncError::Impossible(format!("there is no entity {name}")))?;
        let (export, _) = self.way_out(entity)?;
        let mut changes = Changes { entity: name.to_owned(), ..Changes::default() };
        let mut found = BTreeSet::new();
        let model = self.plan(entity).model.clone();
        let own = format!("export:{name}");
        found.extend(self.search(&own, &model, None, export.overlap_ms, options, &mut changes).await?);
        for watch in &export.watch {
            let checkpoint = format!("export:{name}:{}", watch.model);
            if watch.optional && !self.has_path(&watch.model, &watch.path).await? {
                continue;
            }
            let path = Some(watch.path.as_str());
            let search =
                self.search(&checkpoint, &watch.model, path, export.overlap_ms, options, &mut changes);
            found.extend(search.await?);
        }
        let found: Vec<i64> = found.into_iter().collect();
        changes.examined = found.len() as u64;
        for ids in found.chunks(COMPARED) {
            changes.records.extend(self.differing(entity, ids).await?);
        }
        if options.full && export.archive.is_some() {
            changes.records.extend(self.deleted(entity, &found).await?);
        }
        Ok(changes)
    }

    /// Stores how far the search has come, together with the work that follows from it.
    pub async fn settle_changes(&self, changes: &Changes, jobs: &[NewJob]) -> Result<(), SyncError> {
        let mut jobs = Some(jobs.to_vec());
        let mut checkpoints: Vec<Option<&Checkpoint>> = changes.checkpoints.iter().map(Some).collect();
        if checkpoints.is_empty() {
            checkpoints.push(None);
        }
        for checkpoint in checkpoints {
            let commit = BatchCommit {
                backend: self.backend.clone(),
                entity: changes.entity.clone(),
                checkpoint: checkpoint.cloned(),
                // With the first checkpoint: a search that is settled in part finds the same again.
                jobs: jobs.take().unwrap_or_default(),
                lease: self.lease.clone(),
                ..BatchCommit::default()
            };
            self.store.commit_batch(commit).await?;
        }
        Ok(())
    }

    /// Looks for changes and makes an export job of each; gives how many.
    pub async fn enqueue_changes(&self, name: &str, options: ChangeOptions) -> Result<u64, SyncError> {
        let changes = self.changed_in_odoo(name, options).await?;
        let correlation = correlation();
        let job = |record: &ChangedRecord| NewJob {
            serial: record.external_id.clone(),
            correlation: correlation.clone(),
            ..NewJob::new(&self.backend, JobKind::Export, name, &record.odoo_id.to_string())
        };
        let jobs: Vec<NewJob> = changes.records.iter().map(job).collect();
        self.settle_changes(&changes, &jobs).await?;
        Ok(jobs.len() as u64)
    }

    /// Ids of the records that a search finds; with `path` those that the found ones lead to.
    async fn search(
        &self,
        checkpoint: &str,
        model: &str,
        path: Option<&str>,
        overlap_ms: u64,
        options: ChangeOptions,
        changes: &mut Changes,
    ) -> Result<BTreeSet<i64>, SyncError> {
        let stored = self.store.checkpoint(&self.backend, checkpoint).await?.and_then(|stored| stored.walk);
        let mark: Option<Mark> = stored.and_then(|walk| serde_json::from_str(&walk).ok());
        let start = match (options.since, options.full, &mark) {
            (Some(since), _, _) => Some(since.strftime(FORMAT).to_string()),
            (None, true, _) | (None, false, None) => None,
            (None, false, Some(mark)) => mark.start(overlap_ms),
        };
        let began_at = now_ms();
        let (ids, latest) = self.walk(model, path, start.as_deref()).await?;
        if options.since.is_none()
            && let Some(latest) = latest.or_else(|| mark.as_ref().map(|mark| mark.mark.clone()))
        {
            let mark = mark.unwrap_or_default().after(latest, began_at, overlap_ms);
            changes.checkpoints.push(Checkpoint {
                backend: self.backend.clone(),
                entity: checkpoint.to_owned(),
                since: Some(mark.mark.clone()),
                walk: serde_json::to_string(&mark).ok(),
                updated_at: 0,
            });
        }
        Ok(ids)
    }

    /// All records of a model written since `start`, and the latest time of writing among them.
    async fn walk(
        &self,
        model: &str,
        path: Option<&str>,
        start: Option<&str>,
    ) -> Result<(BTreeSet<i64>, Option<String>), SyncError> {
        let steps: Vec<&str> = path.into_iter().flat_map(|path| path.split('.')).collect();
        let fields: Vec<&str> = ["write_date"].into_iter().chain(steps.first().copied()).collect();
        let (mut found, mut latest, mut last) = (BTreeSet::new(), None::<String>, 0);
        loop {
            let mut domain = vec![json!(["id", ">", last])];
            domain.extend(start.map(|start| json!(["write_date", ">=", start])));
            let page =
                SearchOptions { limit: Some(PAGE), order: Some("id".to_owned()), ..SearchOptions::default() };
            let records = self.odoo.search_read(model, &json!(domain), &fields, page).await?;
            let Some(id) = records.last().and_then(|record| record.get("id")?.as_i64()) else { break };
            last = id;
            for record in &records {
                let written = record.get("write_date").and_then(Value::as_str).map(str::to_owned);
                latest = latest.max(written);
                match steps.first() {
                    Some(step) => found.extend(linked_ids(record.get(*step))),
                    None => found.extend(record.get("id").and_then(Value::as_i64)),
                }
            }
            if (records.len() as u64) < PAGE {
                break;
            }
        }
        let mut model = model.to_owned();
        for steps in steps.windows(2) {
            model = self.comodel(&model, steps[0]).await?.unwrap_or_default();
            found = self.led_to(&model, &found, steps[1]).await?;
        }
        Ok((found, latest))
    }

    /// Where `field` of these records leads.
    async fn led_to(
        &self,
        model: &str,
        ids: &BTreeSet<i64>,
        field: &str,
    ) -> Result<BTreeSet<i64>, SyncError> {
        let ids: Vec<i64> = ids.iter().copied().collect();
        let mut found = BTreeSet::new();
        for ids in ids.chunks(1_000) {
            let domain = json!([["id", "in", ids]]);
            let records = self.odoo.search_read(model, &domain, &[field], SearchOptions::default()).await?;
            found.extend(records.iter().flat_map(|record| linked_ids(record.get(field))));
        }
        Ok(found)
    }

    /// The model that a link leads to; `None` when this Odoo lacks the model or the field.
    async fn comodel(&self, model: &str, field: &str) -> Result<Option<String>, SyncError> {
        let fields = match self.odoo.fields_get(model, &["relation"]).await {
            Ok(fields) => fields,
            Err(odoo_rpc::Error::NotFound { .. }) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        let relation = fields.get(field).and_then(|field| field.get("relation")).and_then(Value::as_str);
        Ok(relation.map(str::to_owned))
    }

    async fn has_path(&self, model: &str, path: &str) -> Result<bool, SyncError> {
        let mut model = model.to_owned();
        for step in path.split('.') {
            match self.comodel(&model, step).await? {
                Some(next) => model = next,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Those of the records that go out and whose values differ from what was seen last.
    async fn differing(&self, entity: u16, ids: &[i64]) -> Result<Vec<ChangedRecord>, SyncError> {
        let name = &self.plan(entity).entity;
        let bindings = self.store.bindings_by_odoo_id(&self.backend, name, ids).await?;
        let new = self.to_create(entity, ids, &bindings).await?;
        let wanted: Vec<i64> =
            ids.iter().copied().filter(|id| bindings.contains_key(id) || new.contains(id)).collect();
        let leaving = export_read::read(self, entity, &wanted).await?;
        let keys: HashMap<i64, String> = wanted.iter().map(|id| (*id, key(*id, bindings.get(id)))).collect();
        let names: Vec<&str> = keys.values().map(String::as_str).collect();
        let known = self.store.outbound(&self.backend, name, &names).await?;
        let mut records = Vec::new();
        for odoo_id in wanted {
            let Some(leaving) = leaving.get(&odoo_id) else { continue };
            let binding = bindings.get(&odoo_id);
            let now = leaving.fingerprint(self, entity, binding.is_some())?;
            if known.get(&keys[&odoo_id]).is_none_or(|known| known.fingerprint != now) {
                let external_id = binding.map(|binding| binding.external_id.clone());
                records.push(ChangedRecord { odoo_id, external_id });
            }
        }
        Ok(records)
    }

    /// Linked records that a look at all of Odoo's did not find because somebody deleted them, which no search for changes
    /// tells. One that a record rule hides is there.
    async fn deleted(&self, entity: u16, found: &[i64]) -> Result<Vec<ChangedRecord>, SyncError> {
        let (name, model) = (&self.plan(entity).entity, &self.plan(entity).model);
        let filter = |after| BindingFilter {
            backend: Some(self.backend.clone()),
            entity: Some(name.clone()),
            limit: 1_000,
            after,
            ..BindingFilter::default()
        };
        let (mut records, mut after) = (Vec::new(), None);
        loop {
            let bindings = self.store.list_bindings(filter(after)).await?;
            let Some(last) = bindings.last() else { return Ok(records) };
            after = Some(BindingCursor::from(last));
            let names: Vec<&str> = bindings.iter().map(|binding| binding.external_id.as_str()).collect();
            let known = self.store.outbound(&self.backend, name, &names).await?;
            let is_told = |binding: &Binding| {
                known.get(&binding.external_id).is_some_and(|known| known.fingerprint == DELETED)
            };
            let unseen: Vec<(i64, Binding)> = bindings
                .into_iter()
                .filter(|binding| !is_told(binding))
                .filter_map(|binding| Some((binding.odoo_id?, binding)))
                .filter(|(odoo_id, _)| found.binary_search(odoo_id).is_err())
                .collect();
            let ids: Vec<i64> = unseen.iter().map(|(odoo_id, _)| *odoo_id).collect();
            if ids.is_empty() {
                continue;
            }
            let gone = those_there(self, model, &ids, &["write_date"]).await?.gone;
            let gone = unseen.into_iter().filter(|(odoo_id, _)| gone.contains(odoo_id));
            records.extend(
                gone.map(|(odoo_id, binding)| ChangedRecord {
                    odoo_id,
                    external_id: Some(binding.external_id),
                }),
            );
        }
    }

    /// Unlinked records that the definition creates on the other side.
    pub(super) async fn to_create(
        &self,
        entity: u16,
        ids: &[i64],
        bindings: &HashMap<i64, Binding>,
    ) -> Result<BTreeSet<i64>, SyncError> {
        let (export, _) = self.way_out(entity)?;
        let unbound: Vec<i64> = ids.iter().copied().filter(|id| !bindings.contains_key(id)).collect();
        let (Some(conditions), Some(_)) = (&export.domain, &export.create) else {
            return Ok(BTreeSet::new());
        };
        if unbound.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut domain = vec![json!(["id", "in", unbound])];
        domain.extend(conditions.iter().map(|(field, value)| json!([field, "=", value.to_json()])));
        let model = &self.plan(entity).model;
        let found = self.odoo.search_read(model, &json!(domain), &["id"], SearchOptions::default()).await?;
        Ok(found.iter().filter_map(|record| record.get("id")?.as_i64()).collect())
    }
}

/// As Odoo writes a time.
const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

impl Mark {
    /// Where the next search begins.
    fn start(&self, overlap_ms: u64) -> Option<String> {
        let overlap = SignedDuration::from_millis(i64::try_from(overlap_ms).unwrap_or(i64::MAX));
        let mark: DateTime = self.mark.parse().ok()?;
        let back = mark.checked_sub(overlap).ok()?.strftime(FORMAT).to_string();
        Some(self.floor.clone().map_or(back.clone(), |floor| floor.max(back)))
    }

    /// The mark after a search that began at `began_at` and saw `latest`. A transaction that began before the mark was
    /// through one overlap after the mark was first seen, so a search that began later than that has seen it.
    fn after(self, latest: String, began_at: i64, overlap_ms: u64) -> Mark {
        if latest > self.mark {
            return Mark { mark: latest, seen_at: now_ms(), floor: self.floor };
        }
        let is_quiet = began_at.saturating_sub(self.seen_at) >= i64::try_from(overlap_ms).unwrap_or(i64::MAX);
        let floor = if is_quiet { Some(self.mark.clone()) } else { self.floor.clone() };
        Mark { floor, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVERLAP_MS: u64 = 1_800_000;

    #[test]
    fn a_search_reaches_back_by_the_overlap_until_everything_before_is_through() {
        let mark = Mark::default().after("2026-11-22 10:00:00".to_owned(), 0, OVERLAP_MS);
        assert_eq!(mark.start(OVERLAP_MS).as_deref(), Some("2026-11-22 09:30:00"));
        let early = mark.clone().after("2026-11-22 10:00:00".to_owned(), mark.seen_at + 60_000, OVERLAP_MS);
        assert_eq!(early.start(OVERLAP_MS).as_deref(), Some("2026-11-22 09:30:00"));
        let late = mark.clone().after("2026-11-22 10:00:00".to_owned(), mark.seen_at + 1_800_000, OVERLAP_MS);
        assert_eq!(late.start(OVERLAP_MS).as_deref(), Some("2026-11-22 10:00:00"));
        let next = late.after("2026-11-22 10:10:00".to_owned(), 0, OVERLAP_MS);
        assert_eq!(next.start(OVERLAP_MS).as_deref(), Some("2026-11-22 10:00:00"));
    }
}
