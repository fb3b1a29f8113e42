//! What well-known modules depend on, and their licences. `modules.tsv`: module, series, licence, depends.

use crate::module::Series;

const TABLE: &str = include_str!("modules.tsv");

pub(crate) struct Facts {
    pub(crate) license: &'static str,
    pub(crate) depends: Vec<&'static str>,
}

/// What is known of a module; several series together give what it depends on in any of them.
pub(crate) fn facts(module: &str, targets: &[Series]) -> Option<Facts> {
    let mut found: Option<Facts> = None;
    for line in TABLE.lines() {
        let mut cells = line.split('\t');
        let (Some(name), Some(series), Some(license), Some(depends)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        if name == module && targets.iter().any(|target| covers(series, *target)) {
            let facts = found.get_or_insert(Facts { license, depends: Vec::new() });
            facts.depends.extend(depends.split(',').filter(|depend| !depend.is_empty()));
        }
    }
    found
}

/// Whether a series of the tables is `target`.
pub(crate) fn covers(series: &str, target: Series) -> bool {
    series.parse() == Ok(target.number())
}
