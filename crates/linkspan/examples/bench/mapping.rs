//! Measures the mapper: the Rust side of `cargo xtask bench`, with `mapping.py` beside it as the other.
//!
//! ```text
//! bench mapping records FILE   writes 20,000 orders, a record a line; always the same ones
//! bench mapping values FILE    the values of every record, a line each, for the comparison
//! bench mapping time FILE      records a second on one core, the median of 5 runs; parsing is not part of it
//! ```

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use linkspan::definition;
use linkspan::definition::model::Series;
use linkspan::mapping::{Mapped, Plans, Scope};
use pyexpr::{Json, Object};
use serde_json::json;

const DEFINITION: &str = include_str!("connector.toml");
const RECORDS: u64 = 20_000;
/// Records are mapped as they come: a page is parsed, then mapped.
const PAGE: usize = 100;
const RUNS: usize = 5;
const RUN_TIME: Duration = Duration::from_millis(500);

pub(crate) fn run(words: &[String]) -> Result<()> {
    let [task, file] = words else { bail!("usage: bench mapping records|values|time FILE") };
    if task == "records" {
        let lines: String = (1..=RECORDS).fold(String::new(), |mut lines, i| {
            let _ = writeln!(lines, "{}", record(i));
            lines
        });
        return std::fs::write(file, lines).with_context(|| format!("cannot write {file}"));
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let lines: Vec<&str> = text.lines().collect();
    let plans = plans()?;
    let order = plans.position("order").context("the definition has no entity order")?;
    match task.as_str() {
        "values" => values(&plans, order, &lines),
        "time" => time(&plans, order, &lines),
        _ => bail!("no task {task}"),
    }
}

fn plans() -> Result<Plans> {
    let checked = definition::parse(DEFINITION, "connector.toml", None)
        .map_err(|report| anyhow::anyhow!("connector.toml is wrong: {report}"))?;
    let nothing = || Json::Object(Object::default());
    Ok(Plans::compile(&checked.definition, Series::V18, nothing(), nothing())?)
}

/// An order in the shape of a shop's; every fact follows from its number.
fn record(i: u64) -> serde_json::Value {
    let (country, currency, city) = pick(
        i,
        &[("DE", "EUR", "Köln"), ("SA", "SAR", "الرياض"), ("us", "USD", "Boston"), ("FR", "EUR", "Orléans")],
    );
    let cents = i * 7_919 % 200_000;
    let (month, day, hour, minute) = (i % 12 + 1, i % 28 + 1, i % 24, i % 60);
    let zone = pick(i, &["+00:00", "+03:00", ""]);
    let mut record = json!({
        "id": i,
        "number": format!("{:05}", i % 90_000),
        "status": pick(i / 3, &["pending", "paid", "completed", "cancelled"]),
        "currency": currency,
        "created_at": format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00{zone}"),
        "changed_at": format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:59"),
        "valid_until": (!i.is_multiple_of(5)).then(|| format!("2027-{month:02}-{day:02}")),
        "total": format!("{}.{:02}", cents / 100, cents % 100),
        "total_tax": format!("{}.{:02}", cents / 600, cents % 100),
        "note": pick(i, &["", "Please ring twice ", "  bis 18 Uhr"]),
        "customer": {
            "id": i % 5_000 + 1,
            "email": format!("Customer{}@Example.com", i % 5_000 + 1),
            "business": pick(i, &[json!(true), json!("no"), json!(0)]),
        },
        "billing": {
            "address_1": format!("Main Street {}", i % 300),
            "address_2": pick(i, &["2nd floor", "", "", ""]),
            "city": city,
            "postcode": format!("{:05}", i * 31 % 100_000),
            "country": country,
        },
    });
    if i.is_multiple_of(2) {
        record["reference"] = json!(format!(" PO-{i} "));
        record["customer"]["phone"] = json!(format!("+49 221 {:07}", i * 13 % 10_000_000));
    }
    record
}

fn pick<T: Clone>(i: u64, choice: &[T]) -> T {
    choice[(i % choice.len() as u64) as usize].clone()
}

fn map<'r>(plans: &'r Plans, order: u16, record: &'r Json<'r>) -> Result<Mapped<'r>> {
    let scope = Scope { record, parent: None };
    plans.map(order, scope).map_err(|unmapped| anyhow::anyhow!("a record cannot be mapped: {unmapped:?}"))
}

fn parse<'a>(lines: &[&'a str]) -> Result<Vec<Json<'a>>> {
    Ok(lines.iter().map(|line| Json::parse(line.as_bytes())).collect::<Result<_, _>>()?)
}

fn values(plans: &Plans, order: u16, lines: &[&str]) -> Result<()> {
    let fields = &plans.entities[usize::from(order)].fields;
    let mut text = String::new();
    let records = parse(lines)?;
    for record in &records {
        let mapped = map(plans, order, record)?;
        let mut cells: Vec<(&str, String)> = mapped
            .values
            .iter()
            .map(|(position, value)| (fields[usize::from(*position)].name.as_str(), value.to_string()))
            .collect();
        cells.sort_unstable();
        let updated = mapped.updated.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
        writeln!(text, "{}", json!([mapped.external_id, updated, cells]))?;
    }
    print!("{text}");
    Ok(())
}

fn time(plans: &Plans, order: u16, lines: &[&str]) -> Result<()> {
    let mut rates = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let (mut mapping, mut mapped) = (Duration::ZERO, 0);
        for page in lines.chunks(PAGE).cycle() {
            let records = parse(page)?;
            let started = Instant::now();
            for record in &records {
                black_box(map(plans, order, record)?);
            }
            mapping += started.elapsed();
            mapped += records.len();
            if mapping >= RUN_TIME {
                break;
            }
        }
        rates.push(mapped as f64 / mapping.as_secs_f64());
    }
    rates.sort_unstable_by(f64::total_cmp);
    println!("{:.0}", rates[RUNS / 2]);
    Ok(())
}
