//! Every recorded product, customer and category.

use std::fmt::Write;

use linkspan::definition::model::Series;
use linkspan::mapping::Scope;
use sandbox::odoo::Series as OdooSeries;
use serde_json::json;

use super::import::World;
use super::lines::{plans, to_json};
use super::recorded::{self, Recorded};

/// What the definition makes of each record; states that map alike stand there once.
fn mapped(entity: &str, series: Series, records: &[Recorded]) -> String {
    let plans = plans(series);
    let position = plans.position(entity).expect("an entity");
    let plan = &plans.entities[usize::from(position)];
    let mut seen: Vec<String> = Vec::new();
    let mut all = String::new();
    for record in records {
        let json = to_json(&record.body);
        let mapped = plans.map(position, Scope { record: &json, parent: None });
        let mapped = mapped.unwrap_or_else(|unmapped| panic!("{}: {unmapped:?}", record.name));
        let mut text = format!("{entity} {}\n", mapped.external_id);
        for (position, value) in &mapped.values {
            let name = &plan.fields[usize::from(*position)].name;
            let value = value.to_string().replace('\n', " / ");
            writeln!(text, "  {name} = {value}").expect("a String takes everything");
        }
        if !seen.contains(&text) {
            write!(all, "{}: {text}", record.name).expect("a String takes everything");
            seen.push(text);
        }
    }
    all
}

#[test]
fn every_recorded_product_maps_to_this() {
    insta::assert_snapshot!(mapped("product", Series::V18, &recorded::products()));
}

#[test]
fn every_recorded_customer_maps_to_this() {
    insta::assert_snapshot!(mapped("customer", Series::V18, &recorded::customers()));
}

#[test]
fn every_recorded_category_maps_to_this() {
    insta::assert_snapshot!(mapped("category", Series::V18, &recorded::categories()));
}

/// The series differ only in the name of one field.
#[test]
fn every_recorded_product_maps_alike_in_every_series() {
    let products = recorded::products();
    let newest = mapped("product", Series::V18, &products);
    for series in [Series::V16, Series::V17, Series::V19] {
        let type_first = |text: &str| {
            let lines = text.lines().map(|line| line.replace("  detailed_type = ", "  type = "));
            let mut lines: Vec<String> = lines.collect();
            lines.sort();
            lines
        };
        assert_eq!(type_first(&mapped("product", series, &products)), type_first(&newest), "{series:?}");
    }
}

#[tokio::test]
async fn the_recorded_catalogue_and_its_customers_come_in_once() {
    for series in [OdooSeries::V16, OdooSeries::V18, OdooSeries::V19] {
        let world = World::new(series, "SAR", []).await;
        for entity in ["category", "product", "customer"] {
            world.import_all(entity).await;
            let again = world.import_all(entity).await.total();
            assert_eq!(
                (again.created, again.updated),
                (0, 0),
                "{entity} in {series:?}: a second run writes nothing"
            );
        }
        assert_eq!(world.records("category").len(), 6);
        // 22 products; variations come in when an order needs one.
        assert_eq!(world.records("product").len(), recorded::latest(recorded::products()).len() - 1);
        assert_eq!(world.records("customer").len(), 8);
        let product = |id: &str| world.record("product", id).expect(id);
        let trashed = product("24");
        assert_eq!((&trashed["active"], &trashed["default_code"]), (&json!(false), &json!("EXT-1")));
        assert_eq!(product("13")["name"], "Tea \"Royal\" & mug – 250 g");
        assert_eq!(product("28")["sale_ok"], false, "a variable product is not for sale, its variations are");
        let nested = world.record("category", "19").expect("desk lamps");
        let parent = world.odoo_record("product.category", &nested["parent_id"]);
        assert_eq!((&nested["name"], &parent["name"]), (&json!("Desk lamps"), &json!("Lighting")));
    }
}
