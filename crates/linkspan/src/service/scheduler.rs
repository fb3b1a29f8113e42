//! Enqueues what is due. Every node looks; the row of a schedule moves on in the transaction that enqueues, so each
//! time is done once. A run that still waits or goes on is not begun a second time: jobs have an identity.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio::time::sleep;

use super::runtime::Runtime;
use super::stages::Stages;
use super::stopped;
use crate::config::{Backend, CatchUp, DEFAULT_EVERY_MS, ScheduleFile};
use crate::dashboard::ScheduleFacts;
use crate::store::{Direction, JobKind, NewJob, ScheduleView, Stage, Store, StoreError, now_ms};

/// Changes in Odoo are looked for so often, and once a day among all records.
const OUT_EVERY_MS: u64 = 30_000;
const SWEEP_EVERY_MS: u64 = 86_400_000;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A time that passed so long ago was missed.
const MISSED_MS: i64 = 60_000;

/// When a schedule comes.
#[derive(Clone, Debug)]
pub(crate) enum Timing {
    /// So many milliseconds after the time before.
    Every(i64),
    /// By the clock of a time zone.
    Cron(Box<croner::Cron>, TimeZone),
}

/// One schedule of a backend.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// `shop/0`: backend and place in the configuration.
    pub(crate) name: String,
    /// What it imports.
    pub(crate) entities: Vec<String>,
    pub(crate) kind: JobKind,
    /// The whole list.
    pub(crate) full: bool,
    pub(crate) timing: Timing,
    catch_up: CatchUp,
}

/// The schedules of a backend, without those that keep its webhooks alive. A direction that the configuration says
/// nothing of has its defaults.
fn schedules(backend: &Backend) -> Vec<Schedule> {
    let mut all: Vec<Schedule> = backend
        .schedules
        .iter()
        .enumerate()
        .map(|(place, file)| schedule(backend, &place.to_string(), file))
        .collect();
    if !backend.schedules.iter().any(|file| file.direction == Direction::In) {
        let file = ScheduleFile { every_ms: Some(DEFAULT_EVERY_MS), ..ScheduleFile::default() };
        all.push(schedule(backend, "changes-in", &file));
    }
    if !backend.schedules.iter().any(|file| file.direction == Direction::Out) {
        let out = ScheduleFile { direction: Direction::Out, ..ScheduleFile::default() };
        all.push(schedule(
            backend,
            "changes-out",
            &ScheduleFile { every_ms: Some(OUT_EVERY_MS), ..out.clone() },
        ));
        all.push(schedule(
            backend,
            "sweep-out",
            &ScheduleFile { every_ms: Some(SWEEP_EVERY_MS), full: true, ..out },
        ));
    }
    all.retain(|schedule| !schedule.entities.is_empty());
    all
}

fn schedule(backend: &Backend, name: &str, file: &ScheduleFile) -> Schedule {
    let leaving = || {
        let all = backend.definition.entities.iter().filter(|(_, entity)| entity.export.is_some());
        all.map(|(name, _)| name.clone()).collect()
    };
    let (kind, all) = match file.direction {
        Direction::In => (JobKind::Poll, backend.entities.clone()),
        Direction::Out => (JobKind::Changes, leaving()),
    };
    Schedule {
        name: format!("{}/{name}", backend.name),
        entities: file.entities.clone().unwrap_or(all),
        kind,
        full: file.full,
        timing: timing(file, backend),
        catch_up: file.catch_up,
    }
}

