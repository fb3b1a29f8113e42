//! What a person sees: the rendered text of a dozen problems.

use std::path::Path;

use linkspan::definition;

use super::SKETCH;

fn shown(replace: &str, with: &str) -> String {
    assert!(SKETCH.contains(replace), "the sketch has no {replace:?}");
    let text = SKETCH.replacen(replace, with, 1);
    definition::parse(&text, "connector.toml", None).expect_err("the definition is wrong").to_string()
}

#[test]
fn problems_look_like_this() {
    let cases = [
        ("unknown_key", "verify = \"system_status\"", "verfy = \"system_status\""),
        ("missing_key", "title = \"Store URL\"", "help = \"x\""),
        ("number_as_text", "timeout_ms = 30_000", "timeout_ms = \"30000\""),
        ("text_as_number", "version = \"1.0.0\"", "version = 1.0"),
        ("unknown_value", "as = \"decimal\", owner", "as = \"money\", owner"),
        ("unknown_operation", "list = \"list_products\"", "list = \"products\""),
        ("placeholder", "{store_url}/wp-json", "{shop_url}/wp-json"),
        ("two_origins", "{ from = \"sku\" }", "{ from = \"sku\", value = 1 }"),
        ("expression", "decimal(line['total'])", "decimall(line['total'])"),
        ("syntax", "timeout_ms = 30_000", "timeout_ms = 030"),
        ("twice", "timeout_ms = 30_000", "timeout_ms = 30_000\ntimeout_ms = 20_000"),
        ("cycle", "categ_id     = {", "x_order = { from = \"id\", relation = \"order\" }\ncateg_id     = {"),
        ("in_arabic", "{ title = \"Consumer key\" }", "{ title = \"مفتاح\", titel = 1 }"),
    ];
    for (name, replace, with) in cases {
        insta::assert_snapshot!(name, shown(replace, with));
    }
}

#[test]
fn a_file_that_is_not_there_looks_like_this() {
    let report = definition::load(Path::new("nowhere/connector.toml")).expect_err("there is no file");
    insta::assert_snapshot!("no_file", report);
}

#[test]
fn of_a_very_long_line_only_the_part_around_the_problem_is_shown() {
    let text = format!(
        "schema = 1\nconnector = {{ id = \"{}\", titel = 1, x = \"{}\" }}",
        "a".repeat(3_000),
        "b".repeat(90_000)
    );
    let report = definition::parse(&text, "connector.toml", None).expect_err("the definition is wrong");
    let shown = report.to_string();
    assert!(shown.contains("connector.toml:2:3024"), "{shown}");
    assert!(shown.contains("titel = 1"), "{shown}");
    assert!(shown.len() < 10_000, "{} bytes", shown.len());
}
