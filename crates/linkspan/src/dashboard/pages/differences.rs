//! What the stage `shadow` found: record by record, what is and what would be.

use axum::extract::{Extension, State};
use serde::Deserialize;

use super::{ROWS, set};
use crate::dashboard::extract::{Path, Query};
use crate::dashboard::failure::Result;
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, forms, render};
use crate::store::{DifferenceCount, DifferenceFilter, Direction};

/// What stands in the address; without an entity the first one that has differences is shown.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dashboard) struct DifferenceQuery {
    entity: Option<String>,
    direction: Option<Direction>,
    after: Option<String>,
}

pub(in crate::dashboard) async fn page(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(backend): Path<String>,
    Query(query): Query<DifferenceQuery>,
) -> Result {
    dashboard.entity(&backend, None)?;
    let counts = dashboard.store().difference_counts(Some(&backend)).await?;
    let chosen = match set(&query.entity) {
        Some(entity) => Some((entity, query.direction.unwrap_or(Direction::In))),
        None => counts.first().map(|first| (first.entity.clone(), first.direction)),
    };
    let mut differences = Vec::new();
    if let Some((entity, direction)) = &chosen {
        let filter = DifferenceFilter {
            backend: Some(backend.clone()),
            entity: Some(entity.clone()),
            direction: Some(*direction),
            after: query.after.clone(),
            limit: ROWS,
        };
        differences = dashboard.store().differences(filter).await?;
    }
    let is_here = |count: &DifferenceCount| {
        chosen.as_ref().is_some_and(|(entity, way)| count.entity == *entity && count.direction == *way)
    };
    let places: Vec<_> = counts
        .iter()
        .map(|count| {
            let DifferenceCount { entity, direction, count: records, .. } = count;
            values! { entity, direction, count => records, here => is_here(count), path => address(count, None) }
        })
        .collect();
    let last = differences.last().filter(|_| differences.len() == ROWS as usize).map(|last| &last.record);
    let more = last.zip(counts.iter().find(|count| is_here(count)));
    let more = more.map(|(last, count)| address(count, Some(last)));
    render::page(&who, "backends", "differences.html", values! { backend, places, differences, more })
}

fn address(count: &DifferenceCount, after: Option<&str>) -> String {
    let path = format!("/backends/{}/differences", forms::segment(&count.backend));
    let query = [
        ("entity", Some(count.entity.as_str())),
        ("direction", Some(count.direction.text())),
        ("after", after),
    ];
    forms::with_query(&path, &query)
}