/// What is done for a backend by the clock, in words.
pub(crate) fn schedules_of(backend: &Backend) -> Vec<ScheduleFacts> {
    let words = |schedule: Schedule| {
        let entities = schedule.entities.join(", ");
        let what = match (schedule.kind, schedule.full) {
            (JobKind::Poll, false) => format!("import what changed of {entities}"),
            (JobKind::Poll, true) => format!("import all of {entities}"),
            (JobKind::Changes, false) => format!("look in Odoo for changes of {entities}"),
            (JobKind::Changes, true) => format!("compare all of {entities} in Odoo"),
            _ => "look after the subscriptions, once `public_url` is set".to_owned(),
        };
        let when = match &schedule.timing {
            Timing::Every(every) => format!("every {}", length(*every)),
            Timing::Cron(cron, zone) => format!("{} ({})", cron.pattern, zone.iana_name().unwrap_or("UTC")),
        };
        let direction = match schedule.kind {
            JobKind::Poll => Some(Direction::In),
            JobKind::Changes => Some(Direction::Out),
            _ => None,
        };
        ScheduleFacts {
            rule: format!("{when}: {what}"),
            name: schedule.name,
            direction,
            entities: schedule.entities,
        }
    };
    schedules(backend).into_iter().chain(subscriptions(backend)).map(words).collect()
}

/// A length of time in the largest unit that it is a multiple of.
fn length(ms: i64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min")];
    let unit = units.into_iter().find(|(unit, _)| ms % unit == 0);
    unit.map_or_else(|| format!("{} s", ms / 1_000), |(unit, name)| format!("{} {name}", ms / unit))
}

/// Subscriptions are switched off in silence, so they are looked at every hour.
fn subscriptions(backend: &Backend) -> Option<Schedule> {
    backend.definition.webhooks.as_ref()?.subscriptions.as_ref()?;
    Some(Schedule {
        name: format!("{}/subscriptions", backend.name),
        entities: vec![String::new()],
        kind: JobKind::Subscriptions,
        full: false,
        timing: Timing::Every(3_600_000),
        catch_up: CatchUp::Once,
    })
}

/// The configuration was checked when it was read; what cannot be understood here comes every five minutes.
fn timing(file: &ScheduleFile, backend: &Backend) -> Timing {
    let every = i64::try_from(file.every_ms.unwrap_or(DEFAULT_EVERY_MS)).unwrap_or(i64::MAX);
    let zone = file.timezone.as_ref().or(backend.timezone.as_ref());
    let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    match file.cron.as_ref().and_then(|cron| cron.parse().ok()) {
        Some(cron) => Timing::Cron(Box::new(cron), zone),
        None => Timing::Every(every),
    }
}

impl Timing {
    /// The first time after `after`, in milliseconds since 1970.
    pub(crate) fn next(&self, after: i64) -> i64 {
        match self {
            Timing::Every(every) => after.saturating_add(*every),
            Timing::Cron(cron, zone) => {
                next_cron(cron, zone, after).unwrap_or(after.saturating_add(86_400_000))
            }
        }
    }
}

/// The expression speaks of the clock on the wall. A time that the clock skips comes when it has been put forward; one that comes
/// twice is taken once.
fn next_cron(cron: &croner::Cron, zone: &TimeZone, after: i64) -> Option<i64> {
    let now = Timestamp::from_millisecond(after).ok()?;
    let mut wall = now.to_zoned(zone.clone()).datetime();
    // A wall time that comes twice may lie behind `after`.
    for _ in 0..4 {
        let naive =
            chrono::DateTime::from_timestamp(wall.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second(), 0)?;
        let next = cron.find_next_occurrence(&naive, false).ok()?;
        wall = Timestamp::from_second(next.timestamp()).ok()?.to_zoned(TimeZone::UTC).datetime();
        let at = wall.to_zoned(zone.clone()).ok()?.timestamp();
        if at > now {
            return Some(at.as_millisecond());
        }
    }
    None
}

/// Looks until it is told to stop.
pub(super) async fn run(
    backends: Vec<Arc<Runtime>>,
    store: Store,
    is_public: bool,
    mut stopping: watch::Receiver<bool>,
) {
    let of = |runtime: &Arc<Runtime>| {
        let upkeep = subscriptions(runtime.config()).filter(|_| is_public);
        let all = schedules(runtime.config()).into_iter().chain(upkeep);
        all.map(|one| (Arc::clone(runtime), one)).collect::<Vec<_>>()
    };
    let schedules: Vec<(Arc<Runtime>, Schedule)> = backends.iter().flat_map(of).collect();
    let mut has_looked = false;
    while !*stopping.borrow() {
        match look(&schedules, &store, !has_looked).await {
            Ok(()) => has_looked = true,
            Err(error) => tracing::warn!(%error, "the schedules could not be read"),
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = stopped(&mut stopping) => {}
        }
    }
}

