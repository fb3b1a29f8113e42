//! Finding a record by what a person has at hand.

use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::set;
use crate::dashboard::failure::Result;
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, forms, render};
use crate::store::MOST_HITS;

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
    render::page(&who, "search", "search.html", values! { q => text, hits, most => MOST_HITS })
}
