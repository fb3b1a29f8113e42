//! Each converter towards Odoo: what it takes, and every reason for which it refuses.

use super::fixture::{assert_rows, outcome};

/// Rows of JSON value and outcome, for a field that stands at `value`.
fn assert_converts(options: &str, rows: &[(&str, &str)]) {
    let field = format!("{{ from = \"value\", {options} }}");
    let rows =
        rows.iter().map(|(value, expected)| (field.as_str(), format!("{{\"value\": {value}}}"), *expected));
    assert_rows(rows);
}

#[test]
fn without_a_converter_a_value_stays_what_it_is() {
    assert_converts(
        "optional = true",
        &[
            ("\"00123\"", "text \"00123\""),
            ("\" a \"", "text \" a \""),
            ("7", "integer 7"),
            ("-9223372036854775808", "integer -9223372036854775808"),
            ("1.5", "decimal 1.5"),
            ("true", "true"),
            ("[1]", "problem: a list cannot become one Odoo value; name a part of it"),
            ("{\"a\": 1}", "problem: an object cannot become one Odoo value; name a part of it"),
        ],
    );
}

#[test]
fn text_and_its_forms() {
    assert_converts(
        "as = \"text\"",
        &[
            ("\"00123\"", "text \"00123\""),
            ("123", "text \"123\""),
            ("1.50", "text \"1.5\""),
            ("1e-7", "text \"0.0000001\""),
            ("\"قلم\"", "text \"قلم\""),
            ("true", "problem: true/false is not text"),
            ("[]", "problem: a list cannot become"),
        ],
    );
    assert_converts(
        "as = \"trim\"",
        &[("\" \\t a b\\u00a0\\n\"", "text \"a b\""), ("\"\\u3000\"", "empty"), ("5", "text \"5\"")],
    );
    assert_converts(
        "as = \"lower\"",
        &[("\" ÄB@X.Example \"", "text \"äb@x.example\""), ("\"İ\"", "text \"i\\u{307}\"")],
    );
    assert_converts(
        "as = \"upper\"",
        &[("\" straße \"", "text \"STRASSE\""), ("false", "problem: true/false is not text")],
    );
}

#[test]
fn decimals_are_exact() {
    assert_converts(
        "as = \"decimal\"",
        &[
            ("\"12.50\"", "decimal 12.50"),
            ("\" -7 \"", "decimal -7"),
            ("\"+.5\"", "decimal 0.5"),
            ("\"1e-7\"", "decimal 0.0000001"),
            ("1e-7", "decimal 0.0000001"),
            ("\"1E3\"", "decimal 1000"),
            ("0.1", "decimal 0.1"),
            ("89.99000000000001", "decimal 89.99000000000001"),
            ("0.30000000000000004", "decimal 0.30000000000000004"),
            ("9223372036854775807", "decimal 9223372036854775807"),
            ("\"1234567890123456.78\"", "decimal 1234567890123456.78"),
            ("\"12345678901234567890123456789012.34\"", "decimal 12345678901234567890123456789012.34"),
            ("9999999999999.99", "decimal 9999999999999.99"),
        ],
    );
    assert_converts(
        "as = \"decimal\"",
        &[
            ("\"1,5\"", "problem: \"1,5\" is not a decimal number such as 12.50"),
            ("\"1 000\"", "problem: \"1 000\" is not a decimal number"),
            ("\"1_000\"", "problem: \"1_000\" is not a decimal number"),
            ("\"NaN\"", "problem: \"NaN\" is not a decimal number"),
            ("\"Infinity\"", "problem: \"Infinity\" is not a decimal number"),
            ("\"1e\"", "problem: \"1e\" is not a decimal number"),
            ("\"--1\"", "problem: \"--1\" is not a decimal number"),
            ("\"٣\"", "problem: \"٣\" is not a decimal number"),
            ("\"€ 5\"", "problem: \"€ 5\" is not a decimal number"),
            ("\"123456789012345678901234567890123.456\"", "problem: is not a decimal number"),
            ("\"1e9999\"", "problem: is not a decimal number"),
            ("true", "problem: true/false is not a decimal number"),
            // A JSON number of this size has lost its cents before anybody could read them.
            ("12345678901234.56", "problem: too large to be exact as a JSON number"),
            ("18446744073709551615", "problem: too large to be exact as a JSON number"),
            ("-1e300", "problem: too large to be exact as a JSON number"),
        ],
    );
}

