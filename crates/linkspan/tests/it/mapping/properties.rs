//! What holds for every value: nothing panics, money stays exact, and there and back gives the same.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use linkspan::mapping::{OdooValue, Plans, Scope};
use proptest::prelude::*;
use pyexpr::{Decimal, Json, Object};
use serde_json::{Value, json};

use super::fixture::{map, thing};

static EVERY_CONVERTER: LazyLock<Plans> = LazyLock::new(|| {
    thing(
        r#"
        a_text = { from = "v", as = "text" }
        b_lower = { from = "v", as = "lower" }
        c_upper = { from = "v", as = "upper" }
        d_decimal = { from = "v", as = "decimal" }
        e_integer = { from = "v", as = "integer" }
        f_boolean = { from = "v", as = "boolean" }
        g_date = { from = "v", as = "date", zone = "Asia/Riyadh" }
        h_datetime = { from = "v", as = "datetime", zone = "Europe/Berlin" }
        i_html = { from = "v", as = "html_to_text" }
        j_currency = { from = "v", as = "currency" }
        k_country = { from = "v", as = "country" }
        l_state = { from = "v", as = "state", country = "w" }
        m_unit = { from = "v", as = "unit" }
        n_plain = { from = "v" }
        o_deep = { from = "v.a[0].b", optional = true }
        p_relation = { from = "v", relation = "thing" }
        q_lines = { lines = "v", key = "id", map = { name = { from = "name" } } }
        r_table = { from = "v", values = { a = 1 } }
        "#,
    )
});

fn field(name: &str) -> &'static linkspan::mapping::FieldPlan {
    let field = EVERY_CONVERTER.entities[0].fields.iter().find(|field| field.name == name);
    field.unwrap_or_else(|| panic!("a field {name}"))
}

/// Texts as they come: any at all, and ones that look like something.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[+-]?[0-9]{0,40}[.,]?[0-9]{0,10}(e[+-]?[0-9]{1,5})?",
        "[0-9]{1,5}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?)?",
        "[<>&;a-z# /\"!-]{0,20}",
        "[A-Za-z]{2,3}",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof!["id", "name", "a", "b", "v", "w", "[a-z]{0,3}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn parsed(value: &Value) -> Json<'static> {
    Json::parse(value.to_string().as_bytes()).expect("valid JSON").into_owned()
}

/// Every value inside `value`, by pointer.
fn pointers(value: &Value, here: String, found: &mut Vec<String>) {
    found.push(here.clone());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, format!("{here}/{name}"), found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| pointers(value, format!("{here}/{i}"), found))
        }
        _ => {}
    }
}

