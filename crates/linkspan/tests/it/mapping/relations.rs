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

/// What a field makes of records: the same rows are in the modules' tests/test_convert.py.
const SEVERAL: &[(&str, &str)] = &[
    (r#"{"tags": [{"id": 2}, {"id": 10}]}"#, "relations 0 [\"10\", \"2\"]"),
    // Their order means nothing, and each counts once, as a number and as text.
    (r#"{"tags": [{"id": 10}, {"id": "2"}, {"id": 2}]}"#, "relations 0 [\"10\", \"2\"]"),
    (r#"{"tags": [{"id": " a "}, {"id": "007"}]}"#, "relations 0 [\" a \", \"007\"]"),
    (r#"{"tags": []}"#, "empty"),
    (r#"{"tags": null}"#, "empty"),
    (r#"{"tags": ""}"#, "empty"),
    ("{}", "left alone"),
    (r#"{"tags": {"id": 1}}"#, "problem: a list is expected here"),
    (r#"{"tags": 5}"#, "problem: a list is expected here"),
    (r#"{"tags": "1, 2"}"#, "problem: a list is expected here"),
    (r#"{"tags": [{"id": 1}, {}]}"#, "problem: the item at position 1 has no such value"),
    (r#"{"tags": [1]}"#, "problem: the item at position 0 has no such value"),
    (
        r#"{"tags": [{"id": 1}, {"id": null}]}"#,
        "problem: the item at position 1 is no id of a related record: text or a whole number is expected",
    ),
    (
        r#"{"tags": [{"id": " "}]}"#,
        "problem: the item at position 0 is no id of a related record: text or a whole number is expected",
    ),
    (
        r#"{"tags": [{"id": true}]}"#,
        "problem: the item at position 0 is no id of a related record: text or a whole number is expected",
    ),
    (
        r#"{"tags": [{"id": 1.5}]}"#,
        "problem: the item at position 0 is no id of a related record: text or a whole number is expected",
    ),
    (
        r#"{"tags": [{"id": [1]}]}"#,
        "problem: the item at position 0 is no id of a related record: text or a whole number is expected",
    ),
];

#[test]
fn a_path_through_a_list_is_a_relation_to_each() {
    let field = "{ from = \"tags[].id\", relation = \"thing\", optional = true }";
    for (record, expected) in SEVERAL {
        assert_eq!(outcome(field, record), *expected, "{record}");
    }
    let plain = "{ from = \"ids[]\", relation = \"thing\" }";
    assert_eq!(outcome(plain, r#"{"ids": ["b", "a"]}"#), "relations 0 [\"a\", \"b\"]");
    assert!(outcome(plain, "{}").contains("the record has no such value"));
    let deep = "{ from = \"a[].b[].c\", relation = \"thing\" }";
    let record = r#"{"a": [{"b": [{"c": 3}]}, {"b": null}, {"b": [{"c": 1}, {"c": 3}]}]}"#;
    assert_eq!(outcome(deep, record), "relations 0 [\"1\", \"3\"]");
    for (keys, expected) in [
        (", required = true", "problem: the value is empty but required"),
        (", empty = \"skip\"", "left alone"),
        (", empty = \"error\"", "problem: the value is empty but required"),
    ] {
        let field = format!("{{ from = \"ids[]\", relation = \"thing\"{keys} }}");
        assert_eq!(outcome(&field, r#"{"ids": []}"#), expected, "{keys}");
    }
}

#[test]
fn an_expression_gives_several_related_records_where_it_says_so() {
    let field = "{ expr = \"[t for t in record['tags'].split(',') if t] if record['tags'] else None\", relation = \"thing\", many = true }";
    for (tags, expected) in [
        (r#""b,a,b""#, "relations 0 [\"a\", \"b\"]"),
        (r#""""#, "empty"),
        (r#"",""#, "empty"),
        ("null", "empty"),
    ] {
        assert_eq!(outcome(field, &format!(r#"{{"tags": {tags}}}"#)), expected, "{tags}");
    }
    let any = "{ expr = \"record['value']\", relation = \"thing\", many = true }";
    for (value, expected) in [
        ("[2, 1]", "relations 0 [\"1\", \"2\"]"),
        ("7", "problem: a list is expected here"),
        (r#""7""#, "problem: a list is expected here"),
        (r#"{"a": 1}"#, "problem: a list is expected here"),
        ("[[1]]", "problem: the item at position 0 is no id of a related record"),
    ] {
        let found = outcome(any, &format!(r#"{{"value": {value}}}"#));
        assert!(found.starts_with(expected), "{value}: {found}");
    }
    // Without `many` a list is none, as before.
    let one = "{ expr = \"record['value']\", relation = \"thing\" }";
    let expected = "problem: a list cannot become one Odoo value; name a part of it";
    assert_eq!(outcome(one, r#"{"value": [1]}"#), expected);
}

#[test]
fn a_bad_item_is_told_with_its_path_and_what_stands_there() {
    let plans = thing("tag_ids = { from = \"tags[].id\", relation = \"thing\" }");
    let record = json(r#"{"id": 1, "tags": [{"id": 1}, {"id": {"a": 1}}, {"id": null}]}"#);
    let unmapped = map(&plans, &record).expect_err("two bad items");
    let told: Vec<String> = unmapped.problems.iter().map(ToString::to_string).collect();
    let reason = |position: usize, shown: &str| {
        format!(
            "tag_ids: the item at position {position} is no id of a related record: text or a whole number is expected (at tags[].id: {shown})"
        )
    };
    assert_eq!(told, [reason(1, r#"{"a":1}"#), reason(2, "null")]);
}

#[test]
fn several_related_records_may_be_chosen_and_stand_in_lines() {
    let field = "{ choose = [{ when = { expr = \"record['a']\" }, then = { from = \"a[]\", relation = \"thing\" } }, { then = { from = \"b\", relation = \"thing\" } }] }";
    assert_eq!(outcome(field, r#"{"a": [1, 2]}"#), "relations 0 [\"1\", \"2\"]");
    assert_eq!(outcome(field, r#"{"a": [], "b": 3}"#), "relation 0 \"3\"");
    let plans = thing(
        "order_line = { lines = \"lines\", key = \"id\", map = { tax_id = { from = \"taxes[].id\", relation = \"thing\" } } }",
    );
    let record = json(r#"{"id": 1, "lines": [{"id": 5, "taxes": [{"id": 2}, {"id": 1}]}]}"#);
    let mapped = map(&plans, &record).expect("it maps");
    let values: Vec<String> = mapped.lines[0].1[0].values.iter().map(|(_, value)| shown(value)).collect();
    assert_eq!(values, ["relations 0 [\"1\", \"2\"]"]);
    let lines = plans.entities[0].fields[0].lines.as_ref().expect("lines");
    assert!(lines.columns[0].many && lines.columns[0].relational && !plans.entities[0].fields[0].many);
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