/// Enqueues what is due. With a service that `starts` the subscriptions are: while it was away deliveries failed, and after some
/// of those they are switched off.
async fn look(schedules: &[(Arc<Runtime>, Schedule)], store: &Store, starts: bool) -> Result<(), StoreError> {
    let known = store.schedule_views().await?;
    let now = now_ms();
    for (runtime, schedule) in schedules {
        let is_due = starts && schedule.kind == JobKind::Subscriptions;
        match known.iter().find(|row| row.name == schedule.name) {
            // A new one begins at once, except by the clock.
            None => {
                let first = match schedule.timing {
                    Timing::Every(_) => now,
                    Timing::Cron(..) => schedule.timing.next(now),
                };
                store.add_schedule(&schedule.name, first).await?;
            }
            Some(row) if (row.next_at <= now || is_due) && !row.paused => {
                fire(runtime, schedule, row, store).await?
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn fire(
    runtime: &Runtime,
    schedule: &Schedule,
    row: &ScheduleView,
    store: &Store,
) -> Result<(), StoreError> {
    let now = now_ms();
    let direction = if schedule.kind == JobKind::Changes { Direction::Out } else { Direction::In };
    let stages = Stages::read(store, runtime, direction).await?;
    let skipped = schedule.catch_up == CatchUp::Skip && row.next_at < now - MISSED_MS;
    let is_upkeep = schedule.kind == JobKind::Subscriptions;
    let wanted = schedule.entities.iter().filter(|entity| {
        !skipped && (is_upkeep || (stages.of(entity) != Stage::Off && !stages.is_held(entity)))
    });
    let job = |entity: &String| {
        let job = NewJob::new(runtime.name(), schedule.kind, entity, "");
        if schedule.full { job.over_all(&schedule.name) } else { job }
    };
    let jobs: Vec<NewJob> = wanted.map(job).collect();
    store.fire_schedule(row, schedule.timing.next(now), &jobs).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(text: &str, zone: &str) -> Timing {
        let cron = text.parse().expect("a cron time");
        Timing::Cron(Box::new(cron), TimeZone::get(zone).expect("a zone"))
    }

    fn next(timing: &Timing, after: &str) -> String {
        let after: Timestamp = after.parse().expect("a time");
        let next = Timestamp::from_millisecond(timing.next(after.as_millisecond())).expect("a time");
        next.to_string()
    }

    #[test]
    fn a_cron_time_is_of_its_zone() {
        let night = cron("0 3 * * *", "Asia/Riyadh");
        assert_eq!(next(&night, "2026-11-22T00:00:00Z"), "2026-11-23T00:00:00Z");
        assert_eq!(next(&night, "2026-11-21T23:59:59Z"), "2026-11-22T00:00:00Z");
    }

    #[test]
    fn a_time_that_the_clock_skips_comes_after_the_change() {
        let night = cron("30 2 * * *", "Europe/Berlin");
        assert_eq!(next(&night, "2026-03-29T00:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(next(&night, "2026-03-29T01:30:00Z"), "2026-03-30T00:30:00Z");
    }

    #[test]
    fn a_time_that_comes_twice_is_taken_once() {
        let night = cron("30 2 * * *", "Europe/Berlin");
        assert_eq!(next(&night, "2026-10-24T23:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(next(&night, "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn sunday_is_seven_and_nought() {
        for sunday in ["0 0 * * 0", "0 0 * * 7"] {
            assert_eq!(next(&cron(sunday, "UTC"), "2026-11-20T12:00:00Z"), "2026-11-22T00:00:00Z");
        }
    }

    #[test]
    fn every_counts_from_the_run_before() {
        assert_eq!(Timing::Every(300_000).next(1_000), 301_000);
    }
}