#[test]
fn integers() {
    assert_converts(
        "as = \"integer\"",
        &[
            ("12", "integer 12"),
            ("\" 0012 \"", "integer 12"),
            ("12.0", "integer 12"),
            ("-0.0", "integer 0"),
            ("\"9223372036854775807\"", "integer 9223372036854775807"),
            ("12.5", "problem: 12.5 is not a whole number"),
            ("\"12.0\"", "problem: \"12.0\" is not a whole number"),
            ("\"1e3\"", "problem: \"1e3\" is not a whole number"),
            ("\"9223372036854775808\"", "problem: \"9223372036854775808\" is not a whole number"),
            ("1e30", "problem: too large"),
            ("\"twelve\"", "problem: \"twelve\" is not a whole number"),
            ("true", "problem: true/false is not a whole number"),
        ],
    );
}

#[test]
fn booleans() {
    assert_converts(
        "as = \"boolean\"",
        &[
            ("true", "true"),
            ("false", "false"),
            ("1", "true"),
            ("0", "false"),
            ("\" YES \"", "true"),
            ("\"on\"", "true"),
            ("\"1\"", "true"),
            ("\"True\"", "true"),
            ("\"No\"", "false"),
            ("\"off\"", "false"),
            ("\"0\"", "false"),
            ("\"false\"", "false"),
            ("2", "problem: a number is neither true nor false"),
            ("1.0", "problem: a number is neither true nor false"),
            ("\"maybe\"", "problem: \"maybe\" is neither true nor false"),
        ],
    );
}

#[test]
fn dates() {
    assert_converts(
        "as = \"date\"",
        &[
            ("\"2026-11-21\"", "date 2026-11-21"),
            ("\"2026-11-21T23:30:00\"", "date 2026-11-21"),
            ("\"2026-11-21 23:30:00+03:00\"", "date 2026-11-21"),
            ("\"0001-01-01\"", "date 0001-01-01"),
            ("\"2026-02-30\"", "problem: \"2026-02-30\" is no date or time such as 2026-11-21T22:18:00"),
            ("\"21.11.2026\"", "problem: \"21.11.2026\" is no date or time"),
            ("\"0000-00-00\"", "problem: \"0000-00-00\" is no date or time"),
            ("\"0000-01-01\"", "problem: before year 1"),
            ("20261121", "problem: a number is not a date"),
            ("true", "problem: true/false is not a date"),
        ],
    );
    assert_converts(
        "as = \"date\", zone = \"Asia/Riyadh\"",
        &[
            // With an offset it is a moment, whose day depends on the place; without one it is that place's day.
            ("\"2026-11-21T23:30:00Z\"", "date 2026-11-22"),
            ("\"2026-11-21T23:30:00\"", "date 2026-11-21"),
        ],
    );
}

