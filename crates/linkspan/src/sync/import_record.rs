//! Imports one record by id: its current state, on the same way as a batch. A webhook, a retry of a dead letter and
//! `linkspan sync --id` end here.

use std::collections::HashSet;

use pyexpr::Json;

use super::error::{Refusal, SyncError};
use super::outcome::settle;
use super::prepare::Incoming;
use super::related::fetch;
use super::session::Session;
use super::write_batch::write_batch;
use crate::definition::model::ErrorClass;
use crate::mapping::{Problem, Scope};
use crate::store::{DeadLetter, DeadLetterKind};

impl Session {
    /// Fetches the record's current state and imports it.
    pub async fn import_record(&self, name: &str, external_id: &str) -> Result<(), SyncError> {
        let entity = self
            .plans
            .position(name)
            .ok_or_else(|| SyncError::Impossible(format!("there is no entity {name}")))?;
        let get = self.definition.entities[name].import.as_ref().and_then(|import| import.get.as_deref());
        let get = get.ok_or_else(|| {
            SyncError::Impossible(format!(
                "the definition has no `import.get` for {name}, so one record cannot be fetched"
            ))
        })?;
        match self.adapter.get(get, external_id).await {
            Ok(page) => {
                let records = page.records()?;
                self.write(entity, &records).await
            }
            Err(error) if error.class == ErrorClass::Gone => {
                settle(self, entity, vec![gone(name, external_id, error.class)], Vec::new()).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Fetches the current state of these records, in as few requests as the definition allows, and imports them.
    pub async fn import_records(&self, name: &str, external_ids: &[String]) -> Result<(), SyncError> {
        if let [one] = external_ids {
            return self.import_record(name, one).await;
        }
        let entity = self
            .plans
            .position(name)
            .ok_or_else(|| SyncError::Impossible(format!("there is no entity {name}")))?;
        let fetched = fetch(self, entity, external_ids).await?;
        let refusals = fetched.gone.iter().map(|one| gone(name, &one.external_id, one.class)).collect();
        settle(self, entity, refusals, Vec::new()).await?;
        let mut records = Vec::new();
        for page in &fetched.pages {
            records.extend(page.records()?);
        }
        self.write(entity, &records).await
    }

    /// Tries a refused record once more: its current state, or where it cannot be fetched, the state it had.
    pub async fn retry(&self, letter: &DeadLetter) -> Result<(), SyncError> {
        if letter.kind == DeadLetterKind::Export.text() {
            return self.retry_export(letter).await;
        }
        let entity = self.definition.entities.get(&letter.entity);
        if entity.is_some_and(|entity| entity.import.is_none()) {
            return self.retry_around(letter).await;
        }
        if letter.edited {
            return self.write_payload(letter).await;
        }
        let fetchable =
            entity.and_then(|entity| entity.import.as_ref()).is_some_and(|import| import.get.is_some());
        if fetchable && !letter.external_id.starts_with('?') {
            return self.import_record(&letter.entity, &letter.external_id).await;
        }
        self.write_payload(letter).await
    }

    /// Imports the record as the dead letter holds it.
    async fn write_payload(&self, letter: &DeadLetter) -> Result<(), SyncError> {
        let position = self.plans.position(&letter.entity).ok_or_else(|| {
            SyncError::Impossible(format!(
                "the definition has no entity {} any more; dismiss this dead letter",
                letter.entity
            ))
        })?;
        let Some(payload) = &letter.payload else {
            return Err(SyncError::Impossible(
                "the dead letter holds no record; sync the entity instead".to_owned(),
            ));
        };
        let record = Json::parse(payload.as_bytes()).map_err(|e| {
            SyncError::Impossible(format!("the record in the dead letter cannot be read: {e}"))
        })?;
        if let Some(refusal) = self.another_id(position, &record, letter) {
            return settle(self, position, vec![refusal], Vec::new()).await;
        }
        self.write(position, std::slice::from_ref(&record)).await
    }

    /// The refusal of an edited record that has become another one: it would be written over that.
    fn another_id(&self, entity: u16, record: &Json<'_>, letter: &DeadLetter) -> Option<Refusal> {
        if letter.external_id.starts_with('?') {
            return None;
        }
        let id = match self.plans.map(entity, Scope { record, parent: None }) {
            Ok(mapped) => Some(mapped.external_id.to_string()),
            Err(unmapped) => unmapped.external_id,
        };
        if id.as_deref() == Some(letter.external_id.as_str()) {
            return None;
        }
        let reason = format!(
            "the edited data is of {}, and this dead letter is about {} {}: give it that id again",
            id.map_or_else(|| "a record without an id".to_owned(), |id| format!("{} {id}", letter.entity)),
            letter.entity,
            letter.external_id
        );
        Some(Refusal::new(&letter.external_id, ErrorClass::Data, Problem::of_record(reason)))
    }

    /// An embedded record comes in with the records it stands in, so those are tried again.
    async fn retry_around(&self, letter: &DeadLetter) -> Result<(), SyncError> {
        let ids = [letter.external_id.as_str()];
        let waiting = self.store.waiting_on(&self.backend, &letter.entity, &ids).await?;
        if waiting.is_empty() {
            return Err(SyncError::Impossible(format!(
                "{} {} stands inside other records, and none of those is refused; dismiss this dead letter",
                letter.entity, letter.external_id
            )));
        }
        for around in &waiting {
            // That one may be embedded itself.
            Box::pin(self.retry(around)).await?;
        }
        Ok(())
    }

    /// Tries again what waited for records that are in Odoo by now, then what waited for those, and so on.
    pub async fn retry_released(&self) -> Result<(), SyncError> {
        let mut tried = HashSet::new();
        loop {
            let before = tried.len();
            self.retry_released_once(&mut tried).await?;
            if tried.len() == before {
                return Ok(());
            }
        }
    }

    async fn retry_released_once(&self, tried: &mut HashSet<i64>) -> Result<(), SyncError> {
        let mut after = 0;
        loop {
            let letters = self.store.released_dead_letters(&self.backend, after, 100).await?;
            let Some(last) = letters.last() else { return Ok(()) };
            after = last.id;
            for letter in &letters {
                let entity = self.definition.entities.get(&letter.entity);
                if entity.is_some_and(|entity| entity.import.is_some()) && tried.insert(letter.id) {
                    self.retry(letter).await?;
                }
            }
        }
    }

    async fn write(&self, entity: u16, records: &[Json<'_>]) -> Result<(), SyncError> {
        write_batch(self, entity, records.iter().map(Incoming::of).collect()).await
    }
}

/// The refusal of a record that could not be fetched.
pub(super) fn gone(name: &str, external_id: &str, class: ErrorClass) -> Refusal {
    let reason = match class {
        ErrorClass::Gone => {
            format!("{name} {external_id} no longer exists in the shop; dismiss this dead letter")
        }
        _ => format!("the shop does not give {name} {external_id}: it refuses its id"),
    };
    Refusal::new(external_id, class, Problem::of_record(reason))
}