static ORDER: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../connectors/woocommerce/samples/order.json"))
        .expect("valid JSON")
});
static PLACES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut found = Vec::new();
    pointers(&ORDER, String::new(), &mut found);
    found
});
static WOOCOMMERCE: LazyLock<Plans> = LazyLock::new(|| {
    let definition = linkspan::connectors::shipped("woocommerce").expect("shipped").expect("valid");
    let settings = parsed(&json!({ "weight_unit": "kg", "price_decimals": 2, "quantity_decimals": 2 }));
    let company = parsed(&json!({ "id": 1, "currency": "SAR", "country": "SA" }));
    Plans::compile(&definition, linkspan::definition::model::Series::V18, settings, company)
        .expect("it compiles")
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_json_makes_the_mapper_panic(v in any_json(), w in any_json()) {
        let record = parsed(&json!({ "id": 1, "v": v, "w": w }));
        if let Err(unmapped) = map(&EVERY_CONVERTER, &record) {
            prop_assert!(!unmapped.problems.is_empty());
            prop_assert!(unmapped.problems.iter().all(|problem| !problem.reason.is_empty() && !problem.to_string().is_empty()));
        }
        let record = parsed(&v);
        let _ = map(&EVERY_CONVERTER, &record);
    }

    #[test]
    fn no_damage_to_an_order_makes_the_mapper_panic(place in 0..PLACES.len(), put in any_json()) {
        let mut order = ORDER.clone();
        *order.pointer_mut(&PLACES[place]).expect("the place was found there") = put;
        let record = parsed(&order);
        for entity in 0..WOOCOMMERCE.entities.len() {
            let entity = u16::try_from(entity).expect("few entities");
            let scope = Scope { record: &record, parent: Some(&record) };
            let _ = (WOOCOMMERCE.map(entity, scope), WOOCOMMERCE.wants(entity, scope), WOOCOMMERCE.match_values(entity, &record));
            let plan = &WOOCOMMERCE.entities[usize::from(entity)];
            for then in &plan.then {
                let _ = (WOOCOMMERCE.applies(then, scope), WOOCOMMERCE.is_done(then, scope, &record, None));
            }
            for (_, check) in &plan.check {
                let _ = WOOCOMMERCE.expected(check, scope);
            }
        }
    }

    #[test]
    fn money_as_text_stays_digit_for_digit(text in "-?(0|[1-9][0-9]{0,24})\\.[0-9]{1,9}") {
        let record = Json::Object(Object(vec![("id".into(), Json::Int(1)), ("v".into(), Json::Str(text.as_str().into()))]));
        let mapped = map(lone("d_decimal"), &record).expect("a number");
        prop_assert_eq!(mapped.values[0].1.to_string(), text);
    }

    #[test]
    fn decimals_go_there_and_back(coefficient in any::<i64>(), scale in 0u32..12) {
        let number = Decimal::parse(&format!("{coefficient}e-{scale}")).expect("a number");
        let sent = field("d_decimal").back(&OdooValue::Decimal(number), None).expect("it goes back");
        prop_assert_eq!(there("d_decimal", sent), OdooValue::Decimal(number));
        let rounded = field("d_decimal").back(&OdooValue::Decimal(number), Some(2));
        let rounded = rounded.expect("it goes back").as_str().expect("text").to_owned();
        prop_assert_eq!(rounded.split_once('.').map(|(_, places)| places.len()), Some(2));
    }

    #[test]
    fn whole_numbers_and_flags_go_there_and_back(number in any::<i64>(), flag in any::<bool>()) {
        for (name, value) in [("e_integer", OdooValue::Int(number)), ("n_plain", OdooValue::Int(number)), ("f_boolean", OdooValue::Bool(flag)), ("n_plain", OdooValue::Bool(flag))] {
            let sent = field(name).back(&value, None).expect("it goes back");
            prop_assert_eq!(there(name, sent), value);
        }
    }

    #[test]
    fn days_and_times_go_there_and_back_through_every_zone(seconds in -62_000_000_000i64..253_000_000_000) {
        let at: DateTime = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(seconds).expect("in range"));
        // The converter's zone is Berlin's, whose clocks are set back every autumn.
        let sent = field("h_datetime").back(&OdooValue::DateTime(at), None).expect("it goes back");
        prop_assert_eq!(there("h_datetime", sent), OdooValue::DateTime(at));
        let day: Date = at.date();
        let sent = field("g_date").back(&OdooValue::Date(day), None).expect("it goes back");
        prop_assert_eq!(there("g_date", sent), OdooValue::Date(day));
    }

    #[test]
    fn texts_go_there_and_back(text in text()) {
        // What a converter made is what Odoo has, and what must survive the way back.
        for name in ["a_text", "b_lower", "c_upper", "i_html", "n_plain"] {
            let there_once = there(name, Json::Str(text.clone().into()));
            let sent = field(name).back(&there_once, None).expect("it goes back");
            prop_assert_eq!(there(name, sent), there_once, "{}", name);
        }
    }
}

/// What the field called `name` makes of `value`; the other fields do not matter.
fn there(name: &str, value: Json<'static>) -> OdooValue<'static> {
    let record = Json::Object(Object(vec![("id".into(), Json::Int(1)), ("v".into(), value)]));
    let mapped = map(lone(name), &record).unwrap_or_else(|unmapped| panic!("{name}: {unmapped:?}"));
    mapped.values[0].1.clone().into_owned()
}

/// The plan of an entity that has this field only.
fn lone(name: &str) -> &'static Plans {
    let found = LONE_FIELDS.iter().find(|(found, _)| *found == name);
    &found.unwrap_or_else(|| panic!("a plan for {name}")).1
}

static LONE_FIELDS: LazyLock<Vec<(&str, Plans)>> = LazyLock::new(|| {
    [
        ("a_text", "{ from = \"v\", as = \"text\" }"),
        ("b_lower", "{ from = \"v\", as = \"lower\" }"),
        ("c_upper", "{ from = \"v\", as = \"upper\" }"),
        ("d_decimal", "{ from = \"v\", as = \"decimal\" }"),
        ("e_integer", "{ from = \"v\", as = \"integer\" }"),
        ("f_boolean", "{ from = \"v\", as = \"boolean\" }"),
        ("g_date", "{ from = \"v\", as = \"date\", zone = \"Asia/Riyadh\" }"),
        ("h_datetime", "{ from = \"v\", as = \"datetime\", zone = \"Europe/Berlin\" }"),
        ("i_html", "{ from = \"v\", as = \"html_to_text\" }"),
        ("n_plain", "{ from = \"v\" }"),
    ]
    .map(|(name, field)| (name, thing(&format!("{name} = {field}"))))
    .into()
});
