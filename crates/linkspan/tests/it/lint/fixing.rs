//! `--fix`: by source range, all files or none.

use linkspan::module::Series;
use linkspan::module::lint::Options;

use super::folder::Folder;
use super::planted::clean;

fn for_series(series: Series) -> Options {
    Options { targets: vec![series], ..Options::default() }
}

#[test]
fn a_module_moves_to_another_series_and_back() {
    let folder = Folder::exactly(&clean());
    let before: Vec<String> = clean().iter().map(|(path, _)| folder.read(path)).collect();
    folder.check(&for_series(Series::V16)).edits.write().unwrap();
    assert!(folder.read("views/binding_views.xml").contains("<tree><field name=\"external_id\" /></tree>"));
    assert!(folder.read("views/backend_views.xml").contains("tree,form"));
    folder.check(&for_series(Series::V18)).edits.write().unwrap();
    let after: Vec<String> = clean().iter().map(|(path, _)| folder.read(path)).collect();
    assert_eq!(before, after, "not byte for byte what it was");
}

#[test]
fn constraints_move_to_objects_and_back() {
    let folder = Folder::exactly(&clean());
    folder.check(&for_series(Series::V19)).edits.write().unwrap();
    let text = folder.read("models/product_binding.py");
    assert!(
        text.contains(
            "    _external_unique = models.Constraint(\n        \"UNIQUE(backend_id, external_id)\","
        ),
        "{text}"
    );
    folder.check(&for_series(Series::V18)).edits.write().unwrap();
    assert_eq!(folder.read("models/product_binding.py").matches("UNIQUE(").count(), 2);
    assert!(
        folder
            .read("models/product_binding.py")
            .contains("_sql_constraints = [\n        (\"external_unique\", ")
    );
    assert!(folder.check(&for_series(Series::V18)).diagnostics.is_empty());
}

#[test]
fn a_second_fix_changes_nothing() {
    for series in Series::ALL {
        let folder = Folder::exactly(&clean());
        let options = for_series(series);
        folder.check(&options).edits.write().unwrap();
        let again = folder.check(&options);
        assert!(again.edits.is_empty(), "{series}: {}", again.edits.diff(folder.root()));
    }
}

#[test]
fn line_ends_and_hand_made_layout_stay() {
    let folder = Folder::exactly(&clean());
    let text =
        "import requests\r\n\r\n\r\ndef   read( url ):\r\n    return requests.get( url )  # as it is\r\n";
    folder.write("components/adapter.py", text);
    folder.check(&Options { only: vec!["H01"], ..Options::default() }).edits.write().unwrap();
    let fixed = text.replace("requests.get( url )", "requests.get( url, timeout=30 )");
    assert_eq!(folder.read("components/adapter.py"), fixed);
}
