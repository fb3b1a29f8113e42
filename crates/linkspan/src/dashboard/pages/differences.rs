//! What the stage `shadow` found: record by record, what is and what would be.

use axum::extract::{Extension, Path, Query, State};
use serde::Deserialize;

use super::{ROWS, set};
use crate::dashboard::failure::{Failure, Result};
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, forms, render};
use crate::store::{DifferenceCount, DifferenceFilter, Direction};

/// What stands in the address; without an entity the first one that has differences is shown.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dashboard) struct DifferenceQuery {
    entity: Option<String>,
    direction: Option<String>,
    after: Option<String>,
}

pub(in crate::dashboard) async fn page(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(backend): Path<String>,
    Query(query): Query<DifferenceQuery>,
) -> Result {
    dashboard.entity(&backend, None)?;
    let counts = dashboard.store().difference_counts().await?;
    let counts: Vec<DifferenceCount> = counts.into_iter().filter(|count| count.backend == backend).collect();
    let chosen = match (set(&query.entity), set(&query.direction)) {
        (Some(entity), direction) => Some((entity, direction.unwrap_or_else(|| "in".to_owned()))),
        (None, _) => counts.first().map(|first| (first.entity.clone(), first.direction.clone())),
    };
    let mut differences = Vec::new();
    if let Some((entity, direction)) = &chosen {
        let filter = DifferenceFilter {
            backend: Some(backend.clone()),
            entity: Some(entity.clone()),
            direction: Some(way(direction)?),
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

fn way(direction: &str) -> Result<Direction> {
    match direction {
        "in" => Ok(Direction::In),
        "out" => Ok(Direction::Out),
        other => Err(Failure::invalid(format!("A direction is in or out, not {other}."))),
    }
}

fn address(count: &DifferenceCount, after: Option<&str>) -> String {
    let path = format!("/backends/{}/differences", forms::segment(&count.backend));
    let query =
        [("entity", Some(count.entity.as_str())), ("direction", Some(&count.direction)), ("after", after)];
    forms::with_query(&path, &query)
}
