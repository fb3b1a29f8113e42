//! Nanoseconds per evaluation of typical mapping expressions, here and in CPython.
//!
//! `cargo run --release -p pyexpr --example speed`
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use pyexpr::{Decimal, Expression, Json};

const RECORD: &str = r#"{"id": 4711, "name": "Café Noir 500g", "sku": "CAFE-500", "status": "publish",
    "price": "149.00", "regular_price": "159.50", "weight": "0.5", "stock_quantity": 12, "tax": 0.2,
    "billing": {"first_name": "Ada", "last_name": "Lovelace", "city": "London", "country": "GB"},
    "date_created_gmt": "2024-05-31T10:20:30",
    "line_items": [{"sku": "A", "quantity": 2, "total": "19.98"}, {"sku": "B", "quantity": 1, "total": "5.00"},
                   {"sku": "C", "quantity": 4, "total": "18.00"}]}"#;

const EXPRESSIONS: &[&str] = &[
    "record['name']",
    "record['billing']['city']",
    "record['stock_quantity'] + 1",
    "decimal(record['price'])",
    "decimal(record['price']) * record['stock_quantity']",
    "decimal(record['price']) / 3",
    "decimal(record['weight']) if record['weight'] else None",
    "record['status'] == 'publish'",
    "record['status'] in ('processing', 'publish')",
    "record['billing']['first_name'] + ' ' + record['billing']['last_name']",
    "f\"{record['sku']}-{record['id']}\"",
    "record.get('missing', 'none')",
    "record['name'].strip().upper()",
    "datetime(record['date_created_gmt'])",
    "sum(decimal(line['total']) for line in record['line_items'])",
    "[line['sku'] for line in record['line_items'] if line['quantity'] > 1]",
    "round_half_up(decimal(record['price']) * decimal('1.2'), 2)",
];

/// The fastest of many short batches: other programs run on this machine too.
fn nanoseconds(mut run: impl FnMut()) -> f64 {
    const ROUNDS: u32 = 1000;
    let mut best = f64::INFINITY;
    for _ in 0..500 {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| run());
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    best
}

/// CPython's time for the same text as a function; `None` without a python3.
fn python(text: &str) -> Option<f64> {
    let prelude = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
    let program = "import sys, json, timeit; sys.path.insert(0, sys.argv[1]); from linkspan_expr import *\n\
                   record = json.loads(sys.argv[2]); run = eval('lambda record: ' + sys.argv[3])\n\
                   print(min(timeit.repeat(lambda: run(record), number=500, repeat=200)) / 500 * 1e9)";
    let output = Command::new("python3").args(["-c", program, prelude, RECORD, text]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{:>8} {:>8}  expression", "here ns", "Python");
    let record = Json::parse(RECORD.as_bytes())?;
    for text in EXPRESSIONS {
        let expression = Expression::compile(text, &["record"])?;
        let values = [&record];
        expression.evaluate(&values)?;
        let here = nanoseconds(|| {
            black_box(expression.evaluate(black_box(&values))).ok();
        });
        println!("{here:>8.1} {:>8.0}  {text}", python(text).unwrap_or(f64::NAN));
    }
    let price = Decimal::parse("149.00")?;
    let mut buffer = String::with_capacity(64);
    let parts: [(&str, f64); 4] = [
        ("Decimal::parse(\"149.00\")", nanoseconds(|| _ = black_box(Decimal::parse(black_box("149.00"))))),
        ("Decimal to text", {
            nanoseconds(|| {
                use std::fmt::Write;
                buffer.clear();
                write!(buffer, "{}", black_box(price)).ok();
            })
        }),
        (
            "Decimal::from_json_number(149.99)",
            nanoseconds(|| _ = black_box(Decimal::from_json_number(black_box(149.99)))),
        ),
        (
            "Json::parse of the record",
            nanoseconds(|| drop(black_box(Json::parse(black_box(RECORD.as_bytes()))))),
        ),
    ];
    for (what, time) in parts {
        println!("{time:>8.1} {:>8}  {what}", "");
    }
    Ok(())
}
