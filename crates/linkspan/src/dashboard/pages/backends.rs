//! Backends: settings without secrets, connections, stages, channels, schedules, limits, breakers.

use axum::extract::{Extension, State};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::overview;
use crate::dashboard::extract::Path;
use crate::dashboard::facts::ScheduleFacts;
use crate::dashboard::failure::{Failure, Result};
use crate::dashboard::guard::Identity;
use crate::dashboard::inspect::{Answer, Connections};
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, chart, render};
use crate::store::{Lane, Stage, now_ms};

/// A channel with what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(in crate::dashboard) struct ChannelRow {
    pub(in crate::dashboard) name: String,
    pub(in crate::dashboard) backend: String,
    /// Jobs that may run at a time, over all nodes.
    pub(in crate::dashboard) capacity: i64,
    pub(in crate::dashboard) paused: bool,
    pub(in crate::dashboard) reason: Option<String>,
    pub(in crate::dashboard) resume_at: Option<i64>,
    /// Jobs whose time has come.
    pub(in crate::dashboard) due: i64,
    /// Jobs whose time is to come.
    pub(in crate::dashboard) scheduled: i64,
    pub(in crate::dashboard) running: i64,
    /// When the oldest job that could run should have.
    pub(in crate::dashboard) oldest_due_at: Option<i64>,
}

pub(in crate::dashboard) async fn list(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
) -> Result {
    let rows = overview::rows(&dashboard, None).await?;
    let channels = channels(&dashboard, None).await?;
    let sum = |name: &str, of: fn(&overview::EntityRow) -> i64| {
        rows.iter().filter(|row| row.backend == name).map(of).sum::<i64>()
    };
    let backends: Vec<_> = dashboard
        .backends()
        .iter()
        .map(|facts| {
            let paused = channels.iter().filter(|c| c.backend == facts.name && c.paused).count();
            let (waiting, dead) = (sum(&facts.name, |row| row.waiting), sum(&facts.name, |row| row.dead));
            values! { facts, waiting, dead, paused }
        })
        .collect();
    render::page(&who, "backends", "backends.html", values! { backends, broken => dashboard.broken() })
}

pub(in crate::dashboard) async fn one(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(name): Path<String>,
) -> Result {
    show(&dashboard, &who, &name, None).await
}

/// `POST`: asks both servers and shows what they said.
pub(in crate::dashboard) async fn test(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(name): Path<String>,
) -> Result {
    dashboard.entity(&name, None)?;
    let Some(test) = &dashboard.shared.parts.test else {
        return Err(Failure::not_found("This Linkspan cannot try connections: it runs no backends."));
    };
    let connections = test.test(&name).await;
    show(&dashboard, &who, &name, Some(connections)).await
}

async fn show(dashboard: &Dashboard, who: &Identity, name: &str, tested: Option<Connections>) -> Result {
    let facts = dashboard.entity(name, None)?;
    let store = dashboard.store();
    let odoo = format!("odoo:{}", facts.odoo_name);
    let mine = |of: &str| {
        of == odoo || of == name || of.starts_with(&format!("{name}:")) || of == format!("shop:{name}")
    };
    let breakers: Vec<_> = store.breaker_views().await?.into_iter().filter(|b| mine(&b.name)).collect();
    let limits: Vec<_> = store.limit_views().await?.into_iter().filter(|l| mine(&l.name)).collect();
    let said = |answer: &Answer<String>| match answer {
        Ok(text) => values! { good => true, text },
        Err(text) => values! { good => false, text },
    };
    let values = values! {
        facts,
        rows => overview::rows(dashboard, Some(name)).await?,
        channels => bars(&channels(dashboard, Some(name)).await?),
        stages => Stage::ALL.map(Stage::text),
        schedules => schedules(dashboard, &facts.schedules).await?,
        breakers, limits,
        alerts => store.list_alerts(Some(name), 100).await?,
        can_test => dashboard.shared.parts.test.is_some(),
        tested => tested.as_ref().map(|c| values! { external => said(&c.external), odoo => said(&c.odoo) }),
        looked => tested.is_some(),
    };
    render::page(who, "backends", "backend.html", values)
}

async fn schedules(dashboard: &Dashboard, facts: &[ScheduleFacts]) -> Result<Vec<Value>> {
    let states = dashboard.store().schedule_views().await?;
    let row = |facts: &ScheduleFacts| {
        let state = states.iter().find(|state| state.name == facts.name);
        values! {
            name => facts.name, rule => facts.rule,
            next_at => state.map(|state| state.next_at), last_at => state.and_then(|state| state.last_at),
            paused => state.is_some_and(|state| state.paused),
        }
    };
    Ok(facts.iter().map(row).collect())
}

/// The channels of every backend, or of one.
pub(in crate::dashboard) async fn channels(
    dashboard: &Dashboard,
    only: Option<&str>,
) -> Result<Vec<ChannelRow>> {
    let now = now_ms();
    let loads = dashboard.store().channel_loads(now).await?;
    let set = dashboard.store().channels().await?;
    let backends = dashboard.backends().iter().filter(|backend| only.is_none_or(|only| backend.name == only));
    let lanes = backends.flat_map(|backend| Lane::ALL.map(|lane| (backend, lane)));
    let rows = lanes.map(|(backend, lane)| {
        let name = lane.channel(&backend.name);
        let load = loads.iter().find(|load| load.channel == name);
        let set = set.iter().find(|channel| channel.name == name);
        let paused = set.is_some_and(|channel| channel.is_paused_at(now));
        ChannelRow {
            backend: backend.name.clone(),
            capacity: set.map_or(i64::from(lane.default_capacity()), |channel| channel.capacity),
            paused,
            reason: set.filter(|_| paused).and_then(|channel| channel.reason.clone()),
            resume_at: set.filter(|_| paused).and_then(|channel| channel.resume_at),
            due: load.map_or(0, |load| load.due),
            scheduled: load.map_or(0, |load| load.scheduled),
            running: load.map_or(0, |load| load.running),
            oldest_due_at: load.and_then(|load| load.oldest_due_at),
            name,
        }
    });
    Ok(rows.collect())
}

/// The channels with a bar of what runs.
pub(in crate::dashboard) fn bars(rows: &[ChannelRow]) -> Vec<Value> {
    let with_bar = |row: &ChannelRow| {
        render::both(values! { bar => chart::fill(row.running, row.capacity) }, Value::from(Serde(row)))
    };
    rows.iter().map(with_bar).collect()
}
