//! Imports records that a list only names (`import.fetch = "each"`): each is fetched like a single record. What the list
//! and the binding show to be as it was is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pyexpr::Json;

use super::binding::version_text;
use super::error::SyncError;
use super::import_record::gone;
use super::journal::Action;
use super::outcome::settle;
use super::prepare::Incoming;
use super::related::{Fetched, fetch};
use super::session::Session;
use super::write_batch::write_batch;
use crate::adapter::Page;
use crate::definition::entity::Fetch;
use crate::mapping::Scope;
use crate::store::DeadLetterKind;

/// Times of change are told to the second at worst; the rest is for rounding.
const SECOND_IS_OVER: Duration = Duration::from_millis(1_500);

impl Session {
    /// Whether the entity's list only names its records.
    pub(super) fn is_fetched_each(&self, entity: u16) -> bool {
        let import = self.definition.entities[&self.plan(entity).entity].import.as_ref();
        import.is_some_and(|import| import.fetch == Fetch::Each)
    }

    /// Id and version of a record as far as a list tells them; an id may stand alone.
    pub(super) fn named(&self, entity: u16, listed: &Json<'_>) -> Option<(String, Option<String>)> {
        let id = match listed {
            Json::Str(id) if !id.is_empty() => id.to_string(),
            Json::Int(id) => id.to_string(),
            _ => self.plans.external_id(entity, Scope { record: listed, parent: None }).ok()?.into_owned(),
        };
        let updated = self.plans.updated(entity, listed).ok().flatten();
        Some((id, updated.map(version_text)))
    }

    /// Fetches and imports what the list names; with `again` also what is known to be as it was.
    pub(super) async fn import_each(
        &self,
        entity: u16,
        listed: &[&Json<'_>],
        again: bool,
    ) -> Result<(), SyncError> {
        let mut named: BTreeMap<String, Option<String>> = BTreeMap::new();
        // Without an id there is nothing to ask for; they are refused as any record without one.
        let mut incoming = Vec::new();
        for record in listed {
            match self.named(entity, record) {
                Some((id, version)) => drop(named.insert(id, version)),
                None => incoming.push(Incoming::of(record)),
            }
        }
        let known = if again { BTreeSet::new() } else { self.leave_known(entity, &named).await? };
        let ids: Vec<String> = named.into_keys().filter(|id| !known.contains(id)).collect();
        let Fetched { mut pages, gone: lost } = fetch(self, entity, &ids).await?;
        self.fetch_fresh_again(entity, &mut pages).await?;
        let name = &self.plan(entity).entity;
        let refusals = lost.iter().map(|one| gone(name, &one.external_id, one.class)).collect();
        settle(self, entity, refusals, Vec::new()).await?;
        let mut records = Vec::new();
        for page in &pages {
            records.extend(page.records()?);
        }
        incoming.extend(records.iter().map(Incoming::of));
        write_batch(self, entity, incoming).await
    }

    /// Those that were imported as the list tells them, or as they were later. What waits for a human is fetched: its
    /// binding tells of the import before.
    async fn leave_known(
        &self,
        entity: u16,
        named: &BTreeMap<String, Option<String>>,
    ) -> Result<BTreeSet<String>, SyncError> {
        let name = &self.plan(entity).entity;
        let ids: Vec<&str> =
            named.iter().filter(|(_, version)| version.is_some()).map(|(id, _)| id.as_str()).collect();
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let bindings = self.store.bindings(&self.backend, name, &ids).await?;
        let refused = self.store.open_dead_letters_for(&self.backend, name, &ids).await?;
        let refused: BTreeSet<String> = refused
            .into_iter()
            .filter(|letter| letter.kind != DeadLetterKind::Export.text())
            .map(|letter| letter.external_id)
            .collect();
        let mut known = BTreeSet::new();
        for (id, version) in named.iter().filter(|(id, _)| !refused.contains(*id)) {
            let Some(binding) = bindings.get(id.as_str()) else { continue };
            let is_finished = binding.odoo_id.is_some() && binding.digest.is_some();
            if !is_finished || version.is_none() || binding.version < *version {
                continue;
            }
            let is_older = binding.version > *version;
            self.tally.count(name, |counts| match is_older {
                true => counts.stale += 1,
                false => counts.unchanged += 1,
            });
            let action = if is_older { Action::Stale } else { Action::Unchanged };
            self.journal.left(name, id, action, binding.odoo_id);
            known.insert(id.clone());
        }
        Ok(known)
    }

    /// A record that changed in the second in which it was fetched may change once more in it, and its time would not tell.
    /// So it is fetched again when that second is over, by the external system's clock.
    async fn fetch_fresh_again(&self, entity: u16, pages: &mut Vec<Page>) -> Result<(), SyncError> {
        let mut fresh = Vec::new();
        for page in &*pages {
            let Some(answered) = page.server_time else { continue };
            for record in page.records()? {
                let scope = Scope { record: &record, parent: None };
                let updated = self.plans.updated(entity, &record).ok().flatten();
                let is_fresh = updated.is_some_and(|at| (at.as_second() - answered.as_second()).abs() <= 1);
                if is_fresh && let Ok(id) = self.plans.external_id(entity, scope) {
                    fresh.push(id.into_owned());
                }
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(SECOND_IS_OVER).await;
        // Of equally old states the last counts. One that is gone by now was there a second ago.
        pages.extend(fetch(self, entity, &fresh).await?.pages);
        Ok(())
    }
}
