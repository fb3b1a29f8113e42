//! Samples that their own definition would refuse are told before the first sync.

use linkspan::definition;
use linkspan::diagnostic::{Diagnostic, Severity};

const DEFINITION: &str = r#"
schema = 1
[connector]
id = "acme"
title = "Acme"
type = "ecommerce"
version = "1.0.0"
[settings]
store_url = { type = "url", title = "Store" }
style = { type = "text", title = "Style" }
country = { type = "text", title = "Country", default = "SA" }
[secrets]
key = { title = "Key" }
[auth]
kind = "bearer"
secret = "key"
[http]
base_url = "{store_url}/{style}/{country}"
[operations]
list_orders = { method = "GET", path = "/orders", repeat = "safe", paginate = { kind = "whole" } }
[entities.guest]
external = { id = "mail" }
odoo = { model = "res.partner" }
map = { name = { from = "name" }, comment = GUEST }
[entities.order]
external = { id = "id", updated = UPDATED }
odoo = { model = "sale.order" }
import = { list = "list_orders", ONLY }
sample = "order.json"
then = [{ call = "action_confirm", when = WHEN }]
check = { amount_total = CHECK }
[entities.order.map]
client_order_ref = FIELD
partner_id = { relation = "guest", embed = "guest" }
order_line = { lines = "lines", key = "id", map = { name = LINE }, also = [{ name = "fee", lines = "fees", key = "id", map = { name = FEE } }] }
"#;

const SAMPLE: &str = r#"{
  "id": 7, "created": 1793000000, "updated": "2026-10-01T12:00:00Z", "state": "open", "total": "much",
  "guest": { "mail": "a@example.com", "name": "Ada", "born": 12 },
  "lines": [{ "id": 1, "sku": "MUG" }, { "id": 2, "sku": "CUP" }],
  "fees": [{ "id": 1, "title": "Gift", "on": 5 }]
}"#;

