//! Evaluation ends and never panics, whatever the text and the record.

use proptest::prelude::*;
use pyexpr::{ErrorKind, Expression, Json, Object, Value, html_to_text};

/// The error of an expression that needs no record.
fn failure(text: &str) -> (ErrorKind, String) {
    let record = Json::parse(br#"{"text": "abcdefghij"}"#).unwrap();
    let expression = Expression::compile(text, &["record"]).unwrap();
    let error = expression.evaluate(&[&record]).expect_err(text);
    (error.kind, error.message)
}

#[test]
fn what_would_be_too_large_is_refused_before_it_is_built() {
    let cases = [
        ("'x' * 10000000000", "the text would be longer than 1048576 bytes"),
        ("[0] * 10000000000", "the list would have more than 100000 items"),
        ("list(range(10000000))", "range() gives at most 100000 numbers here"),
        ("record['text'].zfill(9223372036854775807)", "the text would be longer than 1048576 bytes"),
        ("('x' * 1000000).replace('', 'y' * 1000)", "the text would be longer than 1048576 bytes"),
        ("('x' * 1000).join(['y'] * 100000)", "the text would be longer than 1048576 bytes"),
        ("9223372036854775807 + 1", "the whole number does not fit 64 bits"),
        ("-9223372036854775807 - 2", "the whole number does not fit 64 bits"),
        ("9 ** 99999999999", "the whole number does not fit 64 bits"),
        ("round(decimal('1'), -9223372036854775807 - 1)", "round() to so many places"),
        ("1e308 * 10", "the result is not a finite number"),
        ("float('inf')", "the result is not a finite number"),
        ("float('nan')", "the result is not a finite number"),
        (
            "[a + b + c for a in range(1000) for b in range(1000) for c in range(1000)]",
            "the list would have more than 100000 items",
        ),
        (
            "sum(a + b + c for a in range(1000) for b in range(1000) for c in range(1000))",
            "the expression takes too many steps on this record",
        ),
        ("{n: n for n in range(100000)}", "the expression takes too many steps on this record"),
        (
            "any(n < 0 for a in range(100000) for n in list(range(100000)))",
            "the expression takes too many steps on this record",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(failure(text), (ErrorKind::Limit, message.to_owned()), "{text}");
    }
}

#[test]
fn long_lists_and_texts_of_real_records_are_fine() {
    let record = Json::parse(br#"{"text": "abcdefghij"}"#).unwrap();
    for text in [
        "len(','.join([record['text'] for n in range(50000)]))",
        "len(join(',', [record['text'] for n in range(50000)]))",
        "len(sorted([n % 7 for n in range(10000)]))",
        "sum(n for n in range(90000))",
        "len({n: n for n in range(2000)})",
        "len(html_to_text('<p>text</p>' * 10000))",
    ] {
        let expression = Expression::compile(text, &["record"]).unwrap();
        expression.evaluate(&[&record]).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

/// A customer of a shop may write an address of megabytes. Where the time grows faster than the text, the runner ends this.
#[test]
fn a_long_text_of_tags_that_never_end_comes_to_an_end() {
    for (piece, is_text) in [
        ("<a", true),
        ("<!", true),
        ("</", true),
        ("&#", true),
        ("<script></script>", false),
        ("<script></script", false),
        ("<!--", false),
        ("<a<!-->", false),
    ] {
        let html = piece.repeat(8_000_000 / piece.len());
        assert_eq!(html_to_text(&html) == html, is_text, "{piece}");
    }
}

#[test]
fn the_deepest_expressions_fit_a_small_stack() {
    let nested = |open: &str, middle: &str, close: &str, times: usize| {
        let mut text = middle.to_owned();
        for level in 0..times {
            text = format!(
                "{}{text}{}",
                open.replace('N', &level.to_string()),
                close.replace('N', &level.to_string())
            );
        }
        text
    };
    let texts = [
        nested("[", "1", "]", 60),
        nested("(1 and ", "1", ")", 60),
        nested("len([", "1", "])", 30),
        nested("[", "1", " for xN in [1]]", 60),
        nested("sum(", "1", " for xN in range(1))", 30),
        nested("next((", "1", " for xN in range(1) if 1), 1)", 30),
        nested("{1: ", "1", "}", 60),
        nested("decimal(str(", "1", "))", 30),
    ];
    for text in texts {
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
            let expression = Expression::compile(&text, &[]).unwrap();
            let value = expression.evaluate(&[]).unwrap_or_else(|error| panic!("{text}: {error}"));
            drop((value.repr(), value.into_json()));
        });
        thread.unwrap().join().unwrap();
    }
}

#[test]
fn an_input_that_is_missing_is_an_error() {
    let expression = Expression::compile("line", &["record", "line"]).unwrap();
    let error = expression.evaluate(&[&Json::Null]).unwrap_err();
    assert_eq!(error.message, "2 values are needed, 1 are given");
}

#[test]
fn threads_share_an_expression() {
    fn shareable<T: Send + Sync + Clone>() {}
    shareable::<Expression>();
    let expression = Expression::compile("record['b'] + record['a']", &["record"]).unwrap();
    // Two shapes of record, so that the threads keep spoiling each other's hint.
    let texts = [r#"{"a": 1, "b": 2}"#, r#"{"x": 0, "b": 2, "a": 1}"#];
    std::thread::scope(|scope| {
        for text in texts {
            scope.spawn(|| {
                let record = Json::parse(text.as_bytes()).unwrap();
                for _ in 0..10_000 {
                    assert_eq!(expression.evaluate(&[&record]).unwrap(), Value::Int(3));
                }
            });
        }
    });
}

fn any_json() -> impl Strategy<Value = Json<'static>> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::Int),
        any::<f64>().prop_filter("JSON has finite numbers", |float| float.is_finite()).prop_map(Json::Float),
        ".{0,12}".prop_map(|text| Json::Str(text.into())),
        "[0-9.eE+-]{0,12}".prop_map(|text| Json::Str(text.into())),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}[Z0-9:+-]{0,6}"
            .prop_map(|text| Json::Str(text.into())),
        "[<&>a-z#;/! é-]{0,20}".prop_map(|text| Json::Str(text.into())),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            prop::collection::vec(("[a-e]", inner), 0..6).prop_map(|members| {
                Json::Object(Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect()))
            }),
        ]
    })
}

