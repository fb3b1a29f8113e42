//! What the definition makes of every recorded order, as text: a change of the definition shows here line by line.

use std::collections::BTreeMap;
use std::fmt::Write;

use linkspan::definition::model::Series;
use linkspan::mapping::{Mapped, MappedLine, OdooValue, Plan, Plans, Scope};
use pyexpr::{Decimal, Json};
use serde_json::{Value, json};

use super::import::{definition, settings};
use super::recorded;

const SERIES: [Series; 4] = [Series::V16, Series::V17, Series::V18, Series::V19];

pub(super) fn to_json(value: &Value) -> Json<'static> {
    Json::parse(value.to_string().as_bytes()).expect("valid JSON").into_owned()
}

pub(super) fn plans(series: Series) -> Plans {
    let settings = to_json(&json!(settings(&BTreeMap::new())));
    let company = to_json(&json!({ "id": 1, "name": "Company", "currency": "SAR", "country": "SA" }));
    Plans::compile(&definition(), series, settings, company).expect("it compiles")
}

/// The lines of all lists of a mapped order.
fn lines<'m, 'r>(mapped: &'m Mapped<'r>) -> impl Iterator<Item = &'m MappedLine<'r>> {
    mapped.lines.iter().flat_map(|(_, lines)| lines)
}

fn cell<'m, 'r>(plan: &Plan, line: &'m MappedLine<'r>, name: &str) -> &'m OdooValue<'r> {
    let columns = plan.fields.iter().find_map(|field| field.lines.as_ref()).expect("lines");
    let position = columns.columns.iter().position(|column| column.name == name).expect(name);
    let found = line.values.iter().find(|(column, _)| usize::from(*column) == position);
    &found.unwrap_or_else(|| panic!("{name} of {}", line.key)).1
}

fn number(value: &OdooValue<'_>) -> Decimal {
    Decimal::parse(&value.to_string()).expect("a number")
}

/// Odoo's own sum: prices of two digits, each line rounded to the currency.
#[test]
fn the_lines_of_every_recorded_order_add_up_to_its_total_in_every_series() {
    for series in SERIES {
        let plans = plans(series);
        let entity = plans.position("order").expect("orders");
        let plan = &plans.entities[usize::from(entity)];
        for order in recorded::orders() {
            let record = to_json(&order.body);
            let mapped = plans.map(entity, Scope { record: &record, parent: None });
            let mapped = mapped.unwrap_or_else(|unmapped| panic!("{}: {unmapped:?}", order.name));
            let amount = |line| {
                let price = number(cell(plan, line, "price_unit"));
                assert_eq!(price.quantize_half_up(2), Ok(price), "{} {}", order.name, line.key);
                let amount = price.mul(number(cell(plan, line, "product_uom_qty")));
                amount.and_then(|amount| amount.quantize_half_up(2)).expect("a small number")
            };
            let sum = lines(&mapped).map(amount).try_fold(Decimal::ZERO, Decimal::add);
            let total = Decimal::parse(order.body["total"].as_str().expect("a total"));
            assert_eq!(sum, total, "{} in {series:?}", order.name);
        }
    }
}

#[test]
fn every_recorded_order_maps_to_these_lines() {
    let plans = plans(Series::V18);
    let entity = plans.position("order").expect("orders");
    let plan = &plans.entities[usize::from(entity)];
    // Many answers show the same order in the same state; the first name stands for all.
    let mut seen: Vec<String> = Vec::new();
    let mut all = String::new();
    for order in recorded::orders() {
        let record = to_json(&order.body);
        let mapped = plans.map(entity, Scope { record: &record, parent: None }).expect("it maps");
        let text = described(plan, &mapped, &order.body);
        if !seen.contains(&text) {
            writeln!(all, "{}: {text}", order.name).expect("a String takes everything");
            seen.push(text);
        }
    }
    insta::assert_snapshot!(all);
}

fn described(plan: &Plan, mapped: &Mapped<'_>, order: &Value) -> String {
    let mut text = format!("order {}, {} {}\n", mapped.external_id, order["total"], order["currency"]);
    for (position, value) in &mapped.values {
        let name = &plan.fields[usize::from(*position)].name;
        writeln!(text, "  {name} = {value}").expect("a String takes everything");
    }
    for line in lines(mapped) {
        let show = |name: &str| cell(plan, line, name).to_string().replace('\n', " / ");
        writeln!(
            text,
            "  {:12} {:>4} x {:>7}  {} [{}]",
            line.key,
            show("product_uom_qty"),
            show("price_unit"),
            show("name"),
            show("product_id")
        )
        .expect("a String takes everything");
    }
    text
}