#[test]
fn times() {
    assert_converts(
        "as = \"datetime\"",
        &[
            ("\"2026-11-21T22:18:00\"", "time 2026-11-21 22:18:00"),
            ("\"2026-11-21 22:18:00\"", "time 2026-11-21 22:18:00"),
            ("\"2026-11-21T22:18:00.999Z\"", "time 2026-11-21 22:18:00"),
            ("\"2026-11-22T01:18:00+03:00\"", "time 2026-11-21 22:18:00"),
            ("\"2026-11-21\"", "time 2026-11-21 00:00:00"),
            ("\"0000-12-31T23:59:59\"", "problem: before year 1; Odoo cannot store it"),
            ("\"9999-12-31T23:59:59\"", "time 9999-12-31 23:59:59"),
            ("\"9999-12-31T23:59:59-05:00\"", "problem: \"9999-12-31T23:59:59-05:00\" is out of range"),
            ("\"10000-01-01T00:00:00\"", "problem: is no date or time"),
            ("\"2026-11-21T25:00:00\"", "problem: is no date or time"),
            // The same cases as in the modules' tests/test_convert.py.
            ("\"20251101T070000Z\"", "time 2025-11-01 07:00:00"),
            ("\"20251101T0700Z\"", "time 2025-11-01 07:00:00"),
            ("\"20251101\"", "time 2025-11-01 00:00:00"),
            ("\"2025-11-01T07Z\"", "time 2025-11-01 07:00:00"),
            ("\"2025-11-01t07:00:00z\"", "time 2025-11-01 07:00:00"),
            ("\"2025-11-01T07:00:60Z\"", "time 2025-11-01 07:00:59"),
            ("\"2025-11-01T07:00:00,25Z\"", "time 2025-11-01 07:00:00"),
            ("\"2025-11-01T10:00:00+03\"", "time 2025-11-01 07:00:00"),
            ("\"2025-11-01T10:00:00+0300\"", "time 2025-11-01 07:00:00"),
            ("\"2025-11-01T08:00:00+01:00[Europe/Paris]\"", "time 2025-11-01 07:00:00"),
            ("\"2025-1101\"", "problem: is no date or time"),
            ("\"2025-11-01T07:0000Z\"", "problem: is no date or time"),
            ("\"2025-11-01T24:00:00Z\"", "problem: is no date or time"),
            ("20251101", "problem: 20251101 is no number of seconds or milliseconds since 1970"),
            ("\"yesterday\"", "problem: \"yesterday\" is no date or time"),
            ("1795386000", "time 2026-11-22 22:20:00"),
            ("1795386000123", "time 2026-11-22 22:20:00"),
            ("0", "problem: 0 is no number of seconds"),
            ("1795386000.5", "problem: a number is not a time"),
            ("9223372036854775807", "problem: 9223372036854775807 is out of range"),
            ("\"/Date(1795386000123+0000)/\"", "time 2026-11-22 22:20:00"),
            ("\"/Date(-1000-0500)/\"", "time 1969-12-31 23:59:59"),
            ("\"/Date(soon)/\"", "problem: is no date or time"),
        ],
    );
    assert_converts(
        "as = \"datetime\", zone = \"Asia/Riyadh\"",
        &[
            ("\"2026-11-22T01:18:00\"", "time 2026-11-21 22:18:00"),
            ("\"2026-11-21T22:18:00Z\"", "time 2026-11-21 22:18:00"),
        ],
    );
    assert_converts(
        "as = \"datetime\", zone = \"Europe/Berlin\"",
        &[
            ("\"2026-07-01T12:00:00\"", "time 2026-07-01 10:00:00"),
            ("\"2026-12-01T12:00:00\"", "time 2026-12-01 11:00:00"),
            // The hour that summer time leaves out, and the one that winter time has twice: the first of both.
            ("\"2026-03-29T02:30:00\"", "time 2026-03-29 01:30:00"),
            ("\"2026-10-25T02:30:00\"", "time 2026-10-25 00:30:00"),
        ],
    );
}

#[test]
fn html_becomes_text() {
    assert_converts(
        "as = \"html_to_text\"",
        &[
            (
                "\"Tea <b>\\\"Royal\\\"</b> &amp; mug &#8211; 250 g\"",
                "text \"Tea \\\"Royal\\\" & mug – 250 g\"",
            ),
            ("\"<p>a</p><script>x()</script><p>b</p>\"", "text \"a\\nb\""),
            ("\"1 < 2\"", "text \"1 < 2\""),
            ("\"<p> </p>\"", "empty"),
            ("7", "text \"7\""),
            ("true", "problem: true/false is not text"),
        ],
    );
}

