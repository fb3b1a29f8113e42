//! Fields and models that a later series does not have.
//!
//! `removed_fields.tsv`: model, field, first series without it, what there is instead.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::models::rows;
use super::modules::covers;
use crate::module::Series;

/// First series without a field, and what to use instead.
type Removed = (Series, &'static str);

/// By model and field.
static FIELDS: LazyLock<HashMap<(&str, &str), Removed>> = LazyLock::new(|| {
    let lines = include_str!("removed_fields.tsv").lines();
    lines
        .filter_map(|line| {
            let mut cells = line.split('\t');
            let key = (cells.next()?, cells.next()?);
            let since = format!("{}.0", cells.next()?).parse().ok()?;
            Some((key, (since, cells.next()?)))
        })
        .collect()
});

/// Model: the series that have it, as in the table.
static MODELS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    for row in rows() {
        found.entry(row.name).or_default().extend(row.series.split(','));
    }
    found
});

/// What to use instead of a field that `series` does not have.
pub(crate) fn removed_field(model: &str, field: &str, series: Series) -> Option<&'static str> {
    FIELDS.get(&(model, field)).filter(|(since, _)| series >= *since).map(|(_, hint)| *hint)
}

/// Whether Odoo's own modules have the model in another series and not in this one.
pub(crate) fn removed_model(model: &str, series: Series) -> bool {
    MODELS.get(model).is_some_and(|known| !known.iter().any(|known| covers(known, series)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_read() {
        let lines = include_str!("removed_fields.tsv").lines().count();
        assert_eq!(FIELDS.len(), lines, "a line of removed_fields.tsv is written in another way, or twice");
        assert!(rows().count() > 500);
        assert!(removed_model("uom.category", Series::V19) && !removed_model("uom.category", Series::V17));
    }

    #[test]
    fn odoo_17_has_models_that_16_and_18_lack_and_the_other_way_round() {
        for gone in ["mail.channel", "account.tax.template", "product.combo"] {
            assert!(removed_model(gone, Series::V17), "{gone}");
        }
        assert!(!removed_model("mail.partner.device", Series::V17));
        assert!(removed_model("mail.partner.device", Series::V16));
        let delivery = super::super::modules::facts("delivery", &[Series::V17]).map(|facts| facts.depends);
        assert_eq!(delivery, Some(vec!["sale"]), "stock_delivery brings the pickings");
    }
}
