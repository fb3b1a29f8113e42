//! One file for each page.

pub(super) mod audit;
pub(super) mod backends;
pub(super) mod deliveries;
pub(super) mod differences;
pub(super) mod jobs;
pub(super) mod letters;
pub(super) mod overview;
pub(super) mod record;
pub(super) mod search;

/// Rows on a page of a list.
const ROWS: u32 = 50;

/// An empty field of a form is a filter that is not set; one that is too long matches nothing anyway.
fn set(value: &Option<String>) -> Option<String> {
    value
        .as_deref()
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(|value| value.chars().take(500).collect())
}
