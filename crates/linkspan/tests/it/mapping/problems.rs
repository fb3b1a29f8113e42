//! A record that cannot be mapped says everything that is wrong with it, at once.

use super::fixture::{json, map, thing};

#[test]
fn everything_that_is_wrong_is_told_at_once_with_field_path_value_and_reason() {
    let plans = thing(
        r#"
        a_price = { from = "price", as = "decimal" }
        b_name = { from = "names.first", required = true }
        c_gone = { from = "gone" }
        d_status = { from = "status", values = { on = true } }
        e_fine = { from = "fine" }
        f_list = { from = "list" }
        g_sum = { expr = "record['price'] + 1" }
        "#,
    );
    let long = "x".repeat(100);
    let record = json(&format!(
        r#"{{"id": 5, "price": "{long}", "names": {{"first": null}}, "status": "off", "fine": "yes", "list": [1, 2]}}"#
    ));
    let unmapped = map(&plans, &record).expect_err("almost everything is wrong");
    assert_eq!(unmapped.external_id.as_deref(), Some("5"), "its id is known all the same");
    let found: Vec<(&str, &str, &str, bool)> = unmapped
        .problems
        .iter()
        .map(|p| (p.field.as_str(), p.path.as_str(), p.value.as_str(), !p.reason.is_empty()))
        .collect();
    let shortened = format!("\"{}…", &long[..59]);
    let expected = [
        ("a_price", "price", shortened.as_str(), true),
        ("b_name", "names.first", "", true),
        ("c_gone", "gone", "", true),
        ("d_status", "status", "\"off\"", true),
        ("f_list", "list", "[1,2]", true),
        ("g_sum", "record['price'] + 1", "", true),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_record_without_an_id_tells_its_other_problems_too() {
    let plans = thing("name = { from = \"name\", required = true }");
    let record = json("{}");
    let unmapped = map(&plans, &record).expect_err("nothing is there");
    assert_eq!((unmapped.external_id, unmapped.problems.len()), (None, 2));
    assert_eq!(
        unmapped.problems[0].to_string(),
        "the record has no id here (at id)",
        "a problem without a field is the record's"
    );
}

/// Values are shortened between characters, whatever their length in bytes.
#[test]
fn shown_values_are_cut_between_characters() {
    let plans = thing("a = { from = \"a\", as = \"integer\" }");
    for text in ["ق".repeat(80), "😀".repeat(59), "é".repeat(58)] {
        let record = json(&format!(r#"{{"id": 1, "a": "{text}"}}"#));
        let unmapped = map(&plans, &record).expect_err("no number");
        assert!(unmapped.problems[0].value.chars().count() <= 61);
    }
}