#[test]
fn codes_of_what_every_odoo_has() {
    assert_converts(
        "as = \"currency\"",
        &[
            ("\"SAR\"", "currency SAR"),
            ("\" sar \"", "currency SAR"),
            ("\"SA\"", "problem: \"SA\" is no currency code of 3 letters"),
            ("\"S4R\"", "problem: \"S4R\" is no currency code of 3 letters"),
            ("\"€€\"", "problem: is no currency code"),
            ("682", "problem: \"682\" is no currency code"),
        ],
    );
    assert_converts(
        "as = \"country\"",
        &[
            ("\"sa\"", "country SA"),
            ("\"SAU\"", "problem: \"SAU\" is no country code of 2 letters"),
            ("\"Saudi Arabia\"", "problem: is no country code of 2 letters"),
        ],
    );
    assert_converts(
        "as = \"unit\"",
        &[("\" kg \"", "unit kg"), ("false", "problem: true/false is not text")],
    );
}

#[test]
fn a_state_is_one_of_its_country() {
    let field = "{ from = \"state\", as = \"state\", country = \"country\", optional = true }";
    for (record, expected) in [
        (r#"{"state": "01", "country": "SA"}"#, "state 01 of country SA"),
        (r#"{"state": " SA-01 ", "country": "sa"}"#, "state 01 of country SA"),
        (r#"{"state": "US-01", "country": "SA"}"#, "state US-01 of country SA"),
        (r#"{"state": "", "country": "SA"}"#, "empty"),
        (r#"{"state": "01", "country": ""}"#, "empty"),
        (r#"{"state": "01", "country": null}"#, "empty"),
        (r#"{"state": "01"}"#, "empty"),
        (r#"{"state": "01", "country": "KSA"}"#, "problem: \"KSA\" is no country code of 2 letters"),
        (
            r#"{"state": "01", "country": []}"#,
            "problem: a list cannot become one Odoo value; name a part of it",
        ),
        (r#"{"state": true, "country": "SA"}"#, "problem: true/false is not text"),
    ] {
        assert_eq!(outcome(field, record), expected, "{record}");
    }
}

#[test]
fn a_value_table_knows_what_it_lists() {
    let field = "{ from = \"value\", values = { publish = true, draft = false, \"1\" = 5, true = \"yes\", \"\" = \"none\" } }";
    for (value, expected) in [
        ("\"publish\"", "true"),
        ("\"draft\"", "false"),
        ("1", "integer 5"),
        ("\"1\"", "integer 5"),
        ("true", "text \"yes\""),
        ("\"\"", "text \"none\""),
        ("null", "empty"),
        (
            "\"Publish\"",
            "problem: \"Publish\" is not in the value table (, 1, draft, publish, true); add it to the definition",
        ),
        ("1.0", "problem: \"1.0\" is not in the value table"),
    ] {
        let record = format!("{{\"value\": {value}}}");
        let found = outcome(field, &record);
        let right =
            if expected.starts_with("problem") { found.starts_with(expected) } else { found == expected };
        assert!(right, "{value}: {found}");
    }
}

#[test]
fn an_expressions_value_is_converted_too() {
    for (field, record, expected) in [
        (
            "{ expr = \"record['a'] + record['b']\", as = \"upper\" }",
            r#"{"a": "x", "b": "y"}"#,
            "text \"XY\"",
        ),
        ("{ expr = \"decimal(record['a']) * settings['rate']\" }", r#"{"a": "1.50"}"#, "decimal 3.00"),
        ("{ expr = \"0.1 + 0.2\", as = \"decimal\" }", "{}", "decimal 0.30000000000000004"),
        ("{ expr = \"decimal('0.1') + decimal('0.2')\" }", "{}", "decimal 0.3"),
        ("{ expr = \"company['currency']\", as = \"currency\" }", "{}", "currency SAR"),
        ("{ expr = \"date('2026-11-21')\", as = \"date\" }", "{}", "date 2026-11-21"),
        ("{ expr = \"None\" }", "{}", "empty"),
        ("{ expr = \"[1]\" }", "{}", "problem: a list cannot become one Odoo value; name a part of it"),
        ("{ expr = \"record['nothing']\" }", "{}", "problem: nothing"),
        ("{ expr = \"1 / record['a']\" }", r#"{"a": 0}"#, "problem: division by zero"),
    ] {
        let found = outcome(field, record);
        let right = match expected.strip_prefix("problem: ") {
            Some(reason) => found.starts_with("problem: ") && found.contains(reason),
            None => found == expected,
        };
        assert!(right, "{field}: {found}");
    }
}
