//! What the mapper and the definition checker use.

use pyexpr::{Decimal, DecimalError, Expression, Json, Path};

fn paths(text: &str) -> Vec<String> {
    let expression = Expression::compile(text, &["record", "odoo"]).unwrap();
    expression.paths().iter().map(Path::to_string).collect()
}

#[test]
fn paths_are_as_long_as_they_are_constant() {
    let cases: &[(&str, &[&str])] = &[
        ("record['billing']['country']", &["record['billing']['country']"]),
        ("record['lines'][0]['sku'].strip()", &["record['lines'][0]['sku']"]),
        ("record['a'][record['b']]", &["record['a']", "record['b']"]),
        ("record.get('a', {}).get('b')", &["record.get('a').get('b')"]),
        ("record['a'] + record['a']", &["record['a']"]),
        (
            "sum(decimal(x['total']) for x in record['lines'])",
            &["record['lines']", "record['lines'][*]['total']"],
        ),
        (
            "[y['k'] for x in record['rows'] for y in x['cells']]",
            &["record['rows']", "record['rows'][*]['cells']", "record['rows'][*]['cells'][*]['k']"],
        ),
        ("record.get('a', record['b'])['c']", &["record.get('a')['c']", "record['b']"]),
        ("record['name'][:3]", &["record['name']"]),
        ("record", &[]),
        ("{'a': 1}['a']", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(paths(text), *expected, "{text}");
    }
}

#[test]
fn a_guard_tells_which_fields_it_needs() {
    let guard =
        "odoo['state'] in ('sale', 'done') and not odoo.get('locked') and record['x'] and odoo['state']";
    let expression = Expression::compile(guard, &["record", "odoo"]).unwrap();
    assert_eq!(expression.field_names_of("odoo"), ["state", "locked"]);
    assert_eq!(expression.field_names_of("record"), ["x"]);
    assert_eq!(expression.text(), guard);
}

#[test]
fn an_error_says_what_failed_and_shows_the_value() {
    let record = Json::parse(
        br#"{"weight": null, "name": "a very long name that goes on and on and on and on and on and on"}"#,
    )
    .unwrap();
    let error = |text: &str| {
        let expression = Expression::compile(text, &["record"]).unwrap();
        expression.evaluate(&[&record]).unwrap_err().to_string()
    };
    assert_eq!(
        error("1 + decimal(record['weight'])"),
        "TypeError: decimal() takes text or a number, not NoneType, in `decimal(record['weight'])` (value: None)"
    );
    assert_eq!(error("record['hight']"), "KeyError: there is no 'hight', in `record['hight']`");
    assert_eq!(
        error("int(record['name'])"),
        "ValueError: invalid literal for int() with base 10, in `int(record['name'])` \
         (value: 'a very long name that goes on and on and on and on and on a…)"
    );
}

#[test]
fn values_become_json_as_odoo_takes_it() {
    let json = |text: &str| {
        let expression = Expression::compile(text, &[]).unwrap();
        expression.evaluate(&[]).unwrap().into_json().to_string()
    };
    assert_eq!(json("decimal('149.90')"), "149.9");
    assert_eq!(json("date('2024-05-31T23:00:00Z')"), "\"2024-05-31\"");
    assert_eq!(json("datetime('2024-05-31T23:00:00.5-02:00')"), "\"2024-06-01 01:00:00\"");
    assert_eq!(json("[(1, None), {'a': True, 2: 'b'}]"), "[[1,null],{\"a\":true,\"2\":\"b\"}]");
}

#[test]
fn decimals_keep_their_scale_and_refuse_what_is_no_number() {
    for text in ["0", "149.00", "-0.5", "1E+3", "0E-8", "1234567890123456789012345678901234", "-1.50E-10"] {
        assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
    }
    for text in ["", ".", "-", "1,5", "abc", "NaN", "inf", "1e", "--1", "1 2", "0x1"] {
        assert_eq!(Decimal::parse(text).unwrap_err(), DecimalError::Syntax, "{text}");
    }
    for text in ["12345678901234567890123456789012345", "1e9999", "1e-9999", "1e99999999999999999999"] {
        assert_eq!(Decimal::parse(text).unwrap_err(), DecimalError::Range, "{text}");
    }
    assert_eq!(Decimal::from_json_number(0.1).unwrap().to_string(), "0.1");
    assert_eq!(Decimal::from_json_number(f64::NAN).unwrap_err(), DecimalError::Range);
    assert_eq!(Decimal::parse("-2.5").unwrap().quantize_half_up(0).unwrap().to_string(), "-3");
}
