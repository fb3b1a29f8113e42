//! Webhooks as they came.

use axum::extract::{Extension, State};
use serde::Deserialize;

use super::{ROWS, set};
use crate::dashboard::extract::{Path, Query};
use crate::dashboard::failure::{Failure, Result};
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, forms, render};
use crate::store::{Alert, DeliveryFilter, EventFilter};

#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Asked {
    backend: Option<String>,
    state: Option<String>,
    topic: Option<String>,
    record: Option<String>,
    before: Option<i64>,
}

pub(in crate::dashboard) async fn list(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Query(asked): Query<Asked>,
) -> Result {
    let (backend, state, topic, record) =
        (set(&asked.backend), set(&asked.state), set(&asked.topic), set(&asked.record));
    let filter = DeliveryFilter {
        backend: backend.clone(),
        state: state.clone(),
        topic: topic.clone(),
        record: record.clone(),
        before_id: asked.before,
        limit: ROWS,
        ..DeliveryFilter::default()
    };
    let deliveries = dashboard.store().deliveries(filter).await?;
    let last = deliveries.last().filter(|_| deliveries.len() == ROWS as usize).map(|one| one.id.to_string());
    let older = last.map(|last| {
        let query = [
            ("backend", backend.as_deref()),
            ("state", state.as_deref()),
            ("topic", topic.as_deref()),
            ("record", record.as_deref()),
            ("before", Some(last.as_str())),
        ];
        forms::with_query("/deliveries", &query)
    });
    let alerts = dashboard.store().list_alerts(backend.as_deref(), 1_000).await?;
    let of_webhooks = |alert: &Alert| {
        ["signatures:", "webhooks:", "subscription:"].iter().any(|kind| alert.name.starts_with(kind))
    };
    let alerts: Vec<Alert> = alerts.into_iter().filter(of_webhooks).collect();
    let values = values! {
        alerts, deliveries, older, backend, state, topic, record,
        filtered => backend.is_some() || state.is_some() || topic.is_some() || record.is_some(),
        backends => dashboard.backend_names(),
    };
    render::page(&who, "deliveries", "deliveries.html", values)
}

pub(in crate::dashboard) async fn one(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(id): Path<i64>,
) -> Result {
    let found = dashboard.store().delivery(id).await?;
    let delivery = found.ok_or_else(|| {
        Failure::not_found(format!(
            "There is no webhook {id}. It may be gone by its age; the list shows what is kept."
        ))
    })?;
    let headers: serde_json::Value = serde_json::from_str(&delivery.headers).unwrap_or_default();
    let headers: Vec<(String, String)> = headers
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let filter = EventFilter { correlation: Some(delivery.correlation.clone()), ..EventFilter::default() };
    let events = dashboard.store().list_events(filter).await?;
    render::page(
        &who,
        "deliveries",
        "delivery.html",
        values! { delivery, headers, events, can_replay => dashboard.shared.parts.receivers.is_some() },
    )
}
