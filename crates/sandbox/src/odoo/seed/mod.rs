//! What is in a fresh database.

use super::database::Database;
use super::orm::{Context, Env, Input, User, Vals};
use super::spec::{OdooSpec, Rights, Series};
use super::value::Value;

/// ISO 3166-1: code, tab, name.
const COUNTRIES: &str = include_str!("countries.tsv");
/// ISO 3166-2 for the countries whose addresses need it: country, code, name.
const STATES: &str = include_str!("states.tsv");
/// ISO 4217: code, decimals, symbol, name.
const CURRENCIES: &str = include_str!("currencies.tsv");

/// Fills an empty database as `spec` says and commits it.
pub(crate) fn seed(db: &mut Database, spec: &OdooSpec) {
    let system = User { id: 1, rights: Rights::Administrator, lang: "en_US".to_owned() };
    let mut env = Env::new(db, spec, system, Context::from_json(None));
    env.elevated = true;
    precisions(&mut env);
    places(&mut env);
    people(&mut env);
    goods(&mut env);
    apps(&mut env);
    super::business::amounts::settle(&mut env);
}

/// What apps bring: a place for stock, and the models that a rule may be about.
fn apps(env: &mut Env<'_>) {
    if env.spec.apps.stock {
        let values = [("name", Value::text("Stock")), ("complete_name", Value::text("WH/Stock"))];
        add(env, "stock.location", &values, Some("stock.stock_location_stock"));
    }
    if !env.spec.apps.automation || env.series() < Series::V17 {
        return;
    }
    let schema = std::sync::Arc::clone(&env.db.schema);
    for model in &schema.models {
        let values = [("name", Value::text(model.label)), ("model", Value::text(model.name))];
        let id = add(env, "ir.model", &values, None);
        for field in &model.fields {
            let values = [
                ("name", Value::text(field.name)),
                ("model", Value::text(model.name)),
                ("model_id", Value::link(id)),
            ];
            add(env, "ir.model.fields", &values, None);
        }
    }
}

/// Creates a record that the seed knows to be right; gives its id.
fn add(env: &mut Env<'_>, model: &str, values: &[(&str, Value)], xmlid: Option<&str>) -> u32 {
    let model = env.schema().known(model);
    let vals: Vals = values
        .iter()
        .map(|(name, value)| (env.model(model).known(name), Input::Value(value.clone())))
        .collect();
    let created = env.create(model, vec![vals]).map(|ids| ids.first().copied().unwrap_or_default());
    let id = created
        .unwrap_or_else(|error| panic!("the seed of {} is wrong: {}", env.model(model).name, error.message));
    if let Some(xmlid) = xmlid {
        let bound = env.bind_xmlid(xmlid, model, id);
        bound.unwrap_or_else(|error| {
            panic!("the external id {xmlid} of the seed is wrong: {}", error.message)
        });
    }
    id
}

fn precisions(env: &mut Env<'_>) {
    let unit = env.series().unit_precision();
    for (name, digits) in [
        ("Product Price", 2),
        ("Discount", 2),
        ("Stock Weight", 2),
        ("Volume", 2),
        (unit, 2),
        ("Payment Terms", 6),
    ] {
        add(env, "decimal.precision", &[("name", Value::text(name)), ("digits", Value::Int(digits))], None);
    }
}

fn places(env: &mut Env<'_>) {
    for (name, code, direction) in [
        ("English (US)", "en_US", "ltr"),
        ("Arabic / الْعَرَبيّة", "ar_001", "rtl"),
        ("French / Français", "fr_FR", "ltr"),
    ] {
        let short = code.split('_').next().unwrap_or_default();
        let values = [
            ("name", Value::text(name)),
            ("code", Value::text(code)),
            ("iso_code", Value::text(short)),
            ("url_code", Value::text(short)),
            ("direction", Value::text(direction)),
            ("active", Value::Bool(code != "fr_FR")),
        ];
        add(env, "res.lang", &values, None);
    }
    for line in CURRENCIES.lines() {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (code, decimals, symbol, name) = (next(), next().parse().unwrap_or(2), next(), next());
        let active = env.spec.currency == code || env.spec.extra_currencies.iter().any(|extra| extra == code);
        let values = [
            ("name", Value::text(code)),
            ("full_name", Value::text(name)),
            ("symbol", Value::text(symbol)),
            ("rounding", Value::Float(10f64.powi(-decimals))),
            ("active", Value::Bool(active)),
        ];
        add(env, "res.currency", &values, Some(&format!("base.{code}")));
    }
    for line in COUNTRIES.lines() {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (code, name, currency, phone) = (next(), next(), next(), next().parse().unwrap_or(0));
        let xmlid = format!("base.{}", if code == "GB" { "uk".to_owned() } else { code.to_lowercase() });
        let values = [
            ("code", Value::text(code)),
            ("name", Value::text(name)),
            ("currency_id", currency_of(env, currency)),
            ("phone_code", Value::Int(phone)),
        ];
        add(env, "res.country", &values, Some(&xmlid));
    }
    for line in STATES.lines() {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (country, code, name) = (next(), next(), next());
        let values = [
            ("country_id", country_id(env, country)),
            ("code", Value::text(code)),
            ("name", Value::text(name)),
        ];
        add(env, "res.country.state", &values, None);
    }
}

