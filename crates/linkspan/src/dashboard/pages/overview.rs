//! How everything is, on one page; on a new installation, what to do next.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Extension, State};
use serde::Serialize;

use crate::dashboard::failure::Result;
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::why::stage_of;
use crate::dashboard::{BackendFacts, Dashboard, EntityFacts, chart, render};
use crate::store::{DifferenceCount, Direction, EntityCount, Rollout, Run, Stage, now_ms};

/// One entity of a backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(in crate::dashboard) struct EntityRow {
    pub(in crate::dashboard) backend: String,
    pub(in crate::dashboard) entity: String,
    /// Stage into Odoo; `null`: it does not go in by itself.
    pub(in crate::dashboard) stage_in: Option<Stage>,
    /// Stage out of Odoo; `null`: it does not go out.
    pub(in crate::dashboard) stage_out: Option<Stage>,
    /// Changes that wait for a human's word.
    pub(in crate::dashboard) held: Option<String>,
    /// Schedules that would look for its changes and that somebody has paused, all there are.
    pub(in crate::dashboard) paused: Vec<String>,
    /// Records that are linked.
    pub(in crate::dashboard) bound: u64,
    /// When the last walk that was not cut short ended.
    pub(in crate::dashboard) synced_at: Option<i64>,
    /// Why the last run stopped early.
    pub(in crate::dashboard) error: Option<String>,
    /// How long the oldest waiting job has been there, in milliseconds.
    pub(in crate::dashboard) lag_ms: Option<i64>,
    /// Jobs that wait.
    pub(in crate::dashboard) waiting: i64,
    /// Open dead letters.
    pub(in crate::dashboard) dead: i64,
    /// Records that the stage `shadow` would change in Odoo.
    pub(in crate::dashboard) differences_in: i64,
    /// Records that the stage `shadow` would change on the other side.
    pub(in crate::dashboard) differences_out: i64,
}

pub(in crate::dashboard) async fn page(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
) -> Result {
    let store = dashboard.store();
    let now = now_ms();
    let rows = rows(&dashboard, None).await?;
    let hour = 3_600_000;
    let from = (now / hour - chart::HOURS + 1) * hour;
    let outcomes = store.outcomes(from, hour).await?;
    let of = |outcome: &str| outcomes.iter().filter(|c| c.outcome == outcome).map(|c| c.count).sum::<i64>();
    let nodes = store.node_views().await?;
    let backends: Vec<_> = dashboard
        .backends()
        .iter()
        .map(|facts| {
            let rows: Vec<_> = rows.iter().filter(|row| row.backend == facts.name).collect();
            values! { facts, rows }
        })
        .collect();
    let values = values! {
        backends,
        broken => dashboard.broken(),
        alerts => store.list_alerts(None, 100).await?,
        loads => super::backends::bars(&super::backends::channels(&dashboard, None).await?),
        done => of("done"),
        refused => store.refused_since(now - 24 * hour).await?,
        waiting => rows.iter().map(|row| row.waiting).sum::<i64>(),
        dead => store.dead_counts().await?.iter().map(|count| count.count).sum::<i64>(),
        chart => chart::outcomes(&outcomes, now),
        hours => chart::hours(now),
        has_outcomes => !outcomes.is_empty(),
        never_synced => rows.iter().all(|row| row.bound == 0 && row.synced_at.is_none()),
        nodes,
    };
    render::page(&who, "overview", "overview.html", values)
}

/// Every entity of every backend, or of one.
pub(in crate::dashboard) async fn rows(dashboard: &Dashboard, only: Option<&str>) -> Result<Vec<EntityRow>> {
    let store = dashboard.store();
    let rollouts = store.rollouts(only).await?;
    let (waiting, dead) = (by_place(store.waiting_counts().await?), by_place(store.dead_counts().await?));
    let differences = store.difference_counts(only).await?;
    let schedules = store.schedule_views().await?;
    let now = now_ms();
    let mut rows = Vec::new();
    for backend in dashboard.backends().iter().filter(|backend| only.is_none_or(|only| backend.name == only))
    {
        for name in entities_of(backend, &waiting, &dead) {
            let entity = backend.entity(name);
            let key = (backend.name.clone(), name.to_owned());
            let last: Option<Run> = store.last_runs(Some(&key.0), Some(&key.1), 1).await?.pop();
            let waits = waiting.get(&key);
            let stage =
                |direction| entity.and_then(|entity| stage_of(&backend.name, entity, &rollouts, direction));
            rows.push(EntityRow {
                stage_in: stage(Direction::In),
                stage_out: stage(Direction::Out),
                held: held(&rollouts, &key),
                paused: backend.paused_schedules(name, &schedules).into_iter().map(str::to_owned).collect(),
                bound: store.count_bindings(&key.0, &key.1).await?,
                synced_at: store.checkpoint(&key.0, &key.1).await?.map(|checkpoint| checkpoint.updated_at),
                error: last.and_then(|run| run.error),
                lag_ms: waits.map(|count| now - count.oldest_at),
                waiting: waits.map_or(0, |count| count.count),
                dead: dead.get(&key).map_or(0, |count| count.count),
                differences_in: differing(&differences, &key, Direction::In),
                differences_out: differing(&differences, &key, Direction::Out),
                backend: key.0,
                entity: key.1,
            });
        }
    }
    Ok(rows)
}

fn differing(counts: &[DifferenceCount], (backend, entity): &(String, String), direction: Direction) -> i64 {
    let mut of = counts.iter().filter(|count| count.backend == *backend && count.entity == *entity);
    of.find(|count| count.direction == direction).map_or(0, |count| count.count)
}

/// By backend and entity.
type Counts = BTreeMap<(String, String), EntityCount>;

fn by_place(counts: Vec<EntityCount>) -> Counts {
    counts.into_iter().map(|count| ((count.backend.clone(), count.entity.clone()), count)).collect()
}

/// The entities that go somewhere, then those of which something waits or is refused all the same: they stand inside others,
/// or are not synced any more.
fn entities_of<'b>(
    backend: &'b BackendFacts,
    waiting: &'b Counts,
    dead: &'b Counts,
) -> impl Iterator<Item = &'b str> {
    let goes = |entity: &&EntityFacts| entity.stage_in.is_some() || entity.stage_out.is_some();
    let going = backend.entities.iter().filter(goes).map(|entity| entity.name.as_str());
    let counted = waiting.keys().chain(dead.keys()).filter(|(of, _)| *of == backend.name);
    let stays = |name: &&str| !backend.entity(name).as_ref().is_some_and(goes);
    let others: BTreeSet<&str> = counted.map(|(_, entity)| entity.as_str()).filter(stays).collect();
    going.chain(others)
}

fn held(rollouts: &[Rollout], (backend, entity): &(String, String)) -> Option<String> {
    let mut of = rollouts.iter().filter(|r| r.backend == *backend && r.entity == *entity);
    of.find_map(|rollout| rollout.held.clone())
}
