//! Models and components of the framework addons that ship inside the program.
//!
//! `framework.tsv` is made from `crates/linkspan/addons`: module, name, usage, `-`, kind, parents. The kind is that of
//! `models.tsv`, or `abstract` and `concrete` for components.

use super::models::Row;

const TABLE: &str = include_str!("framework.tsv");

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    TABLE.lines().map(|line| line.split('\t').collect())
}

fn is_component(cells: &[&str]) -> bool {
    matches!(cells.get(4), Some(&"abstract" | &"concrete"))
}

/// Rows of components, as in `components.tsv`.
pub(super) fn components() -> impl Iterator<Item = Vec<&'static str>> {
    rows().filter(|cells| is_component(cells))
}

/// Rows of models: the framework is the same in every series.
pub(super) fn models() -> impl Iterator<Item = Row> {
    rows().filter(|cells| !is_component(cells)).filter_map(|cells| {
        let [module, name, _, _, kind, parents] = *cells else { return None };
        Some(Row { module, name, kind, series: "16,17,18,19", parents })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    #![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

    use std::path::Path;

    use crate::module::lint::index::Index;
    use crate::module::lint::index::python::{Class, Kind};
    use crate::module::lint::load;

    /// What the templates of an addon define. Their `#%` lines are comments to Python.
    fn rows_of(folder: &Path, name: &str) -> Vec<String> {
        let loaded = load::load(&folder.join(name), Path::new(name)).unwrap();
        let index = Index::new(&loaded.module);
        let row = |class: &Class<'_>| {
            let kind = match class.kind {
                Kind::Model => "m",
                Kind::Wizard => "t",
                Kind::Mixin => "a",
                Kind::AbstractComponent => "abstract",
                _ => "concrete",
            };
            let parents = class.inherit().join(",");
            let parents = if parents.is_empty() { "-" } else { &parents };
            let usage = class.text("_usage").unwrap_or("-");
            format!("{name}\t{}\t{usage}\t-\t{kind}\t{parents}", class.name().unwrap_or("-"))
        };
        let classes = index.python.models().chain(index.python.components());
        let made = classes.filter(|class| class.defines() && loaded.module.files[class.file].is_program());
        let mut rows: Vec<String> = made.map(row).collect();
        rows.sort();
        rows.dedup();
        rows
    }

    #[test]
    fn the_table_of_the_framework_is_fresh() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("addons");
        if !folder.is_dir() {
            println!("skipped: there is no folder crates/linkspan/addons");
            return;
        }
        let addons = ["connector_base_backend", "generic_connector"];
        let rows: Vec<String> = addons.iter().flat_map(|addon| rows_of(&folder, addon)).collect();
        let wanted = format!("{}\n", rows.join("\n"));
        if std::env::var_os("LINKSPAN_BLESS").is_some() {
            std::fs::write(root.join("src/module/lint/known/framework.tsv"), &wanted).unwrap();
        }
        let path = root.join("src/module/lint/known/framework.tsv");
        let found = std::fs::read_to_string(path).unwrap();
        assert!(found == wanted, "stale: LINKSPAN_BLESS=1 cargo test -p linkspan the_table_of_the_framework");
    }
}
