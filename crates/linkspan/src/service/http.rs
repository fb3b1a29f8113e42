//! What monitoring asks: `/health`, `/ready`, `/metrics`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use tokio::sync::watch;

use super::Service;
use crate::store::{ChannelLoad, EntityCount, Lane, Store, StoreError, now_ms};

/// Seconds of the buckets of every histogram.
const BUCKETS: [f64; 14] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

#[derive(Clone)]
struct Monitored {
    store: Store,
    /// Those of this node's backends are shown even when they are empty.
    channels: Vec<String>,
    /// Backend and entity of every dead letter that this process has told of: those that are gone are told as 0.
    dead: Arc<Mutex<BTreeSet<(String, String)>>>,
    stopping: watch::Receiver<bool>,
    trouble: watch::Receiver<Option<String>>,
    metrics: PrometheusHandle,
}

/// The routes for monitoring. They need no sign-in and show no data of records.
pub fn router(store: Store, service: &Service, stopping: watch::Receiver<bool>) -> Router {
    let backends = service.backends().iter();
    let state = Monitored {
        store,
        channels: backends.flat_map(|runtime| Lane::ALL.map(|lane| lane.channel(runtime.name()))).collect(),
        dead: Arc::default(),
        stopping,
        trouble: service.trouble(),
        metrics: recorder().clone(),
    };
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
}

/// The process's metrics; the first call installs them.
pub fn recorder() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = match builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS) {
            Ok(builder) => builder,
            // Only an empty list of buckets is refused.
            Err(_) => PrometheusBuilder::new(),
        };
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is installed; /metrics shows gauges only");
        }
        handle
    })
}

/// The process lives.
async fn health() -> impl IntoResponse {
    axum::Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// The node takes webhooks and work: the store answers and takes what is written, and the node is not about to stop.
async fn ready(State(state): State<Monitored>) -> Response {
    let stopping = *state.stopping.borrow();
    let reason = if stopping {
        Some("the node is stopping".to_owned())
    } else {
        let unread = state.store.ping().await.err().map(|error| error.to_string());
        unread.or_else(|| state.trouble.borrow().clone())
    };
    match reason {
        None => axum::Json(json!({ "status": "ready" })).into_response(),
        Some(reason) => {
            let body = axum::Json(json!({ "status": "not ready", "reason": reason }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

async fn metrics(State(state): State<Monitored>) -> Response {
    match gauges(&state).await {
        Ok(()) => {
            state.metrics.run_upkeep();
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render()).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("# {error}\n")).into_response(),
    }
}

/// Open dead letters; where there were some and are none any more, 0.
fn tell_dead(seen: &Mutex<BTreeSet<(String, String)>>, counts: &[EntityCount]) {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.extend(counts.iter().map(|letters| (letters.backend.clone(), letters.entity.clone())));
    for (backend, entity) in seen.iter() {
        let found = counts.iter().find(|letters| letters.backend == *backend && letters.entity == *entity);
        let labels = [("backend", backend.clone()), ("entity", entity.clone())];
        metrics::gauge!("linkspan_dead_letters", &labels)
            .set(found.map_or(0, |letters| letters.count) as f64);
    }
}

/// What is counted in the store and not by events.
async fn gauges(Monitored { store, channels, dead, .. }: &Monitored) -> Result<(), StoreError> {
    let now = now_ms();
    let seconds = |since: i64| (now - since).max(0) as f64 / 1_000.0;
    let loads = store.channel_loads(now).await?;
    let is_empty = |channel: &&String| loads.iter().all(|load| load.channel != **channel);
    let empty: Vec<ChannelLoad> =
        channels.iter().filter(is_empty).map(|name| ChannelLoad::empty(name)).collect();
    for load in loads.into_iter().chain(empty) {
        for (state, count) in [("due", load.due), ("scheduled", load.scheduled), ("running", load.running)] {
            let labels = [("channel", load.channel.clone()), ("state", state.to_owned())];
            metrics::gauge!("linkspan_queue_depth", &labels).set(count as f64);
        }
        let age = load.oldest_due_at.map_or(0.0, seconds);
        metrics::gauge!("linkspan_queue_oldest_age_seconds", "channel" => load.channel).set(age);
    }
    tell_dead(dead, &store.dead_counts().await?);
    for breaker in store.breaker_views().await? {
        let open = f64::from(u8::from(breaker.state != "closed"));
        metrics::gauge!("linkspan_breaker_open", "system" => breaker.name).set(open);
    }
    for (backend, entity, ended_at) in store.last_successes().await? {
        let labels = [("backend", backend), ("entity", entity)];
        metrics::gauge!("linkspan_sync_lag_seconds", &labels).set(seconds(ended_at));
    }
    let nodes = store.node_views().await?.into_iter();
    metrics::gauge!("linkspan_nodes").set(nodes.filter(|node| node.is_heard_of(now)).count() as f64);
    metrics::gauge!("linkspan_alerts").set(store.list_alerts(None, 1_000).await?.len() as f64);
    Ok(())
}
