//! Fields and models that a later series does not have.
//!
//! `removed_fields.tsv`: model, field, first series without it, what there is instead.

use super::modules::covers;
use crate::module::lint::series::Series;

const FIELDS: &str = include_str!("removed_fields.tsv");
const MODELS: &str = include_str!("models.tsv");

/// What to use instead of a field that `series` does not have.
pub(crate) fn removed_field(model: &str, field: &str, series: Series) -> Option<&'static str> {
    FIELDS.lines().find_map(|line| {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let [of, name, since, hint] = cells.as_slice() else { return None };
        let is_gone = series >= format!("{since}.0").parse().ok()?;
        (*of == model && *name == field && is_gone).then_some(*hint)
    })
}

/// Whether Odoo's own modules have the model in another series and not in this one.
pub(crate) fn removed_model(model: &str, series: Series) -> bool {
    let mut is_known = false;
    for line in MODELS.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [_, name, _, in_series] = cells.as_slice() else { continue };
        if *name == model {
            is_known = true;
            if in_series.split(',').any(|known| covers(known, series)) {
                return false;
            }
        }
    }
    is_known
}
