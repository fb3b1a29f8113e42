//! The framework addons: rendered for every series, parsed, written to disk.

use std::collections::BTreeMap;

use linkspan::module::{Rendered, Series, addons};

use crate::support::program::Program;

/// All files of all addons for a series, by path.
fn tree(series: Series) -> BTreeMap<String, Rendered> {
    addons::FRAMEWORK
        .into_iter()
        .chain([addons::TESTS])
        .flat_map(|addon| addons::render(addon, series).unwrap_or_else(|error| panic!("{series}: {error}")))
        .map(|file| (file.path.clone(), file))
        .collect()
}

fn text(file: &Rendered) -> &str {
    std::str::from_utf8(&file.bytes).unwrap()
}

#[test]
fn every_series_has_the_same_files() {
    let newest: Vec<String> = tree(Series::V19).into_keys().collect();
    for series in Series::ALL {
        assert_eq!(tree(series).into_keys().collect::<Vec<_>>(), newest, "{series}");
    }
    insta::assert_snapshot!("files", newest.join("\n"));
}

#[test]
fn rendered_files_parse_and_hold_no_template_marks() {
    for series in Series::ALL {
        for (path, file) in tree(series) {
            if path.ends_with(".png") {
                continue;
            }
            let text = text(&file);
            for mark in ["{{", "{%", "#%"] {
                assert!(!text.contains(mark), "{series} {path} has {mark}");
            }
            if path.ends_with(".py") {
                ruff_python_parser::parse_module(text)
                    .unwrap_or_else(|error| panic!("{series} {path}: {error}"));
            } else if path.ends_with(".xml") {
                roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{series} {path}: {error}"));
            }
        }
    }
}

#[test]
fn manifests_name_files_that_exist_and_leave_none_out() {
    for series in Series::ALL {
        let tree = tree(series);
        for addon in addons::FRAMEWORK.into_iter().chain([addons::TESTS]) {
            let manifest = text(&tree[&format!("{addon}/__manifest__.py")]);
            assert!(manifest.contains(&format!("\"version\": \"{series}.1.0.0\"")), "{manifest}");
            let named: Vec<String> = manifest
                .split('"')
                .filter(|word| word.ends_with(".xml") || word.ends_with(".csv"))
                .map(|word| format!("{addon}/{word}"))
                .collect();
            let data = |path: &&String| {
                path.starts_with(&format!("{addon}/")) && (path.ends_with(".xml") || path.ends_with(".csv"))
            };
            let mut expected: Vec<String> = tree.keys().filter(data).cloned().collect();
            let mut sorted = named.clone();
            sorted.sort();
            expected.sort();
            assert_eq!(sorted, expected, "{series} {addon}");
            assert!(named[0].contains("security/"), "groups come first: {named:?}");
        }
    }
}

/// What a series spells in its own way, and no other series in that way.
#[test]
fn each_series_is_spelled_as_it_wants() {
    let cases: [(&str, &str, &[Series]); 9] = [
        ("_sql_constraints = [", ".py", &[Series::V16, Series::V17, Series::V18]),
        ("models.Constraint(", ".py", &[Series::V19]),
        (" attrs=", ".xml", &[Series::V16]),
        ("<tree", ".xml", &[Series::V16, Series::V17]),
        ("<list", ".xml", &[Series::V18, Series::V19]),
        ("name=\"numbercall\"", ".xml", &[Series::V16, Series::V17]),
        ("name=\"privilege_id\"", ".xml", &[Series::V19]),
        ("<group expand=", ".xml", &[Series::V16, Series::V17, Series::V18]),
        ("self.env._(", ".py", &[Series::V18, Series::V19]),
    ];
    for (spelling, extension, wanted) in cases {
        for series in Series::ALL {
            let found = tree(series)
                .values()
                .any(|file| file.path.ends_with(extension) && text(file).contains(spelling));
            assert_eq!(found, wanted.contains(&series), "{spelling} in {series}");
        }
    }
}

#[test]
fn every_stored_model_has_access_rights_and_a_company_rule() {
    for series in Series::ALL {
        let tree = tree(series);
        let all = |extension: &str| -> String {
            tree.values().filter(|file| file.path.ends_with(extension)).map(text).collect()
        };
        let (rights, rules) = (all("ir.model.access.csv"), all("_security.xml"));
        for file in tree.values().filter(|file| file.path.contains("/models/")) {
            for class in text(file).split("\nclass ").skip(1) {
                let name = class.split("\n    _name = \"").nth(1).and_then(|rest| rest.split('"').next());
                let Some(name) =
                    name.filter(|_| class.lines().next().is_some_and(|line| line.contains("(models.Model)")))
                else {
                    continue;
                };
                if name == "res.partner.bank" {
                    continue;
                }
                let id = format!("model_{}", name.replace('.', "_"));
                assert!(rights.contains(&format!(",{id},")), "{series}: no rights on {name}");
                assert!(rules.contains(&format!("ref=\"{id}\"")), "{series}: no company rule on {name}");
            }
        }
    }
}

#[tokio::test]
async fn written_addons_are_not_overwritten_once_they_were_edited() {
    let program = Program::new("schema = 1\n", []);
    let folder = program.path("addons");
    let folder = folder.to_str().unwrap();
    let arguments = ["addons", "--odoo", "18.0", "--path", folder];
    program.run(&arguments).await.ended(0).said(&["generic_connector", "Odoo 18.0", "Next:"]);
    program.run(&arguments).await.ended(0).said(&["0 files written"]);

    let edited = program.path("addons/generic_connector/models/generic_binding.py");
    let original = std::fs::read_to_string(&edited).unwrap();
    std::fs::write(&edited, format!("{original}# mine\n")).unwrap();
    let refused = program.run(&arguments).await.ended(2);
    refused.said(&["generic_connector/models/generic_binding.py", "--force", "Nothing was written"]);
    assert!(std::fs::read_to_string(&edited).unwrap().ends_with("# mine\n"));

    program.run(&[&arguments[..], &["--force"]].concat()).await.ended(0).said(&["1 files written"]);
    assert_eq!(std::fs::read_to_string(&edited).unwrap(), original);
}

#[tokio::test]
async fn an_unknown_series_and_a_file_in_the_way_are_told() {
    let program = Program::new("schema = 1\n", []);
    program.run(&["addons", "--odoo", "15.0", "--path", "x"]).await.ended(2).said(&["15.0", "18.0"]);
    std::fs::write(program.path("taken"), "a file").unwrap();
    let taken = program.path("taken");
    let arguments = ["addons", "--odoo", "18.0", "--path", taken.to_str().unwrap()];
    program.run(&arguments).await.ended(2).said(&["taken"]);
}
