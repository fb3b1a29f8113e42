//! What is generated from the types: the JSON Schemas and the reference pages.

use std::path::Path;

use linkspan::document::reference;
use linkspan::{config, definition};
use serde_json::Value;

const INTRO: &str = "Generated from the doc comments in `crates/linkspan/src` by a test: do not edit. \
    `LINKSPAN_BLESS=1 cargo test -p linkspan reference` writes it anew.";

/// Compares `docs/<file>` with what it should be now; `LINKSPAN_BLESS=1` writes it.
fn assert_fresh(file: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if std::env::var_os("LINKSPAN_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(&path, page).expect("the page is written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == page, "docs/{file} is stale; run `LINKSPAN_BLESS=1 cargo test -p linkspan reference`");
}

#[test]
fn the_reference_page_of_the_definition_is_fresh() {
    assert_fresh("definition.md", &reference::page(&definition::json_schema(), INTRO));
}

#[test]
fn the_reference_page_of_the_configuration_is_fresh() {
    assert_fresh("config.md", &reference::page(&config::json_schema(), INTRO));
}

#[test]
fn the_page_of_problem_codes_is_fresh() {
    let mut page = format!("# Problems and their codes\n\n{INTRO}\n\n| code | meaning |\n|---|---|\n");
    let (mut meaning, mut codes) = (String::new(), Vec::new());
    for line in include_str!("../../../src/diagnostic/codes.rs").lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            meaning = text.to_owned();
        } else if let Some(code) = line.strip_prefix("pub const ").and_then(|line| line.split('"').nth(1)) {
            page += &format!("| `{code}` | {meaning} |\n");
            codes.push(code);
        }
    }
    assert!(codes.is_sorted_by(|a, b| a < b), "a code is given once, in order");
    assert_fresh("problems.md", &page);
}

#[test]
fn every_key_of_both_languages_has_a_description() {
    for schema in [definition::json_schema(), config::json_schema()] {
        let defs = schema["$defs"].as_object().expect("definitions").values();
        for object in
            defs.chain([&schema]).chain(schema["$defs"]["Auth"]["oneOf"].as_array().into_iter().flatten())
        {
            for (key, value) in object["properties"].as_object().into_iter().flatten() {
                assert!(value["description"].is_string() || key == "kind", "{key} of {object}");
            }
        }
    }
}

#[test]
fn both_schemas_are_closed_and_know_no_null() {
    for schema in [definition::json_schema(), config::json_schema()] {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(!says_null(&schema), "null is no TOML value");
        for object in schema["$defs"].as_object().expect("definitions").values().chain([&schema]) {
            if object.get("properties").is_some() {
                assert_eq!(object["additionalProperties"], false, "{object}");
            }
        }
    }
}

fn says_null(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            let kind = members.get("type");
            let is_null = |kind: &Value| {
                kind == "null" || kind.as_array().is_some_and(|kinds| kinds.contains(&"null".into()))
            };
            kind.is_some_and(is_null) || members.values().any(says_null)
        }
        Value::Array(items) => items.iter().any(says_null),
        _ => false,
    }
}
