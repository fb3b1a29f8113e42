//! Records that stand inside others.

use linkspan::mapping::{Plans, Scope};

use super::fixture::{json, map, plans, shown};

fn address(keys: &str) -> Plans {
    plans(&format!(
        r#"
        [entities.address]
        external = {{ id = {{ expr = "record['email'] or 'of-' + str(parent['id'])" }} }}
        odoo = {{ model = "res.partner" }}
        [entities.address.map]
        name = {{ expr = "record['name'] or 'Guest of ' + parent['number']" }}
        city = {{ from = "city", optional = true }}
        [entities.thing]
        external = {{ id = "id" }}
        odoo = {{ model = "sale.order" }}
        import = {{ list = "list", get = "get" }}
        [entities.thing.map]
        partner_id = {{ embed = "billing", relation = "address"{keys} }}
        "#
    ))
}

fn outcome(plans: &Plans, record: &str) -> String {
    let record = json(record);
    match map(plans, &record) {
        Ok(mapped) => {
            let value = mapped.values.first().map_or("left alone".to_owned(), |(_, value)| shown(value));
            format!("{value}, {} inside", mapped.embedded.len())
        }
        Err(unmapped) => format!("problem: {}", unmapped.problems[0].reason),
    }
}

#[test]
fn an_object_inside_becomes_a_record_of_its_own() {
    let strict = address("");
    for (billing, expected) in [
        (r#"{"email": "a@b.c", "name": "A"}"#, "relation 0 \"a@b.c\", 1 inside"),
        (r#"{"email": "", "name": ""}"#, "relation 0 \"of-7\", 1 inside"),
        ("null", "empty, 0 inside"),
        ("\"text\"", "problem: an object is expected here"),
        ("5", "problem: an object is expected here"),
        ("[]", "problem: an object is expected here"),
    ] {
        assert_eq!(
            outcome(&strict, &format!(r#"{{"id": 7, "number": "7", "billing": {billing}}}"#)),
            expected,
            "{billing}"
        );
    }
    assert_eq!(outcome(&strict, r#"{"id": 7}"#), "problem: the record has no such object");
    assert_eq!(outcome(&address(", optional = true"), r#"{"id": 7}"#), "left alone, 0 inside");
    let required = address(", required = true");
    for record in [r#"{"id": 7}"#, r#"{"id": 7, "billing": null}"#] {
        assert_eq!(outcome(&required, record), "problem: nothing stands here, but it is required");
    }
    // Without its id an inner record cannot be told from others.
    assert!(outcome(&strict, r#"{"id": 7, "billing": {}}"#).starts_with("problem: "));
}

#[test]
fn an_inner_record_is_mapped_with_the_record_around_it() {
    let plans = address("");
    let record = json(r#"{"id": 7, "number": "N7", "billing": {"email": "", "name": "", "city": "Riyadh"}}"#);
    let mapped = map(&plans, &record).expect("it maps");
    let [inner] = &mapped.embedded[..] else { panic!("one inner record") };
    assert_eq!(inner.external_id, "of-7");
    let inner = plans.map(inner.entity, Scope { record: &inner.record, parent: Some(&record) });
    let values: Vec<String> = inner.expect("it maps").values.iter().map(|(_, value)| shown(value)).collect();
    assert_eq!(values, ["text \"Riyadh\"", "text \"Guest of N7\""]);
    // Alone it cannot be: what is around it is None.
    let alone = json(r#"{"email": "", "name": ""}"#);
    assert!(plans.map(0, Scope { record: &alone, parent: None }).is_err());
}

#[test]
fn an_expression_may_make_the_inner_record() {
    let plans = plans(
        r#"
        [entities.charge]
        external = { id = "code" }
        odoo = { model = "product.product" }
        [entities.charge.map]
        name = { from = "code" }
        [entities.thing]
        external = { id = "id" }
        odoo = { model = "sale.order" }
        import = { list = "list", get = "get" }
        [entities.thing.map]
        product_id = { embed = { expr = "{'code': record['kind'] + '-1'} if record['kind'] else None" }, relation = "charge" }
        "#,
    );
    assert_eq!(outcome(&plans, r#"{"id": 1, "kind": "fee"}"#), "relation 0 \"fee-1\", 1 inside");
    assert_eq!(outcome(&plans, r#"{"id": 1, "kind": ""}"#), "empty, 0 inside");
    assert!(outcome(&plans, r#"{"id": 1, "kind": 5}"#).starts_with("problem: "));
}
