//! Definitions around one field, and mapped values as short text.

use linkspan::definition::model::Series;
use linkspan::definition::{self, Definition};
use linkspan::mapping::{Mapped, OdooValue, Plans, Scope, Unmapped};
use pyexpr::Json;

const HEAD: &str = r#"
schema = 1
[connector]
id = "test"
title = "Test"
type = "crm"
version = "1.0.0"
[settings]
rate = { type = "integer", title = "Rate" }
[auth]
kind = "none"
[http]
base_url = "https://test.example"
[operations]
list = { method = "GET", path = "/things", repeat = "safe", paginate = { kind = "page", param = "page", size_param = "size", size = 100 } }
get = { method = "GET", path = "/things/{id}", repeat = "safe" }
"#;

const THING: &str = r#"
[entities.thing]
external = { id = "id" }
odoo = { model = "res.partner" }
import = { list = "list", get = "get" }
"#;

/// A definition with these entities.
pub(super) fn definition(entities: &str) -> Definition {
    let checked = definition::parse(&format!("{HEAD}{entities}"), "test.toml", None);
    checked.unwrap_or_else(|report| panic!("{report}")).definition
}

/// The plans of these entities; `settings['rate']` is 2, the company's currency SAR.
pub(super) fn plans_for(entities: &str, series: Series) -> Plans {
    let settings = json(r#"{"rate": 2}"#);
    let company = json(r#"{"id": 1, "currency": "SAR", "country": "SA"}"#);
    Plans::compile(&definition(entities), series, settings, company).expect("it compiles")
}

pub(super) fn plans(entities: &str) -> Plans {
    plans_for(entities, Series::V18)
}

/// The plans of an entity `thing` with these lines under `[entities.thing.map]`.
pub(super) fn thing(map: &str) -> Plans {
    plans(&format!("{THING}[entities.thing.map]\n{map}\n"))
}

pub(super) fn json(text: &str) -> Json<'static> {
    Json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}")).into_owned()
}

/// Maps a record of the entity called `thing`.
pub(super) fn map<'r>(plans: &'r Plans, record: &'r Json<'r>) -> Result<Mapped<'r>, Unmapped> {
    let position = plans.position("thing").expect("an entity thing");
    plans.map(position, Scope { record, parent: None })
}

/// What a field named `value` makes of `record`, whose id is added.
pub(super) fn outcome(field: &str, record: &str) -> String {
    let plans = thing(&format!("value = {field}"));
    let record = json(&record.replacen('{', "{\"id\": 1,", 1).replace(",}", "}"));
    match map(&plans, &record) {
        Ok(mapped) => mapped.values.first().map_or("left alone".to_owned(), |(_, value)| shown(value)),
        Err(unmapped) => {
            let reasons: Vec<&str> =
                unmapped.problems.iter().map(|problem| problem.reason.as_str()).collect();
            format!("problem: {}", reasons.join("; "))
        }
    }
}

/// A value with its kind.
pub(super) fn shown(value: &OdooValue<'_>) -> String {
    match value {
        OdooValue::Empty => "empty".to_owned(),
        OdooValue::Bool(flag) => flag.to_string(),
        OdooValue::Int(number) => format!("integer {number}"),
        OdooValue::Decimal(_) => format!("decimal {value}"),
        OdooValue::Text(text) => format!("text {text:?}"),
        OdooValue::Date(date) => format!("date {date}"),
        OdooValue::DateTime(_) => format!("time {value}"),
        OdooValue::Relation { entity, external_id } => format!("relation {entity} {external_id:?}"),
        OdooValue::Relations { entity, external_ids } => format!("relations {entity} {external_ids:?}"),
        OdooValue::Reference(reference) => reference.to_string(),
    }
}

/// Compares the outcome of each row of a table with what it says; tells all rows that are wrong.
pub(super) fn assert_rows<'c>(rows: impl IntoIterator<Item = (&'c str, String, &'c str)>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .filter_map(|(field, record, expected)| {
            let found = outcome(field, &record);
            let right = match expected.strip_prefix("problem: ") {
                Some(reason) => found.starts_with("problem: ") && found.contains(reason),
                None => found == expected,
            };
            (!right).then(|| format!("{field} of {record}\n  expected {expected}\n  found    {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