const FITS: &[(&str, &str)] = &[
    ("GUEST", r#"{ from = "mail" }"#),
    ("UPDATED", r#"{ path = "updated" }"#),
    ("ONLY", r#"only = { expr = "record['state'] != 'draft'" }"#),
    ("WHEN", r#"{ expr = "record['state'] == 'open'" }"#),
    ("CHECK", r#"{ from = "created" }"#),
    ("FIELD", r#"{ from = "state" }"#),
    ("LINE", r#"{ from = "sku" }"#),
    ("FEE", r#"{ from = "title" }"#),
];

/// The definition with some of its places filled otherwise, and what the check makes of it.
fn checked(changes: &[(&str, &str)]) -> (String, Result<definition::Checked, definition::Report>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("order.json"), SAMPLE).expect("the sample is written");
    let text = changes
        .iter()
        .chain(FITS)
        .fold(DEFINITION.to_owned(), |text, (place, with)| text.replace(place, with));
    let checked = definition::parse(&text, "connector.toml", Some(folder.path()));
    (text, checked)
}

/// The same with its problems.
fn problems(changes: &[(&str, &str)]) -> (String, Vec<Diagnostic>) {
    let (text, checked) = checked(changes);
    (text, checked.map_or_else(|report| report.diagnostics, |checked| checked.findings))
}

#[test]
fn records_unlike_the_sample_can_still_be_synced() {
    let (_, checked) = checked(&[("FIELD", r#"{ from = "created", as = "date" }"#)]);
    let findings = definition::Report::new(checked.expect("a definition").findings);
    assert!(findings.has_errors(), "{findings}");
}

#[test]
fn a_value_that_its_field_refuses_is_told_at_its_place() {
    for (place, with, at, said) in [
        ("FIELD", r#"{ from = "created", as = "date" }"#, r#""created""#, "1793000000"),
        (
            "FIELD",
            r#"{ expr = "datetime(record['created'])" }"#,
            r#""datetime(record['created'])""#,
            "datetime",
        ),
        ("FIELD", r#"{ from = "total", as = "decimal" }"#, r#""total""#, "much"),
        ("FIELD", r#"{ from = "state", values = { paid = "Paid" } }"#, r#""state""#, "value table"),
        (
            "FIELD",
            r#"{ choose = [{ when = { expr = "record['id'] == 7" }, then = { from = "guest" } }, { then = { from = "state" } }] }"#,
            r#""guest""#,
            "object",
        ),
        ("FIELD", r#"{ expr = "date(record['created'] + len(settings['country']))" }"#, r#""date("#, "date"),
        ("LINE", r#"{ from = "sku", as = "decimal" }"#, r#""sku""#, "MUG"),
        ("FEE", r#"{ from = "on", as = "date" }"#, r#""on""#, "5"),
        ("GUEST", r#"{ from = "born", as = "date" }"#, r#""born""#, "12"),
        ("UPDATED", r#"{ path = "created" }"#, r#""created""#, "1793000000"),
        ("ONLY", r#"only = { expr = "int(record['total']) > 5" }"#, r#""int("#, "much"),
        ("WHEN", r#"{ expr = "decimal(record['total']) > 5" }"#, r#""decimal("#, "much"),
        ("CHECK", r#"{ expr = "decimal(record['total'])" }"#, r#""decimal("#, "much"),
    ] {
        let (text, problems) = problems(&[(place, with)]);
        let report = definition::Report::new(problems.clone());
        let [problem] = problems.as_slice() else { panic!("{with}: {} problems\n{report}", problems.len()) };
        assert_eq!((problem.code, problem.severity), ("LS0233", Severity::Error), "{report}");
        assert!(text[problem.span.clone()].starts_with(at), "{with}\n{report}");
        assert!(problem.message.contains(said), "{with}\n{report}");
        assert!(problem.help.as_deref().is_some_and(|help| help.contains("sample")), "{report}");
    }
}

#[test]
fn what_only_the_configuration_or_odoo_tells_is_not_judged() {
    for (place, with) in [
        ("FIELD", r#"{ from = "state" }"#),
        ("FIELD", r#"{ expr = "date(settings['style'])" }"#),
        ("FIELD", r#"{ expr = "date(company['country'])" }"#),
        (
            "FIELD",
            r#"{ choose = [{ when = { expr = "settings['style'] == 'a'" }, then = { from = "state" } }, { then = { from = "created", as = "date" } }] }"#,
        ),
        ("LINE", r#"{ expr = "decimal(settings['style'] + line['sku'])" }"#),
        // A record that is not imported need not fit.
        ("ONLY", r#"only = { expr = "record['state'] == 'paid'" }"#),
        ("ONLY", r#"only = { expr = "record['state'] == settings['style']" }"#),
    ] {
        let mut changes = vec![(place, with)];
        if place == "ONLY" {
            changes.push(("FIELD", r#"{ from = "created", as = "date" }"#));
        }
        let (_, problems) = problems(&changes);
        let report = definition::Report::new(problems);
        assert!(report.diagnostics.is_empty(), "{with}\n{report}");
    }
}

#[test]
fn all_values_that_are_refused_are_told_at_once() {
    let (_, problems) = problems(&[
        ("FIELD", r#"{ from = "created", as = "date" }"#),
        ("LINE", r#"{ from = "sku", as = "integer" }"#),
        ("FEE", r#"{ from = "on", as = "date" }"#),
    ]);
    assert_eq!(problems.len(), 3, "{}", definition::Report::new(problems));
}

#[test]
fn an_item_that_a_member_names_is_looked_for_in_the_sample() {
    let (_, fine) = problems(&[("FIELD", r#"{ from = "lines[sku=MUG].id" }"#)]);
    assert!(fine.is_empty(), "{}", definition::Report::new(fine));
    let (text, problems) = problems(&[("FIELD", r#"{ from = "lines[sku=HAT].id" }"#)]);
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!((problem.code, &text[problem.span.clone()]), ("LS0231", "[sku=HAT]"));
    assert!(problem.message.contains("no item whose `sku` is `HAT`"), "{problem:?}");
}
