//! The way back: what Odoo shows, as the external system writes it.

use linkspan::mapping::{OdooValue, Reference};
use serde_json::{Value, json};

use super::fixture::thing;

/// What a field with these keys sends for what Odoo shows in a field of this type.
fn back(keys: &str, field_type: &str, shown: &Value, decimals: Option<u32>) -> String {
    match OdooValue::from_read(field_type, shown) {
        Ok(value) => value_back(keys, &value, decimals),
        Err(reason) => format!("problem: {reason}"),
    }
}

fn value_back(keys: &str, value: &OdooValue<'_>, decimals: Option<u32>) -> String {
    let plans = thing(&format!("value = {{ from = \"path.to\"{keys} }}"));
    let field = &plans.entities[0].fields[0];
    assert_eq!(field.path(), Some("path.to"));
    match field.back(value, decimals) {
        Ok(json) => json.to_string(),
        Err(problem) => {
            assert_eq!((problem.field.as_str(), problem.path.as_str()), ("value", "path.to"));
            format!("problem: {}", problem.reason)
        }
    }
}

#[test]
fn each_converter_goes_back() {
    let rows: &[(&str, &str, Value, Option<u32>, &str)] = &[
        ("", "char", json!("00123"), None, "\"00123\""),
        ("", "char", json!(false), None, "\"\""),
        ("", "boolean", json!(false), None, "false"),
        ("", "integer", json!(7), None, "7"),
        ("", "float", json!(12.5), Some(2), "\"12.50\""),
        (", as = \"text\"", "char", json!(" a "), None, "\" a \""),
        (", as = \"lower\"", "char", json!("a@b.c"), None, "\"a@b.c\""),
        (", as = \"trim\"", "char", json!(false), None, "\"\""),
        (", as = \"decimal\"", "monetary", json!(149), Some(2), "\"149.00\""),
        (", as = \"decimal\"", "float", json!(0.1), None, "\"0.1\""),
        (", as = \"decimal\"", "float", json!(1e-7), None, "\"0.0000001\""),
        (", as = \"decimal\"", "float", json!(2.675), Some(2), "\"2.68\""),
        (", as = \"decimal\"", "float", json!(0.0), Some(0), "\"0\""),
        (", as = \"decimal\"", "float", json!(false), None, "null"),
        (", as = \"integer\"", "float", json!(12.0), None, "12"),
        (", as = \"integer\"", "float", json!(12.5), None, "problem: 12.5 is not a whole number"),
        (", as = \"boolean\"", "boolean", json!(true), None, "true"),
        (", as = \"date\"", "date", json!("2026-11-21"), None, "\"2026-11-21\""),
        (", as = \"date\"", "date", json!(false), None, "null"),
        (", as = \"datetime\"", "datetime", json!("2026-11-21 22:18:00"), None, "\"2026-11-21T22:18:00\""),
        (
            ", as = \"datetime\", zone = \"Asia/Riyadh\"",
            "datetime",
            json!("2026-11-21 22:18:00"),
            None,
            "\"2026-11-22T01:18:00\"",
        ),
        (
            ", as = \"datetime\", zone = \"Europe/Berlin\"",
            "datetime",
            json!("2026-10-25 00:30:00"),
            None,
            "\"2026-10-25T02:30:00\"",
        ),
        (
            ", as = \"datetime\", zone = \"Europe/Berlin\"",
            "datetime",
            json!("2026-10-25 01:30:00"),
            None,
            "\"2026-10-25T02:30:00+01:00\"",
        ),
        (", as = \"html_to_text\"", "text", json!("a & b < c\nd"), None, "\"a &amp; b &lt; c<br>d\""),
        (", as = \"currency\"", "many2one", json!(false), None, "null"),
        (
            ", as = \"currency\"",
            "many2one",
            json!([3, "SAR"]),
            None,
            "problem: Odoo shows [3,\"SAR\"] in a field of type many2one, which has no way back",
        ),
        (
            ", as = \"currency\"",
            "char",
            json!("SAR"),
            None,
            "problem: Odoo shows an id here; look up its code first",
        ),
        (
            ", as = \"date\"",
            "date",
            json!("soon"),
            None,
            "problem: \"soon\" is no date or time such as 2026-11-21T22:18:00",
        ),
        (
            ", as = \"decimal\"",
            "char",
            json!("many"),
            None,
            "problem: \"many\" is not a decimal number such as 12.50",
        ),
        (
            "",
            "float",
            json!("text"),
            None,
            "problem: Odoo shows \"text\" in a field of type float, which has no way back",
        ),
    ];
    for (keys, field_type, shown, decimals, expected) in rows {
        assert_eq!(back(keys, field_type, shown, *decimals), *expected, "{keys} {field_type} {shown}");
    }
}