/// A currency by code; `Unset` if there is none.
fn currency_of(env: &mut Env<'_>, code: &str) -> Value {
    let model = env.schema().known("res.currency");
    let field = env.model(model).known("name");
    env.db.with_value(model, field, &Value::text(code)).first().map(|id| Value::link(*id)).unwrap_or_default()
}

fn country_id(env: &mut Env<'_>, code: &str) -> Value {
    let model = env.schema().known("res.country");
    let field = env.model(model).known("code");
    env.db.with_value(model, field, &Value::text(code)).first().map(|id| Value::link(*id)).unwrap_or_default()
}

fn people(env: &mut Env<'_>) {
    let currency = currency_id(env);
    let company = add(
        env,
        "res.partner",
        &[("name", Value::text("My Company")), ("is_company", Value::Bool(true))],
        Some("base.main_partner"),
    );
    let values = [
        ("name", Value::text("My Company")),
        ("partner_id", Value::link(company)),
        ("currency_id", currency.clone()),
    ];
    add(env, "res.company", &values, Some("base.main_company"));
    if env.spec.foreign_company {
        let partner = add(
            env,
            "res.partner",
            &[("name", Value::text("Other Company")), ("is_company", Value::Bool(true))],
            None,
        );
        let values = [
            ("name", Value::text("Other Company")),
            ("partner_id", Value::link(partner)),
            ("currency_id", currency),
        ];
        add(env, "res.company", &values, None);
    }
    let system = ("OdooBot".to_owned(), "__system__".to_owned(), false);
    let users = env.spec.users.iter().map(|user| (user.login.clone(), user.login.clone(), true));
    for (name, login, active) in std::iter::once(system).chain(users.collect::<Vec<_>>()) {
        let partner = add(
            env,
            "res.partner",
            &[("name", Value::text(name.as_str())), ("active", Value::Bool(active))],
            None,
        );
        let values = [
            ("login", Value::text(login)),
            ("name", Value::text(name)),
            ("partner_id", Value::link(partner)),
            ("company_id", Value::link(1)),
            ("lang", Value::text(env.spec.lang.as_str())),
            ("active", Value::Bool(active)),
        ];
        add(env, "res.users", &values, None);
    }
}

fn currency_id(env: &mut Env<'_>) -> Value {
    let code = env.spec.currency.clone();
    let found = currency_of(env, &code);
    assert!(found.truthy(), "the spec's currency {code} is none of ISO 4217");
    found
}

fn goods(env: &mut Env<'_>) {
    let currency = currency_id(env);
    for (name, xmlid) in [
        ("Units", "product_uom_unit"),
        ("Dozens", "product_uom_dozen"),
        ("kg", "product_uom_kgm"),
        ("g", "product_uom_gram"),
    ] {
        add(env, "uom.uom", &[("name", Value::text(name))], Some(&format!("uom.{xmlid}")));
    }
    let categories: &[(&str, &str)] = match env.series() {
        Series::V19 => &[
            ("Goods", "category_goods"),
            ("Expenses", "category_expenses"),
            ("Services", "category_services"),
        ],
        _ => &[("All", "category_all")],
    };
    for (name, xmlid) in categories {
        add(
            env,
            "product.category",
            &[("name", Value::text(*name))],
            Some(&format!("product.product_{xmlid}")),
        );
    }
    if env.series() == Series::V16 {
        // Later series have a pricelist only once the feature is switched on.
        let values = [("name", Value::text("Public Pricelist")), ("currency_id", currency)];
        add(env, "product.pricelist", &values, Some("product.list0"));
    }
    add(env, "crm.team", &[("name", Value::text("Sales"))], Some("sales_team.team_sales_department"));
    for tax in env.spec.taxes.clone() {
        let include = if env.series() >= Series::V18 {
            (
                "price_include_override",
                Value::text(if tax.price_include { "tax_included" } else { "tax_excluded" }),
            )
        } else {
            ("price_include", Value::Bool(tax.price_include))
        };
        add(
            env,
            "account.tax",
            &[("name", Value::text(tax.name)), ("amount", Value::Float(tax.percent)), include],
            None,
        );
    }
}
