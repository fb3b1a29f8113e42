//! What decides whether a record is wanted, what follows its write, and what Odoo must show.

use linkspan::mapping::{Plans, Scope, Step};
use pyexpr::Json;

use super::fixture::{json, plans, shown};

fn order() -> Plans {
    plans(
        r#"
        [entities.thing]
        external = { id = "id" }
        odoo = { model = "sale.order" }
        import = { list = "list", get = "get", only = { expr = "record['status'] != 'draft'" } }
        [[entities.thing.then]]
        call = "action_confirm"
        context = { quiet = true }
        when = { expr = "record['status'] == 'paid'" }
        unless = { expr = "odoo['state'] == 'sale' or agreed == 'action_confirm'" }
        [[entities.thing.then]]
        write = ["name"]
        [entities.thing.check]
        amount_total = { expr = "decimal(record['total'])" }
        note = { from = "note" }
        [entities.thing.map]
        name = { value = "x" }
        "#,
    )
}

fn scope<'r>(record: &'r Json<'r>) -> Scope<'r> {
    Scope { record, parent: None }
}

#[test]
fn only_wanted_records_come_in_and_an_unanswerable_question_is_a_problem() {
    let plans = order();
    for (record, wanted) in
        [(r#"{"status": "paid"}"#, true), (r#"{"status": "draft"}"#, false), (r#"{"status": null}"#, true)]
    {
        let record = json(record);
        assert_eq!(plans.wants(0, scope(&record)), Ok(wanted));
    }
    let record = json("{}");
    let problem = plans.wants(0, scope(&record)).expect_err("no status");
    assert_eq!(problem.path, "record['status'] != 'draft'");
}

#[test]
fn steps_apply_when_asked_for_and_not_when_done() {
    let plans = order();
    let [confirm, write] = &plans.entities[0].then[..] else { panic!("two steps") };
    assert!(matches!(&confirm.step, Step::Call(method) if method == "action_confirm"));
    assert_eq!(
        (confirm.reads.as_slice(), write.reads.as_slice()),
        (&["state".to_owned()][..], &["name".to_owned()][..])
    );
    let (paid, open, odd) = (json(r#"{"status": "paid"}"#), json(r#"{"status": "open"}"#), json("{}"));
    assert_eq!(plans.applies(confirm, scope(&paid)), Ok(true));
    assert_eq!(plans.applies(confirm, scope(&open)), Ok(false));
    assert!(plans.applies(confirm, scope(&odd)).is_err());
    assert_eq!(plans.applies(write, scope(&open)), Ok(true), "a step without `when` always applies");
    for (odoo, agreed, done) in [
        (r#"{"state": "draft"}"#, None, false),
        (r#"{"state": "sale"}"#, None, true),
        (r#"{"state": "draft"}"#, Some("action_confirm"), true),
        (r#"{"state": "draft"}"#, Some("action_cancel"), false),
    ] {
        let odoo = json(odoo);
        assert_eq!(plans.is_done(confirm, scope(&paid), &odoo, agreed), Ok(done), "{odoo}");
        assert_eq!(
            plans.is_done(write, scope(&paid), &odoo, agreed),
            Ok(false),
            "a step without `unless` is never done"
        );
    }
    let odoo = json("{}");
    assert!(plans.is_done(confirm, scope(&paid), &odoo, None).is_err());
}

#[test]
fn a_check_expects_a_value_or_nothing() {
    let plans = order();
    let checks = &plans.entities[0].check;
    let fields: Vec<&str> = checks.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["amount_total", "note"]);
    let record = json(r#"{"total": "12.50", "note": null}"#);
    let expected =
        |i: usize| plans.expected(&checks[i].1, scope(&record)).map(|value| value.as_ref().map(shown));
    assert_eq!(expected(0), Ok(Some("decimal 12.50".to_owned())));
    assert_eq!(expected(1), Ok(None), "null expects nothing");
    let wrong = json(r#"{"total": "many"}"#);
    assert!(plans.expected(&checks[0].1, scope(&wrong)).is_err());
    assert_eq!(plans.expected(&checks[1].1, scope(&wrong)), Ok(None), "absent expects nothing");
}
