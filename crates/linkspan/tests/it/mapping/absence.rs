//! Absent, null and empty are three things: every key that speaks of them, against each.

use super::fixture::{assert_rows, json, map, outcome, plans_for};
use linkspan::definition::model::Series;

const ABSENT: &str =
    "problem: the record has no such value; the definition may give a default or say optional = true";
const NULL: &str = "problem: the value is null but required";
const EMPTY: &str = "problem: the value is empty but required";

#[test]
fn absent_null_and_empty_by_every_key_that_speaks_of_them() {
    // Keys of the field; what is made of an absent path, of null, of empty text.
    let table: &[(&str, [&str; 3])] = &[
        ("", [ABSENT, "empty", "empty"]),
        ("optional = true", ["left alone", "empty", "empty"]),
        ("default = \"d\"", ["text \"d\"", "empty", "empty"]),
        ("required = true", [ABSENT, NULL, EMPTY]),
        ("required = true, optional = true", ["left alone", NULL, EMPTY]),
        ("required = true, default = \"d\"", ["text \"d\"", NULL, EMPTY]),
        ("null = \"clear\"", [ABSENT, "empty", "empty"]),
        ("null = \"skip\"", [ABSENT, "left alone", "empty"]),
        ("null = \"error\"", [ABSENT, NULL, "empty"]),
        ("null = \"default\", default = \"d\"", ["text \"d\"", "text \"d\"", "empty"]),
        ("empty = \"clear\"", [ABSENT, "empty", "empty"]),
        ("empty = \"skip\"", [ABSENT, "empty", "left alone"]),
        ("empty = \"error\"", [ABSENT, "empty", EMPTY]),
        ("empty = \"default\", default = \"d\"", ["text \"d\"", "empty", "text \"d\""]),
        ("null = \"skip\", empty = \"error\"", [ABSENT, "left alone", EMPTY]),
        ("null = \"error\", empty = \"skip\"", [ABSENT, NULL, "left alone"]),
        ("null = \"default\", empty = \"default\", default = \"d\"", ["text \"d\""; 3]),
        ("null = \"skip\", empty = \"default\", default = \"d\"", ["text \"d\"", "left alone", "text \"d\""]),
        ("optional = true, null = \"skip\", empty = \"skip\"", ["left alone"; 3]),
        ("optional = true, null = \"error\", empty = \"error\"", ["left alone", NULL, EMPTY]),
    ];
    let records = ["{}", "{\"value\": null}", "{\"value\": \"\"}"];
    let fields: Vec<String> = table
        .iter()
        .map(|(keys, _)| format!("{{ from = \"value\", {keys} }}").replace(", }", " }"))
        .collect();
    let rows = fields.iter().zip(table).flat_map(|(field, (_, outcomes))| {
        records
            .iter()
            .zip(outcomes)
            .map(move |(record, expected)| (field.as_str(), (*record).to_owned(), *expected))
    });
    assert_rows(rows);
}

#[test]
fn blanks_are_empty_text_whatever_the_converter() {
    for converter in [
        "text",
        "trim",
        "lower",
        "decimal",
        "integer",
        "boolean",
        "date",
        "datetime",
        "html_to_text",
        "currency",
    ] {
        let field = format!("{{ from = \"value\", as = \"{converter}\" }}");
        assert_eq!(outcome(&field, "{\"value\": \" \\t\\n\"}"), "empty", "{converter}");
        assert_eq!(outcome(&field, "{\"value\": null}"), "empty", "{converter}");
    }
}

#[test]
fn zero_and_false_are_values() {
    for (value, expected) in [("0", "integer 0"), ("0.0", "decimal 0.0"), ("false", "false")] {
        let record = format!("{{\"value\": {value}}}");
        assert_eq!(outcome("{ from = \"value\", required = true }", &record), expected);
    }
}

#[test]
fn a_path_that_ends_early_is_absent() {
    let field = "{ from = \"a[1].b\", default = \"d\" }";
    for (record, expected) in [
        (r#"{"a": [0, {"b": "found"}]}"#, "text \"found\""),
        (r#"{"a": [0, {"b": null}]}"#, "empty"),
        (r#"{"a": [0, {}]}"#, "text \"d\""),
        (r#"{"a": [0]}"#, "text \"d\""),
        (r#"{"a": {"1": {"b": 1}}}"#, "text \"d\""),
        (r#"{"a": null}"#, "text \"d\""),
        (r#"{"a": "text"}"#, "text \"d\""),
        ("{}", "text \"d\""),
    ] {
        assert_eq!(outcome(field, record), expected, "{record}");
    }
}

#[test]
fn an_item_is_found_by_the_text_of_a_member() {
    let field = "{ from = \"a[code=tax.rate].value\", default = \"d\" }";
    for (record, expected) in [
        (r#"{"a": [{"code": "x", "value": 1}, {"code": "tax.rate", "value": "15"}]}"#, "text \"15\""),
        (r#"{"a": [{"code": "tax.rate", "value": 1}, {"code": "tax.rate", "value": 2}]}"#, "integer 1"),
        (r#"{"a": [{"code": "tax.rate", "value": null}]}"#, "empty"),
        (r#"{"a": [5, null, {"code": 1}, {"code": "tax.rate"}]}"#, "text \"d\""),
        (r#"{"a": {"code": "tax.rate", "value": 1}}"#, "text \"d\""),
        (r#"{"a": []}"#, "text \"d\""),
        ("{}", "text \"d\""),
    ] {
        assert_eq!(outcome(field, record), expected, "{record}");
    }
}

#[test]
fn defaults_keep_their_type() {
    for (default, expected) in
        [("7", "integer 7"), ("1.5", "decimal 1.5"), ("true", "true"), ("\"00123\"", "text \"00123\"")]
    {
        assert_eq!(outcome(&format!("{{ from = \"value\", default = {default} }}"), "{}"), expected);
        assert_eq!(outcome(&format!("{{ value = {default} }}"), "{}"), expected);
    }
}

/// A field of other series is not in the plan at all.
#[test]
fn a_field_of_one_series_is_mapped_for_that_series_only() {
    let entities = r#"
        [entities.thing]
        external = { id = "id" }
        odoo = { model = "sale.order" }
        import = { list = "list", get = "get" }
        [entities.thing.map]
        both = { value = 1 }
        new = { value = 2, series = ["18.0", "19.0"] }
        lines = { lines = "lines", key = "id", map = { old = { value = 3, series = ["16.0"] }, name = { value = "x" } } }
    "#;
    for (series, fields, columns) in [
        (Series::V16, &["both", "lines"][..], &["name", "old"][..]),
        (Series::V17, &["both", "lines"], &["name"]),
        (Series::V18, &["both", "lines", "new"], &["name"]),
        (Series::V19, &["both", "lines", "new"], &["name"]),
    ] {
        let plans = plans_for(entities, series);
        let record = json(r#"{"id": 1, "lines": [{"id": 5}]}"#);
        let mapped = map(&plans, &record).expect("it maps");
        let plan = &plans.entities[0];
        let names: Vec<&str> = plan.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, fields, "{series:?}");
        let lines = plan.fields.iter().find_map(|field| field.lines.as_ref()).expect("lines");
        let names: Vec<&str> = lines.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, columns, "{series:?}");
        assert_eq!(mapped.values.len() + mapped.lines.len(), fields.len());
    }
}
