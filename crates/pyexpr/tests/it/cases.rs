//! Hand-written cases: what an expression gives, as Python prints it.

use pyexpr::{Expression, Json, Value};

pub(crate) const RECORD: &str = r#"{
    "id": 7, "name": "Café Noir", "price": "149.00", "weight": null, "stock": 3.0, "tags": ["new", "sale"],
    "billing": {"city": "Lyon", "country": "FR"},
    "lines": [{"sku": "A", "qty": 2, "total": "19.98"}, {"sku": "B", "qty": 1, "total": "5.00"}]
}"#;

/// Expressions and what they give on [`RECORD`].
pub(crate) const CASES: &[(&str, &str)] = &[
    ("decimal(record['price']) * 2", "Decimal('298.00')"),
    ("decimal(record['weight']) if record['weight'] else None", "None"),
    ("decimal(record['weight'])", "TypeError"),
    ("record['missing']", "KeyError"),
    ("record.get('missing', 'x')", "'x'"),
    ("record['lines'][-1]['sku']", "'B'"),
    ("record['lines'][2]", "IndexError"),
    ("sum(decimal(line['total']) for line in record['lines'])", "Decimal('24.98')"),
    ("[line['sku'] for line in record['lines'] if line['qty'] > 1]", "['A']"),
    ("{line['sku']: line['qty'] for line in record['lines']}", "{'A': 2, 'B': 1}"),
    ("record['billing']['country'] in ('FR', 'BE')", "True"),
    ("decimal('10') / 3", "Decimal('3.333333333333333333333333333')"),
    ("7 // 2, -7 // 2, -7 % 3, 7 / 2", "(3, -4, 2, 3.5)"),
    ("0.1 + 0.2", "0.30000000000000004"),
    ("1e16, 1e15, 0.0001, 0.00001", "(1e+16, 1000000000000000.0, 0.0001, 1e-05)"),
    ("round(2.5), round(3.5), round(2.675, 2)", "(2, 4, 2.67)"),
    ("round_half_up('2.345', 2)", "Decimal('2.35')"),
    ("f\"{record['id']:05d} {decimal('2.345'):.2f}\"", "'00007 2.34'"),
    ("record['name'].upper()[:4]", "'CAFÉ'"),
    ("[k for k, v in record['billing'].items() if v == 'FR']", "['country']"),
    ("any(1 / n for n in [1, 0])", "True"),
    ("1 < 2 < 3 and None is None", "True"),
    ("'a' + 1", "TypeError"),
];

/// `repr()` of the value, or the exception's name.
pub(crate) fn outcome(text: &str) -> String {
    let record = Json::parse(RECORD.as_bytes()).unwrap();
    let expression = Expression::compile(text, &["record"]).unwrap_or_else(|error| panic!("{text}: {error}"));
    match expression.evaluate(&[Value::from(&record)]) {
        Ok(value) => value.repr(),
        Err(error) => error.kind.to_string(),
    }
}

#[test]
fn expressions_give_what_python_prints() {
    for (text, expected) in CASES {
        assert_eq!(outcome(text), *expected, "{text}");
    }
}
