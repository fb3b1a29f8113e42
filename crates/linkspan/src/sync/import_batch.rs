//! Imports an entity page by page: first import and poll are the same walk. After each batch the checkpoint moves,
//! so a run that was killed goes on where it was, and a batch that comes twice writes nothing twice.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Instant;

use jiff::Timestamp;
use pyexpr::Json;
use serde::{Deserialize, Serialize};

use serde_json::Value;

use super::error::SyncError;
use super::prepare::Incoming;
use super::session::{Mode, Session};
use super::write_batch::write_batch;
use crate::adapter::{Cursor, Page, Param, Walk};
use crate::definition::entity::{Fetch, Import, Since, SinceFormat};
use crate::definition::operation::Paginate;
use crate::store::{BatchCommit, Checkpoint};

/// What to import of an entity.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Everything, not only what changed.
    pub full: bool,
    /// The name of a walk over everything: one of the same name that is not through goes on. Without it a new one begins.
    pub walk: Option<String>,
    /// What changed since this moment; the checkpoint is neither used nor moved.
    pub since: Option<Timestamp>,
    /// At most so many records; the checkpoint is not moved.
    pub limit: Option<u64>,
    /// Pause at the first batch that ends after this moment; the checkpoint says where the walk goes on.
    pub until: Option<Instant>,
}

/// How far a walk came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walked {
    /// To the end.
    Through,
    /// To the end of its time; a further import that is not `full` goes on there.
    Paused,
}

/// A walk that is not through, as the checkpoint stores it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Unfinished {
    /// The list was narrowed to what changed since then.
    since: Option<Timestamp>,
    /// Where the next run's window begins: the external system's own clock when this walk began.
    next_since: Option<Timestamp>,
    /// Where the walk goes on.
    cursor: Option<Cursor>,
    /// Records so far.
    done: u64,
    /// It was begun to bring everything, whatever is known already.
    #[serde(default)]
    full: bool,
    /// The name of a walk over everything.
    #[serde(default)]
    name: Option<String>,
    /// Records of Odoo that it has created or changed.
    #[serde(default)]
    changed: u64,
}

impl Session {
    /// Imports the entity called `name`.
    pub async fn import_batch(&self, name: &str, options: ImportOptions) -> Result<Walked, SyncError> {
        let entity = self
            .plans
            .position(name)
            .ok_or_else(|| SyncError::Impossible(format!("there is no entity {name}")))?;
        let import = self.definition.entities[name].import.as_ref();
        let import = import.ok_or_else(|| {
            SyncError::Impossible(format!(
                "{name} is embedded: its records come in with the records they stand in"
            ))
        })?;
        let keeps_checkpoint = options.since.is_none() && options.limit.is_none() && self.mode == Mode::Write;
        let mut state = self.begin(name, import, &options).await?;
        let (before, counted) = (state.changed, self.changed());
        self.changed_before.store(before, Ordering::Relaxed);
        let pages_a_batch = pages_a_batch(self, import);
        let mut walk = self.adapter.list(&import.list, changed(import, state.since)?, state.cursor.take());
        let mut total = None;
        let mut pages = next_pages(&mut walk, pages_a_batch, options.limit).await?;
        while let Some(last) = pages.last() {
            if state.next_since.is_none() {
                state.next_since = pages[0].server_time;
            }
            state.cursor = Some(last.cursor.clone());
            total = last.total.or(total);
            let is_last = last.is_last;
            let left = options.limit.map(|limit| limit.saturating_sub(state.done));
            // The shop is asked for the next batch while Odoo writes this one; not where this may be the last.
            let may_end = is_last || left.is_some() || is_over(options.until);
            let ahead = if may_end { 0 } else { pages_a_batch };
            let (imported, next) = tokio::join!(
                self.import_pages(entity, &pages, left, state.full),
                next_pages(&mut walk, ahead, None)
            );
            state.done += imported?;
            state.changed = before + self.changed() - counted;
            if keeps_checkpoint {
                self.move_checkpoint(name, Some(&state)).await?;
            }
            self.progress.advanced(name, state.done, total);
            if is_last || options.limit.is_some_and(|limit| state.done >= limit) {
                break;
            }
            if keeps_checkpoint && is_over(options.until) {
                return Ok(Walked::Paused);
            }
            let left = options.limit.map(|limit| limit.saturating_sub(state.done));
            pages = if ahead > 0 { next? } else { next_pages(&mut walk, pages_a_batch, left).await? };
        }
        if keeps_checkpoint {
            self.end(name, &state).await?;
        }
        self.progress.finished(name);
        Ok(Walked::Through)
    }

