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

/// One of them in a search by match rules would refuse the search for all records of a page.
#[test]
fn text_with_nul_is_refused_wherever_it_stands() {
    let plans = thing(
        r#"
        a_text = { from = "text" }
        b_price = { from = "text", as = "decimal" }
        c_link = { from = "text", relation = "thing" }
        d_links = { from = "texts[]", relation = "thing" }
        e_expr = { expr = "record['text'] + '!'" }
        f_html = { from = "text", as = "html_to_text" }
        "#,
    );
    let record = json(r#"{"id": "7\u0000", "text": "a\u0000b", "texts": ["8", "9\u0000"]}"#);
    let unmapped = map(&plans, &record).expect_err("nothing is right");
    assert_eq!(unmapped.external_id, None);
    let fields: Vec<&str> = unmapped.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["", "a_text", "b_price", "c_link", "d_links", "e_expr", "f_html"]);
    assert!(unmapped.problems.iter().all(|problem| problem.reason.contains("NUL")), "{unmapped:?}");
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
