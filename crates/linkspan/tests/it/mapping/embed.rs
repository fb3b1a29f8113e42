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
fn several_objects_inside_become_records_of_their_own() {
    let tags = |field: &str| {
        plans(&format!(
            r#"
            [entities.tag]
            external = {{ id = "name" }}
            odoo = {{ model = "res.partner.category" }}
            [entities.tag.map]
            name = {{ from = "name" }}
            [entities.thing]
            external = {{ id = "id" }}
            odoo = {{ model = "res.partner" }}
            import = {{ list = "list", get = "get" }}
            [entities.thing.map]
            category_id = {{ {field}, relation = "tag" }}
            "#
        ))
    };
    let named = tags(
        "embed = { expr = \"[{'name': t} for t in record['tags'].split(', ') if t] if record['tags'] != None else None\" }, many = true",
    );
    for (given, expected) in [
        (r#""new, b2b, new""#, "relations 0 [\"b2b\", \"new\"], 3 inside"),
        (r#""""#, "empty, 0 inside"),
        ("null", "empty, 0 inside"),
    ] {
        assert_eq!(outcome(&named, &format!(r#"{{"id": 1, "tags": {given}}}"#)), expected, "{given}");
    }
    let listed = tags("embed = \"tags[]\", optional = true");
    for (given, expected) in [
        (r#"[{"name": "b"}, {"name": "a"}]"#, "relations 0 [\"a\", \"b\"], 2 inside"),
        ("[]", "empty, 0 inside"),
        ("null", "empty, 0 inside"),
        (r#"[{"name": "b"}, "a"]"#, "problem: the item at position 1 is no object"),
        ("5", "problem: a list is expected here"),
    ] {
        assert_eq!(outcome(&listed, &format!(r#"{{"id": 1, "tags": {given}}}"#)), expected, "{given}");
    }
    assert_eq!(outcome(&listed, r#"{"id": 1}"#), "left alone, 0 inside");
    let unnamed = outcome(&listed, r#"{"id": 1, "tags": [{"name": "a"}, {}]}"#);
    assert!(unnamed.starts_with("problem: the item at position 1: "), "{unnamed}");
    let required = tags("embed = \"tags[]\", required = true");
    for given in ["[]", "null"] {
        let found = outcome(&required, &format!(r#"{{"id": 1, "tags": {given}}}"#));
        assert_eq!(found, "problem: nothing stands here, but it is required");
    }
    let one = tags("embed = { expr = \"record['tags']\" }, many = true");
    assert_eq!(outcome(&one, r#"{"id": 1, "tags": "x"}"#), "problem: a list of objects is expected here");
    assert_eq!(
        outcome(&one, r#"{"id": 1, "tags": {"name": "x"}}"#),
        "problem: a list of objects is expected here"
    );
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