/// Texts that often are expressions: words of the language in any order.
fn any_text() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "record",
        "['a']",
        "['b']",
        "[0]",
        "[-1]",
        "[1:]",
        "[::-1]",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".get('a')",
        ".strip()",
        ".upper()",
        ".title()",
        ".split()",
        ".split(',')",
        ".splitlines()",
        ".items()",
        ".strftime('%Y')",
        ".date()",
        ".year",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "==",
        "<",
        "in",
        "not",
        "and",
        "or",
        "is",
        "None",
        "True",
        "1",
        "0",
        "2.5",
        "-3",
        "1e10",
        "'x'",
        "''",
        "f'{1:.2f}'",
        "len(",
        "sum(",
        "round(",
        "decimal(",
        "date(",
        "datetime(",
        "html_to_text(",
        "str(",
        "int(",
        "float(",
        "sorted(",
        "list(",
        "max(",
        "min(",
        "join(',', ",
        "digest(",
        "abs(",
        "for",
        "x",
        "if",
        "else",
        "lambda",
        "=",
        ":=",
        "é",
        "\\",
        "\n",
        "#",
        "'",
    ];
    prop_oneof![
        ".{0,40}",
        prop::collection::vec(prop::sample::select(WORDS), 0..14).prop_map(|words| words.join(" ")),
        prop::collection::vec(prop::sample::select(WORDS), 0..14).prop_map(|words| words.concat()),
    ]
}

/// Expressions that ask everything of one value.
const PROBES: &[&str] = &[
    "str(record) + f'{record!r}'",
    "decimal(record) * 3 / 7 % 2 // 1",
    "round(decimal(record), 2)",
    "round(record, -2)",
    "round_half_up(record, 3)",
    "f'{record:>12,.2f}'",
    "int(record)",
    "float(record)",
    "date(record)",
    "datetime(record).strftime('%Y-%m-%d %H:%M:%S.%f %j')",
    "datetime(record).isoformat()",
    "html_to_text(record)",
    "record.title() + record.capitalize() + record.upper().lower()",
    "record.split() + record.rsplit(None, 1) + record.splitlines() + list(record.partition(' '))",
    "record[1:-1] + record[::-2] + record[5:0:-1]",
    "sorted(record) == sorted(record, reverse=True)",
    "[x for x in record if x in record]",
    "{k: v for k, v in record.items()} == dict(record)",
    "record * 3 + record",
    "record % 7 + record // -3 + record ** 2 + record / 3",
    "-abs(record) < record <= +record",
    "record == decimal(record)",
    "join(',', record)",
    "min(record) if record else max(record, default=None)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_and_no_record_make_it_panic(text in any_text(), record in any_json()) {
        if let Ok(expression) = Expression::compile(&text, &["record"]) {
            match expression.evaluate(&[&record]) {
                Ok(value) => drop((value.repr(), value.to_string(), value.truthy(), value.into_json())),
                Err(error) => prop_assert!(text.contains(&error.what)),
            }
        }
    }

    #[test]
    fn no_record_makes_an_operation_panic(record in any_json(), probe in prop::sample::select(PROBES)) {
        let expression = Expression::compile(probe, &["record"]).unwrap();
        if let Ok(value) = expression.evaluate(&[&record]) {
            drop(value.into_json());
        }
    }
}
