//! Expressions and sample records: what is wrong is told inside the TOML string.

use linkspan::definition;
use linkspan::diagnostic::{Diagnostic, Severity};

use super::SKETCH;

const SAMPLES: &[(&str, &str)] = &[
    ("product.json", include_str!("../../../connectors/woocommerce/samples/product.json")),
    ("order.json", include_str!("../../../connectors/woocommerce/samples/order.json")),
];

/// Every problem of the sketch after an edit, with samples beside it.
fn problems(replace: &str, with: &str) -> (String, Vec<Diagnostic>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in SAMPLES {
        std::fs::write(folder.path().join(name), text).expect("the sample is written");
    }
    assert!(SKETCH.contains(replace), "the sketch has no {replace:?}");
    let text = SKETCH
        .replacen(replace, with, 1)
        .replacen(
            "odoo = { model = \"product.product\" }",
            "odoo = { model = \"product.product\" }\nsample = \"product.json\"",
            1,
        )
        .replacen(
            "odoo = { model = \"sale.order\" }",
            "odoo = { model = \"sale.order\" }\nsample = \"order.json\"",
            1,
        );
    let problems = match definition::parse(&text, "connector.toml", Some(folder.path())) {
        Ok(checked) => checked.findings,
        Err(report) => report.diagnostics,
    };
    (text, problems)
}

/// The only problem: its code, the text it underlines, its help.
fn only(replace: &str, with: &str) -> (&'static str, String, String) {
    let (text, problems) = problems(replace, with);
    let [problem] = problems.as_slice() else {
        panic!("{with:?} gives {} problems:\n{}", problems.len(), definition::Report::new(problems));
    };
    (problem.code, text[problem.span.clone()].to_owned(), problem.help.clone().unwrap_or_default())
}

const WEIGHT: &str = "{ expr = \"decimal(record['weight']) if record['weight'] else None\" }";

#[test]
fn the_good_definition_fits_its_samples() {
    let (_, problems) = problems("schema = 1", "schema = 1");
    let report = definition::Report::new(problems);
    assert!(report.diagnostics.is_empty(), "{report}");
}

#[test]
fn an_expression_outside_the_subset_is_underlined_inside_its_string() {
    for (with, underlined) in [
        ("{ expr = \"1 + __import__('os')\" }", "__import__"),
        ("{ expr = \"(lambda: 1)()\" }", "lambda: 1"),
        ("{ expr = \"\\u0031 + nobody\" }", "nobody"),
        ("{ expr = '''\n1 + nobody''' }", "nobody"),
        ("{ expr = \"\"\"1 + \\\n   nobody\"\"\" }", "nobody"),
        ("{ expr = \"line['total']\" }", "line"),
    ] {
        let (code, at, help) = only(WEIGHT, with);
        assert_eq!(code, "LS0240", "{with}");
        assert!(at.starts_with(underlined), "{with}: {at}");
        assert!(!help.is_empty(), "{with}");
    }
}

#[test]
fn a_setting_that_an_expression_names_must_be_declared() {
    let (code, at, help) = only(WEIGHT, "{ expr = \"settings['store_ulr']\" }");
    assert_eq!((code, at.as_str()), ("LS0203", "'store_ulr'"));
    assert!(help.contains("`store_url`"), "{help}");
    let (code, at, _) = only(WEIGHT, "{ expr = \"company['vat']\" }");
    assert_eq!((code, at.as_str()), ("LS0203", "'vat'"));
}

#[test]
fn a_path_that_the_sample_does_not_have_is_underlined_at_its_step() {
    for (replace, with, underlined, near) in [
        ("from = \"sku\" }", "from = \"skuu\" }", "skuu", "`sku`"),
        (
            "from = \"categories[0].id\", relation = \"category\", missing = \"fetch\", optional = true",
            "from = \"categories[0].idd\", relation = \"category\"",
            "idd",
            "`id`",
        ),
        (
            "from = \"categories[0].id\", relation = \"category\", missing = \"fetch\", optional = true",
            "from = \"categories[].idd\", relation = \"category\"",
            "idd",
            "`id`",
        ),
        (
            "from = \"categories[0].id\", relation = \"category\", missing = \"fetch\", optional = true",
            "from = \"sku[]\", relation = \"category\"",
            "[]",
            "sample",
        ),
        ("external = \"sku\"", "external = \"SKUs\"", "SKUs", "`sku`"),
        (
            "path = \"date_modified_gmt\"",
            "path = \"date_modified_gtm\"",
            "date_modified_gtm",
            "`date_modified_gmt`",
        ),
        (
            "external = { id = \"id\", updated = { path = \"date_modified_gmt\", format = \"iso8601\", zone = \"utc\" } }\nodoo = { model = \"sale.order\" }",
            "external = { id = \"idx\" }\nodoo = { model = \"sale.order\" }",
            "idx",
            "`id`",
        ),
        ("lines = \"line_items\"", "lines = \"line_item\"", "line_item", "`line_items`"),
        ("key = \"id\" ", "key = \"ident\" ", "ident", "`id`"),
        ("from = \"quantity\"", "from = \"qty\"", "qty", "`quantity`"),
        ("from = \"number\"", "from = \"billing.fone\"", "fone", "`phone`"),
        ("from = \"number\"", "from = \"number.text\"", "text", "sample"),
        ("record['status'] in", "record['state'] in", "'state'", "`status`"),
        ("decimal(line['quantity'])", "decimal(line['qty'])", "'qty'", "`quantity`"),
        (WEIGHT, "{ expr = \"[c['nam'] for c in record['categories']]\" }", "'nam'", "`name`"),
    ] {
        let (code, at, help) = only(replace, with);
        assert_eq!((code, at.as_str()), ("LS0231", underlined), "{with}");
        assert!(help.contains(near), "{with}: {help}");
    }
}

