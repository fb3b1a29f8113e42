//! Who did what.

use axum::extract::{Extension, State};
use serde::Deserialize;

use super::{ROWS, set};
use crate::dashboard::extract::Query;
use crate::dashboard::failure::Result;
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, forms, render};
use crate::store::AuditFilter;

#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Asked {
    actor: Option<String>,
    action: Option<String>,
    before: Option<i64>,
}

pub(in crate::dashboard) async fn page(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Query(asked): Query<Asked>,
) -> Result {
    let (actor, action) = (set(&asked.actor), set(&asked.action));
    let filter =
        AuditFilter { actor: actor.clone(), action: action.clone(), before_id: asked.before, limit: ROWS };
    let entries = dashboard.store().list_audit(filter).await?;
    let last = entries.last().filter(|_| entries.len() == ROWS as usize).map(|entry| entry.id.to_string());
    let older = last.map(|last| {
        let query =
            [("actor", actor.as_deref()), ("action", action.as_deref()), ("before", Some(last.as_str()))];
        forms::with_query("/audit", &query)
    });
    render::page(&who, "audit", "audit.html", values! { entries, older, actor, action })
}