    async fn import_pages(
        &self,
        entity: u16,
        pages: &[Page],
        limit: Option<u64>,
        full: bool,
    ) -> Result<u64, SyncError> {
        let mut records: Vec<Json<'_>> = Vec::new();
        for page in pages {
            records.extend(page.records()?);
        }
        if let Some(limit) = limit {
            records.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        let dismissed = self.dismissed(entity, &records).await?;
        let wanted = records.iter().zip(dismissed).filter(|(_, dismissed)| !dismissed);
        let wanted: Vec<&Json<'_>> = wanted.map(|(record, _)| record).collect();
        if self.is_fetched_each(entity) {
            self.import_each(entity, &wanted, full).await?;
        } else {
            write_batch(self, entity, wanted.into_iter().map(Incoming::of).collect()).await?;
        }
        Ok(records.len() as u64)
    }

    /// Which of the records a person has dismissed. They stay out until the external system changes them.
    async fn dismissed(&self, entity: u16, records: &[Json<'_>]) -> Result<Vec<bool>, SyncError> {
        let name = &self.plan(entity).entity;
        if !self.store.has_dismissed_dead_letters(&self.backend, name).await? {
            return Ok(vec![false; records.len()]);
        }
        let keys: Vec<Option<(String, Option<String>)>> =
            records.iter().map(|record| self.named(entity, record)).collect();
        let ids: Vec<&str> = keys.iter().flatten().map(|(id, _)| id.as_str()).collect();
        let letters = self.store.dismissed_dead_letters_for(&self.backend, name, &ids).await?;
        let letters: HashMap<String, Option<String>> =
            letters.into_iter().map(|letter| (letter.external_id, letter.version)).collect();
        let is_dismissed = |key: &Option<(String, Option<String>)>| {
            // Without a version only the record itself tells whether it changed, once it is refused again.
            key.as_ref().is_some_and(|(id, version)| {
                version.is_some() && letters.get(id).is_some_and(|seen| seen >= version)
            })
        };
        let dismissed: Vec<bool> = keys.iter().map(is_dismissed).collect();
        let count = dismissed.iter().filter(|dismissed| **dismissed).count() as u64;
        if count > 0 {
            self.tally.count(name, |counts| counts.skipped += count);
        }
        Ok(dismissed)
    }

    /// An unfinished walk goes on; otherwise a new one begins at the checkpoint, less the overlap.
    async fn begin(
        &self,
        name: &str,
        import: &Import,
        options: &ImportOptions,
    ) -> Result<Unfinished, SyncError> {
        let ImportOptions { full, walk, .. } = options;
        let fresh = |since| Unfinished {
            since,
            next_since: None,
            cursor: None,
            done: 0,
            full: *full,
            name: walk.clone(),
            changed: 0,
        };
        if options.since.is_some() {
            return Ok(fresh(options.since));
        }
        let Some(checkpoint) = self.store.checkpoint(&self.backend, name).await? else {
            return Ok(fresh(None));
        };
        let unfinished = checkpoint.walk.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let goes_on =
            |unfinished: &Unfinished| !full || (unfinished.name.is_some() && unfinished.name == *walk);
        if let Some(unfinished) = unfinished.filter(goes_on)
            && options.limit.is_none()
        {
            return Ok(unfinished);
        }
        if *full {
            return Ok(fresh(None));
        }
        let since = checkpoint.since.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        Ok(fresh(since.zip(import.since.as_ref()).map(|(at, since)| overlapped(at, since))))
    }

    async fn move_checkpoint(&self, name: &str, state: Option<&Unfinished>) -> Result<(), SyncError> {
        let since = self.store.checkpoint(&self.backend, name).await?.and_then(|checkpoint| checkpoint.since);
        let walk = state.and_then(|state| serde_json::to_string(state).ok());
        self.save(self.checkpoint(name, since, walk)).await
    }

    /// The next window begins when this walk began, by the external system's clock: what changes while a walk goes
    /// on is in the next one. An answer without a clock leaves the old window, which is right and only slower.
    async fn end(&self, name: &str, state: &Unfinished) -> Result<(), SyncError> {
        match state.next_since {
            Some(next) => {
                let checkpoint = self.checkpoint(name, Some(next.to_string()), None);
                self.save(checkpoint).await
            }
            None => self.move_checkpoint(name, None).await,
        }
    }

    /// Fenced by the lease: a process that lost it moves nothing.
    async fn save(&self, checkpoint: Checkpoint) -> Result<(), SyncError> {
        let commit = BatchCommit {
            backend: checkpoint.backend.clone(),
            entity: checkpoint.entity.clone(),
            checkpoint: Some(checkpoint),
            lease: self.lease.clone(),
            ..BatchCommit::default()
        };
        self.store.commit_batch(commit).await?;
        Ok(())
    }

    fn checkpoint(&self, name: &str, since: Option<String>, walk: Option<String>) -> Checkpoint {
        Checkpoint { backend: self.backend.clone(), entity: name.to_owned(), since, walk, updated_at: 0 }
    }
}

fn is_over(until: Option<Instant>) -> bool {
    until.is_some_and(|until| Instant::now() >= until)
}

/// How many pages make a batch for Odoo: its calls are dear, the shop's pages small. One where each record is a request:
/// the checkpoint is not to wait for hundreds of them.
fn pages_a_batch(session: &Session, import: &Import) -> usize {
    if import.fetch == Fetch::Each {
        return 1;
    }
    let paginate = session.definition.operations.get(&import.list).and_then(|list| list.paginate.as_ref());
    let size = paginate.and_then(Paginate::size).and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(import.batch);
    (import.batch / size.max(1)).max(1)
}

/// The next `count` pages, or what is left of the list; no further than to the page that has the last of `limit` records.
async fn next_pages(walk: &mut Walk, count: usize, limit: Option<u64>) -> Result<Vec<Page>, SyncError> {
    let mut pages = Vec::new();
    let mut records = 0;
    while pages.len() < count {
        let Some(page) = walk.next().await? else { break };
        if limit.is_some() {
            records += page.records()?.len() as u64;
        }
        let is_enough = page.is_last || limit.is_some_and(|limit| records >= limit);
        pages.push(page);
        if is_enough {
            break;
        }
    }
    Ok(pages)
}

fn overlapped(at: Timestamp, since: &Since) -> Timestamp {
    let overlap = jiff::SignedDuration::from_millis(i64::try_from(since.overlap_ms).unwrap_or(i64::MAX));
    at.checked_sub(overlap).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What narrows a list to what changed since a time; of everything without one.
pub(crate) fn changed(import: &Import, since: Option<Timestamp>) -> Result<Vec<Param>, SyncError> {
    let Some((since, at)) = import.since.as_ref().and_then(|how| {
        let at = since.or(how.always.then_some(Timestamp::UNIX_EPOCH))?;
        Some((how, at))
    }) else {
        return Ok(Vec::new());
    };
    let zone = crate::mapping::zone(Some(&since.zone)).map_err(SyncError::Impossible)?;
    let local = at.to_zoned(zone);
    let time: Value = match since.format {
        SinceFormat::Iso8601 => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
        SinceFormat::Iso8601Naive => local.strftime("%Y-%m-%dT%H:%M:%S").to_string().into(),
        SinceFormat::Blank => local.strftime("%Y-%m-%d %H:%M:%S").to_string().into(),
        SinceFormat::Date => local.strftime("%Y-%m-%d").to_string().into(),
        SinceFormat::EpochSeconds => at.as_second().into(),
        SinceFormat::EpochMilliseconds => at.as_millisecond().into(),
        SinceFormat::HttpDate => at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string().into(),
    };
    let text = time.as_str().map_or_else(|| time.to_string(), str::to_owned);
    let value = since.value.as_ref().map(|value| value.replace("{time}", &text));
    Ok(match (&since.param, &since.header) {
        (Some(name), _) => vec![Param::new(name, value.map_or(time, Value::from))],
        (None, Some(name)) => vec![Param::header(name, &value.unwrap_or(text))],
        (None, None) => {
            return Err(SyncError::Impossible("`since` names neither `param` nor `header`.".to_owned()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_last_sync_is_written_as_the_other_side_reads_it() {
        let at: Timestamp = "2026-07-21T22:18:00.5Z".parse().expect("a time");
        for (since, expected) in [
            ("", "2026-07-21T22:18:00Z"),
            (", format = 'iso8601_naive', zone = 'Europe/Paris'", "2026-07-22T00:18:00"),
            (", format = 'blank', zone = 'Europe/Paris', value = '>[{time}]'", ">[2026-07-22 00:18:00]"),
            (", format = 'date', zone = 'Europe/Paris'", "2026-07-22"),
            (", format = 'epoch_seconds'", "1784672280"),
            (", format = 'epoch_milliseconds', value = 'gte:{time}'", "gte:1784672280500"),
            (", format = 'http_date'", "Tue, 21 Jul 2026 22:18:00 GMT"),
        ] {
            let import = |place: &str| -> Import {
                let text = format!("list = 'l'\nsince = {{ {place} = 'after'{since} }}");
                toml::from_str(&text).expect("an import")
            };
            let given = |place: &str| changed(&import(place), Some(at)).expect("a zone that exists");
            // Alone, an epoch is a number.
            let number = expected.parse::<i64>().map(Value::from);
            let value = number.unwrap_or_else(|_| Value::from(expected));
            assert_eq!(given("param"), [Param::new("after", value)], "{since}");
            assert_eq!(given("header"), [Param::header("after", expected)], "{since}");
            assert!(changed(&import("param"), None).expect("nothing").is_empty());
            let always = changed(&import("always = true, param"), None).expect("a zone that exists");
            assert!(always[0] != given("param")[0] && always.len() == 1, "{since}");
        }
    }
}
