//! Lists of lines: from paths and expressions, from several sources, each line with its key.

use linkspan::mapping::Plans;

use super::fixture::{json, map, plans, shown};

const ORDER: &str = r#"
[entities.charge]
external = { id = "code" }
odoo = { model = "product.product" }
[entities.charge.map]
name = { from = "code" }
[entities.thing]
external = { id = "id" }
odoo = { model = "sale.order" }
import = { list = "list", get = "get" }
[entities.thing.map.order_line]
lines = "items"
key = "id"
removed = { or_write = { qty = 0 } }
[entities.thing.map.order_line.map]
name = { from = "name", required = true }
qty = { from = "qty", as = "decimal", default = 1 }
[[entities.thing.map.order_line.also]]
name = "fee"
lines = { expr = "[{'code': c, 'sum': record['fee']} for c in record['codes']]" }
key = "code"
[entities.thing.map.order_line.also.map]
name = { expr = "line['code'] + ' of ' + str(record['id'])" }
price = { expr = "decimal(line['sum']) * settings['rate']" }
product_id = { embed = { expr = "{'code': line['code']}" }, relation = "charge" }
"#;

fn order() -> Plans {
    plans(ORDER)
}

fn outcome(plans: &Plans, record: &str) -> Vec<String> {
    let record = json(record);
    let columns = &plans.entities[1].fields[0].lines.as_ref().expect("lines").columns;
    match map(plans, &record) {
        Ok(mapped) => mapped.lines[0]
            .1
            .iter()
            .map(|line| {
                let cells = line.values.iter();
                let cells = cells.map(|(column, value)| {
                    format!("{}={}", columns[usize::from(*column)].name, shown(value))
                });
                format!("{}: {}", line.key, cells.collect::<Vec<_>>().join(", "))
            })
            .collect(),
        Err(unmapped) => unmapped.problems.iter().map(|problem| format!("problem {problem}")).collect(),
    }
}

#[test]
fn lines_of_all_sources_stand_in_one_list_with_shared_columns() {
    let plans = order();
    let found = outcome(
        &plans,
        r#"{"id": 9, "items": [{"id": 1, "name": "a", "qty": "2.50"}, {"id": "00123", "name": "b"}], "codes": ["x", "1"], "fee": "1.25"}"#,
    );
    let expected = [
        "1: name=text \"a\", qty=decimal 2.50",
        "00123: name=text \"b\", qty=integer 1",
        "fee-x: name=text \"x of 9\", price=decimal 2.50, product_id=relation 0 \"x\"",
        "fee-1: name=text \"1 of 9\", price=decimal 2.50, product_id=relation 0 \"1\"",
    ];
    assert_eq!(found, expected);
    let lines = plans.entities[1].fields[0].lines.as_ref().expect("lines");
    assert!(lines.removed.as_ref().is_some_and(|or_write| or_write.contains_key("qty")));
}

#[test]
fn records_inside_made_lines_are_kept() {
    let plans = order();
    let record = json(r#"{"id": 9, "items": [], "codes": ["x", "y"], "fee": 1}"#);
    let mapped = map(&plans, &record).expect("it maps");
    let inside: Vec<&str> = mapped.embedded.iter().map(|inner| &*inner.external_id).collect();
    assert_eq!(inside, ["x", "y"]);
}

#[test]
fn no_lines_are_no_problem_and_no_list_is_one() {
    let plans = order();
    for (items, expected) in [("[]", Vec::<String>::new()), ("null", Vec::new())] {
        assert_eq!(
            outcome(&plans, &format!(r#"{{"id": 9, "items": {items}, "codes": [], "fee": 1}}"#)),
            expected
        );
    }
    for record in [
        r#"{"id": 9, "codes": [], "fee": 1}"#,
        r#"{"id": 9, "items": "text", "codes": [], "fee": 1}"#,
        r#"{"id": 9, "items": {"id": 1}, "codes": [], "fee": 1}"#,
    ] {
        let found = outcome(&plans, record);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("problem order_line: a list of lines is expected here (at items"),
            "{found:?}"
        );
    }
}

#[test]
fn every_line_needs_an_id_of_its_own() {
    let plans = order();
    let lines =
        |items: &str| outcome(&plans, &format!(r#"{{"id": 9, "items": {items}, "codes": [], "fee": 1}}"#));
    for item in [
        r#"{"name": "a"}"#,
        r#"{"id": null, "name": "a"}"#,
        r#"{"id": "", "name": "a"}"#,
        r#"{"id": true, "name": "a"}"#,
        r#"{"id": 1.5, "name": "a"}"#,
        "5",
        "null",
    ] {
        let found = lines(&format!("[{item}]"));
        assert!(found[0].starts_with("problem order_line: a line needs an id here"), "{item}: {found:?}");
    }
    let found = lines(r#"[{"id": 1, "name": "a"}, {"id": "1", "name": "b"}]"#);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("two lines have the id 1"), "{found:?}");
    // The same id in another source is another line.
    assert_eq!(
        outcome(&plans, r#"{"id": 9, "items": [{"id": "x", "name": "a"}], "codes": ["x"], "fee": 1}"#).len(),
        2
    );
    let found = outcome(&plans, r#"{"id": 9, "items": [], "codes": ["x", "x"], "fee": 1}"#);
    assert!(found[0].contains("two lines have the id fee-x"), "{found:?}");
}

#[test]
fn a_problem_of_a_line_says_which_line() {
    let plans = order();
    let found = outcome(
        &plans,
        r#"{"id": 9, "items": [{"id": 1, "name": "a"}, {"id": 2, "name": "", "qty": "many"}], "codes": ["x"], "fee": "free"}"#,
    );
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], "problem order_line[1].name: the value is empty but required (at name)");
    assert_eq!(
        found[1],
        "problem order_line[1].qty: \"many\" is not a decimal number such as 12.50 (at qty: \"many\")"
    );
    assert!(found[2].starts_with("problem order_line[2].price: "), "{found:?}");
}
