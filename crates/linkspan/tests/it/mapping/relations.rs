//! Related records: by id, or standing inside the record, or chosen between.

use linkspan::definition::entity::Missing;

use super::fixture::{json, map, outcome, plans, shown, thing};

#[test]
fn a_relation_takes_the_external_id_as_it_stands() {
    let field = "{ from = \"value\", relation = \"thing\", optional = true }";
    for (record, expected) in [
        (r#"{"value": 12}"#, "relation 0 \"12\""),
        (r#"{"value": "00123"}"#, "relation 0 \"00123\""),
        (r#"{"value": " a "}"#, "relation 0 \" a \""),
        (r#"{"value": null}"#, "empty"),
        (r#"{"value": ""}"#, "empty"),
        ("{}", "left alone"),
        (r#"{"value": true}"#, "problem: an id of a related record is text or a whole number"),
        (r#"{"value": 1.5}"#, "problem: an id of a related record is text or a whole number"),
        (r#"{"value": [1]}"#, "problem: a list cannot become one Odoo value; name a part of it"),
    ] {
        assert_eq!(outcome(field, record), expected, "{record}");
    }
    let skipped = "{ expr = \"record['value'] or None\", relation = \"thing\", null = \"skip\" }";
    assert_eq!(outcome(skipped, r#"{"value": 0}"#), "left alone");
}

#[test]
fn the_plan_says_what_happens_when_a_related_record_is_missing() {
    let plans = thing(
        r#"
        a = { from = "a", relation = "thing" }
        b = { from = "b", relation = "thing", missing = "wait" }
        c = { from = "c", relation = "thing", missing = "empty", owner = "odoo" }
        d = { choose = [{ when = { expr = "record['x']" }, then = { from = "d", relation = "thing", missing = "wait" } }, { then = { value = "x" } }] }
        e = { from = "e", as = "country" }
        f = { from = "f" }
        "#,
    );
    let found: Vec<(&str, bool, Missing, bool)> = plans.entities[0]
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.relational, field.missing, field.create_only))
        .collect();
    let expected = [
        ("a", true, Missing::Fetch, false),
        ("b", true, Missing::Wait, false),
        ("c", true, Missing::Empty, true),
        ("d", true, Missing::Wait, false),
        ("e", true, Missing::Fetch, false),
        ("f", false, Missing::Fetch, false),
    ];
    assert_eq!(found, expected);
}

const CHOICE: &str = "{ choose = [
    { when = { expr = \"record['kind'] == 'a'\" }, then = { from = \"a\", as = \"integer\" } },
    { when = { expr = \"record['kind'] in ('b', 'c')\" }, then = { value = \"b\" } },
    { when = { expr = \"record['kind'] / 2 == 4\" }, then = { from = \"a\", required = true } },
] }";

#[test]
fn the_first_case_that_applies_decides() {
    let field = CHOICE.replace('\n', " ").replace("}, ]", "} ]");
    for (record, expected) in [
        (r#"{"kind": "a", "a": "7"}"#, "integer 7"),
        (r#"{"kind": "b"}"#, "text \"b\""),
        (r#"{"kind": 8, "a": "x"}"#, "text \"x\""),
        (r#"{"kind": 8, "a": null}"#, "problem: the value is null but required"),
        (r#"{"kind": 9, "a": "x"}"#, "left alone"),
    ] {
        assert_eq!(outcome(&field, record), expected, "{record}");
    }
    // A condition that cannot be answered is a problem, not a no.
    assert!(outcome(&field, r#"{"kind": "d"}"#).starts_with("problem: "));
    assert!(outcome(&field, "{}").starts_with("problem: "));
}

#[test]
fn identity_is_text_or_a_whole_number() {
    let plans = thing("name = { value = \"x\" }");
    for (record, expected) in [
        (r#"{"id": 7}"#, Ok("7")),
        (r#"{"id": "00123"}"#, Ok("00123")),
        (r#"{"id": ""}"#, Err("the record's id is empty")),
        (r#"{"id": null}"#, Err("the record has no id here")),
        ("{}", Err("the record has no id here")),
        (r#"{"id": 1.5}"#, Err("an id is text or a whole number")),
        (r#"{"id": true}"#, Err("an id is text or a whole number")),
        (r#"{"id": [7]}"#, Err("an id is text or a whole number")),
        (r#"{"id": 18446744073709551615}"#, Err("too large to be exact as a JSON number")),
    ] {
        let json = json(record);
        match (map(&plans, &json), expected) {
            (Ok(mapped), Ok(id)) => assert_eq!(mapped.external_id, id),
            (Err(unmapped), Err(reason)) => {
                assert_eq!(unmapped.external_id, None);
                let told = &unmapped.problems[0];
                assert!(told.reason.contains(reason) && told.path == "id", "{record}: {told}");
            }
            (found, _) => panic!("{record}: {found:?}"),
        }
    }
}

#[test]
fn the_time_of_the_last_change_is_read_in_each_format() {
    for (options, value, expected) in [
        ("", "\"2026-11-21T22:18:00\"", Some("2026-11-21T22:18:00Z")),
        (", zone = \"Asia/Riyadh\"", "\"2026-11-22T01:18:00\"", Some("2026-11-21T22:18:00Z")),
        (", zone = \"Asia/Riyadh\"", "\"2026-11-21T22:18:00Z\"", Some("2026-11-21T22:18:00Z")),
        (", format = \"epoch_seconds\"", "1795386000", Some("2026-11-22T22:20:00Z")),
        (", format = \"epoch_milliseconds\"", "1795386000123", Some("2026-11-22T22:20:00.123Z")),
        ("", "null", None),
    ] {
        let plans = plans(&format!(
            "[entities.thing]\nexternal = {{ id = \"id\", updated = {{ path = \"at\"{options} }} }}\n\
             odoo = {{ model = \"m\" }}\nimport = {{ list = \"list\", get = \"get\" }}\n[entities.thing.map]\nname = {{ value = \"x\" }}\n"
        ));
        let record = json(&format!("{{\"id\": 1, \"at\": {value}}}"));
        let mapped = map(&plans, &record).expect("it maps");
        assert_eq!(mapped.updated.map(|at| at.to_string()).as_deref(), expected, "{options} {value}");
        let wrong = json(r#"{"id": 1, "at": true}"#);
        let unmapped = map(&plans, &wrong).expect_err("true is no time");
        assert_eq!((unmapped.external_id.as_deref(), unmapped.problems[0].path.as_str()), (Some("1"), "at"));
    }
}

#[test]
fn match_values_are_compared_as_text_and_blank_ones_not_at_all() {
    let plans = plans(
        r#"
        [entities.thing]
        external = { id = "id" }
        odoo = { model = "res.partner" }
        match = [{ external = "sku", odoo = "ref" }, { external = "email", as = "lower", odoo = "email_normalized" }]
        import = { list = "list", get = "get" }
        [entities.thing.map]
        name = { value = "x" }
        "#,
    );
    for (record, expected) in [
        (r#"{"sku": " 00123 ", "email": "A@B.C"}"#, [Some("00123"), Some("a@b.c")]),
        (r#"{"sku": 123, "email": ""}"#, [Some("123"), None]),
        (r#"{"sku": null}"#, [None, None]),
        (r#"{"sku": [1], "email": " "}"#, [None, None]),
    ] {
        let json = json(record);
        let found = plans.match_values(0, &json);
        let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, expected, "{record}");
    }
}

#[test]
fn constants_and_relations_live_beside_each_other() {
    let plans = thing("a = { value = true }\nb = { from = \"b\", relation = \"thing\" }");
    let record = json(r#"{"id": 1, "b": 2}"#);
    let mapped = map(&plans, &record).expect("it maps");
    let values: Vec<String> = mapped.values.iter().map(|(_, value)| shown(value)).collect();
    assert_eq!(values, ["true", "relation 0 \"2\""]);
}