#[test]
fn a_path_that_may_be_absent_is_not_looked_for_in_the_sample() {
    for with in [
        "{ from = \"weight_in_stone\", optional = true }",
        "{ from = \"weight_in_stone\", as = \"decimal\", default = 0 }",
        "{ expr = \"record.get('weight_in_stone')\" }",
        "{ expr = \"record['weight_in_stone'] if 'weight_in_stone' in record else None\" }",
    ] {
        let (_, problems) = problems(WEIGHT, with);
        let report = definition::Report::new(problems);
        assert!(report.diagnostics.is_empty(), "{report}");
    }
}

#[test]
fn a_path_that_may_be_absent_and_looks_misspelt_is_a_warning() {
    let (_, problems) = problems(WEIGHT, "{ from = \"wieght\", optional = true }");
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!((problem.severity, problem.code), (Severity::Warning, "LS0231"));
    assert!(problem.help.as_deref().unwrap().contains("`weight`"), "{problem:?}");
}

#[test]
fn an_embedded_entity_is_compared_with_the_place_it_stands_in() {
    let embedded = |path: &str, expression: &str| {
        format!(
            "[entities.guest]\nexternal = {{ id = {{ expr = \"{expression}\" }} }}\nodoo = {{ model = \"res.partner\" }}\n\
             map = {{ name = {{ from = \"{path}\" }} }}\n[entities.order.map.partner_invoice_id]\n\
             embed = \"billing\"\nrelation = \"guest\"\n[webhooks]"
        )
    };
    let (_, problems) = problems("[webhooks]", &embedded("last_name", "record['email'] + str(parent['id'])"));
    let report = definition::Report::new(problems);
    assert!(report.diagnostics.is_empty(), "{report}");

    let (code, at, _) = only("[webhooks]", &embedded("lastname", "record['email']"));
    assert_eq!((code, at.as_str()), ("LS0231", "lastname"));
    let (code, at, _) = only("[webhooks]", &embedded("last_name", "parent['identity']"));
    assert_eq!((code, at.as_str()), ("LS0231", "'identity'"));
}

#[test]
fn a_sample_that_cannot_be_used_is_a_problem() {
    for (name, content, told) in [
        ("gone.json", None, "cannot be used"),
        ("text.json", Some("{"), "is not JSON"),
        ("list.json", Some("[]"), "holds a list"),
        ("../outside.json", None, "is not beside the definition"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if let Some(content) = content {
            std::fs::write(folder.path().join(name), content).expect("the sample is written");
        }
        let with = format!("odoo = {{ model = \"sale.order\" }}\nsample = \"{name}\"");
        let text = SKETCH.replacen("odoo = { model = \"sale.order\" }", &with, 1);
        let report = definition::parse(&text, "connector.toml", Some(folder.path())).expect_err("no sample");
        assert_eq!(report.diagnostics[0].code, "LS0232", "{report}");
        assert!(report.diagnostics[0].message.contains(told), "{report}");
    }
}

#[test]
fn entities_that_need_each_other_first_are_a_cycle() {
    let back = "categ_id     = {";
    let link = |keys: &str| format!("x_order = {{ from = \"id\", relation = \"order\"{keys} }}\n{back}");
    let (code, at, _) = only(back, &link(""));
    assert_eq!((code, at.as_str()), ("LS0250", "\"product\""));
    for keys in [", optional = true", ", missing = \"empty\""] {
        let (_, problems) = problems(back, &link(keys));
        assert!(problems.is_empty(), "{}", definition::Report::new(problems));
    }
    let itself = "x_variant_of = { from = \"id\", relation = \"product\" }\ncateg_id     = {";
    let (_, problems) = problems(back, itself);
    assert!(problems.is_empty(), "{}", definition::Report::new(problems));
}

#[test]
fn what_nothing_uses_is_a_warning() {
    let declared = "[secrets]\nold_key = { title = \"Old key\" }";
    let (_, problems) = problems("[secrets]", declared);
    let told: Vec<_> = problems.iter().map(|p| (p.code, p.severity.as_str(), p.message.as_str())).collect();
    assert_eq!(told, [("LS0301", "warning", "nothing uses the secret `old_key`")]);
}
