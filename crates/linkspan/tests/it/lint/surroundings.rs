//! What is known of the modules around the checked one, and what follows when it is not.

use linkspan::module::Series;
use linkspan::module::lint::Options;

use super::folder::Folder;
use super::planted::clean;

fn manifest(depends: &str) -> String {
    format!(
        "{{\"name\": \"M\", \"version\": \"18.0.1.0.0\", \"license\": \"LGPL-3\", \"depends\": [{depends}]}}\n"
    )
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn only(rule: &'static str) -> Options {
    Options { only: vec![rule], ..Options::default() }
}

const IMPORTER: &str =
    "class I(Component):\n    _name = \"shop.importer\"\n    _inherit = \"nobodys.importer\"\n";

#[test]
fn an_unknown_dependency_keeps_rules_silent_that_would_have_to_guess() {
    let known = manifest("\"connector\"");
    let unknown = manifest("\"connector\", \"somebodys_base\"");
    for (manifest, expected) in [(&known, 1), (&unknown, 0)] {
        let folder = Folder::exactly(&owned(&[("__manifest__.py", manifest), ("__init__.py", IMPORTER)]));
        assert_eq!(folder.check(&only("C04")).diagnostics.len(), expected, "{manifest}");
    }
}

#[test]
fn sources_of_a_dependency_make_it_known() {
    let base =
        "class B(AbstractComponent):\n    _name = \"somebodys.importer\"\n    _inherit = \"base.importer\"\n";
    let folder = Folder::exactly(&owned(&[
        ("__manifest__.py", &manifest("\"somebodys_base\"")),
        ("__init__.py", IMPORTER),
        ("../somebodys_base/__manifest__.py", &manifest("\"connector\"")),
        ("../somebodys_base/__init__.py", base),
    ]));
    let options = Options { addons_paths: vec![folder.root().to_owned()], ..only("C04") };
    let found = folder.check(&options).diagnostics;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].help.as_deref(), Some("Did you mean 'somebodys.importer'?"));
    folder.write("__init__.py", &IMPORTER.replace("nobodys", "somebodys"));
    assert!(folder.check(&options).diagnostics.is_empty());
}

#[test]
fn several_series_are_checked_at_once_and_named_in_the_message() {
    let folder = Folder::exactly(&clean());
    let targets = vec![Series::V16, Series::V17, Series::V19];
    let found = folder.check(&Options { targets, ..Options::default() }).diagnostics;
    let message =
        |code: &str| found.iter().find(|found| found.code == code).map(|found| found.message.clone());
    assert_eq!(message("P06").as_deref(), Some("Odoo 16.0 and 17.0 calls this view `tree`"));
    assert_eq!(message("P01").as_deref(), Some("Odoo 19.0 creates none of these constraints"));
    assert!(message("M04").unwrap().contains("18.0"));
    assert!(folder.check(&Options::default()).diagnostics.is_empty(), "18.0 alone is clean");
}

#[test]
fn nothing_is_fixed_for_one_series_that_another_one_needs() {
    let folder = Folder::exactly(&clean());
    let fixable =
        |targets: &[Series], rule| folder.check(&Options { targets: targets.to_vec(), ..only(rule) }).fixable;
    assert_eq!(fixable(&[Series::V16], "P06"), 2);
    assert_eq!(fixable(&[Series::V16, Series::V18], "P06"), 0);
    assert_eq!(fixable(&[Series::V19], "P01"), 2);
    assert_eq!(fixable(&[Series::V18, Series::V19], "P01"), 0);
}