#[test]
fn codes_and_ids_that_the_caller_looked_up_go_back() {
    let state = OdooValue::Reference(Reference::State("SA".into(), "01".into()));
    assert_eq!(value_back(", as = \"state\", country = \"country\"", &state, None), "\"01\"");
    for (reference, expected) in [
        (Reference::Currency("SAR".into()), "\"SAR\""),
        (Reference::Country("SA".into()), "\"SA\""),
        (Reference::Unit("kg".into()), "\"kg\""),
    ] {
        assert_eq!(value_back(", as = \"currency\"", &OdooValue::Reference(reference), None), expected);
    }
    for (id, expected) in
        [("12", "12"), ("-5", "-5"), ("00123", "\"00123\""), ("+1", "\"+1\""), ("a", "\"a\"")]
    {
        let relation = OdooValue::Relation { entity: 0, external_id: id.into() };
        assert_eq!(value_back(", relation = \"thing\"", &relation, None), expected);
    }
    assert_eq!(value_back(", relation = \"thing\"", &OdooValue::Empty, None), "null");
}

#[test]
fn several_related_records_go_back_into_their_list() {
    let relations = |ids: &[&str]| OdooValue::Relations {
        entity: 0,
        external_ids: ids.iter().map(|id| (*id).to_owned().into()).collect(),
    };
    let back = |path: &str, value: &OdooValue<'_>| {
        let plans = thing(&format!("value = {{ from = \"{path}\", relation = \"thing\" }}"));
        let field = &plans.entities[0].fields[0];
        let to = field.path().map(str::to_owned);
        (
            to,
            field
                .back(value, None)
                .map(|json| json.to_string().replace(' ', ""))
                .map_err(|problem| problem.reason),
        )
    };
    let tags = || Some("tags".to_owned());
    let two = relations(&["1", "a"]);
    assert_eq!(back("tags[].id", &two), (tags(), Ok(r#"[{"id":1},{"id":"a"}]"#.to_owned())));
    assert_eq!(back("tags[]", &two), (tags(), Ok(r#"[1,"a"]"#.to_owned())));
    assert_eq!(back("tags[].a.b", &two).1, Ok(r#"[{"a":{"b":1}},{"a":{"b":"a"}}]"#.to_owned()));
    for nothing in [relations(&[]), OdooValue::Empty] {
        assert_eq!(back("tags[].id", &nothing), (tags(), Ok("[]".to_owned())));
    }
    let (to, problem) = back("groups[].tags[].id", &two);
    assert_eq!(to, None);
    assert_eq!(problem, Err("ids go back into one list only, whose items are told by names".to_owned()));
    assert!(back("tags[]", &OdooValue::Int(1)).1.is_err());
}

#[test]
fn a_value_table_goes_back_where_it_is_unambiguous() {
    let keys =
        ", values = { publish = true, private = true, draft = false, none = \"\", two = 2, half = 0.5 }";
    for (field_type, shown, expected) in [
        ("boolean", json!(false), "\"draft\""),
        ("boolean", json!(true), "problem: \"True\" stands for several external values (private, publish)"),
        ("char", json!(false), "\"none\""),
        ("float", json!(2.0), "\"two\""),
        ("float", json!(0.5), "\"half\""),
        (
            "char",
            json!("x"),
            "problem: no external value in the table stands for \"x\"; add one to the definition",
        ),
    ] {
        assert_eq!(back(keys, field_type, &shown, None), expected, "{shown}");
    }
}

#[test]
fn only_what_stands_at_a_path_goes_back() {
    let plans = thing("a = { expr = \"record['a']\" }\nb = { value = 1 }");
    for field in &plans.entities[0].fields {
        let problem = field.back(&OdooValue::Int(1), None).expect_err("it has no path");
        assert_eq!((problem.field.as_str(), field.path()), (field.name.as_str(), None));
        assert_eq!(problem.reason, "only a field with `from` can go back");
    }
}
