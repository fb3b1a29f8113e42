//! Finding a record by what a person has at hand.

use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::set;
use crate::dashboard::extract::Query;
use crate::dashboard::failure::Result;
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::why::{self, Controls};
use crate::dashboard::{Dashboard, forms, render};
use crate::store::{MOST_HITS, now_ms};

#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Asked {
    q: Option<String>,
}

pub(in crate::dashboard) async fn page(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Query(asked): Query<Asked>,
) -> Result {
    let text = set(&asked.q).unwrap_or_default();
    let hits = dashboard.store().search(&text, &dashboard.places()).await?;
    if let [hit] = hits.as_slice() {
        let path = forms::record_path(&hit.backend, &hit.entity, &hit.record);
        return Ok(Redirect::to(&path).into_response());
    }
    let kept_out = if hits.is_empty() && !text.is_empty() { kept_out(&dashboard).await? } else { Vec::new() };
    render::page(&who, "search", "search.html", values! { q => text, hits, most => MOST_HITS, kept_out })
}

/// Why records of any entity may not come in: backend and sentence.
async fn kept_out(dashboard: &Dashboard) -> Result<Vec<(&str, String)>> {
    let controls = Controls::read(dashboard.store()).await?;
    let mut all: Vec<(&str, String)> = Vec::new();
    for backend in dashboard.backends() {
        for entity in backend.entities.iter().filter(|entity| entity.stage_in.is_some()) {
            let reasons = why::kept_out(backend, entity, &controls, now_ms());
            // A paused channel is the same for all of its entities.
            for reason in reasons.into_iter().map(|reason| (backend.name.as_str(), reason)) {
                if !all.contains(&reason) {
                    all.push(reason);
                }
            }
        }
    }
    Ok(all)
}
