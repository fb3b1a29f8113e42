//! The WooCommerce module inside Odoo and `linkspan sync` beside it, on one sandbox shop: the same records.
//!
//! `cargo xtask live inside` runs it. Besides what the live tests need, `LINKSPAN_ODOO_COMMAND` is how `odoo-bin` is
//! started on a database, as a JSON list of words, with OCA's component, connector and queue_job on its addons path;
//! `LINKSPAN_ODOO_MODULE_DB` is a second copy of the database, which no server runs on.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use linkspan::definition::entity::Field;
use linkspan::definition::model::{Definition, Series};
use sandbox::shop::{Shop, ShopSpec};
use serde_json::{Value, json};

use crate::live::real::Real;
use crate::support::odoo_bin::OdooBin;
use crate::support::program::Program;

const PREPARE: &str = include_str!("prepare.py");
const IMPORT: &str = include_str!("import.py");
const DUMP: &str = include_str!("dump.py");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo with OCA's connector"]
async fn the_module_inside_odoo_leaves_the_records_that_sync_leaves() {
    let real = Real::from_environment();
    let spec = ShopSpec { products: 60, customers: 25, orders: 60, ..ShopSpec::default() };
    let shop = Shop::generate(&spec).start(0).await.unwrap();
    let program = Program::new(&config(&real, &shop.url()), environment(&real));
    // Odoo may run as another user.
    std::fs::set_permissions(program.folder(), PermissionsExt::from_mode(0o755)).unwrap();
    let addons = program.path("addons");
    let odoo = OdooBin { addons: addons.display().to_string() };

    odoo.shell(&real.database, PREPARE).await;
    program.run(&["sync", "shop"]).await.ended(0);
    let outside = program.run(&["bindings", "list", "shop", "--limit", "100000", "--json"]).await.ended(0);

    let inside = std::env::var("LINKSPAN_ODOO_MODULE_DB").unwrap();
    let series = odoo.series().await;
    let path = odoo.addons.clone();
    let init = ["init", "woocommerce", "--connector", "woocommerce", "--odoo", &series, "--path", &path];
    program.run(&init).await.ended(0);
    program.run(&["addons", "--odoo", &series, "--path", &path]).await.ended(0);
    odoo.run(&inside, &[], &["-i", "woocommerce_connector", "--stop-after-init", "--no-http"], "").await;
    odoo.shell(&inside, PREPARE).await;
    let failed = odoo.answer(&inside, &format!("SHOP = {}\n{IMPORT}", json!(shop.url()))).await;
    assert_eq!(failed, json!([]));

    let fields = literal(&mapped_fields(&addons.join("woocommerce_connector/connector.toml"), &series));
    let dump = |bindings: &str| {
        let bindings = literal(&serde_json::from_str(bindings).unwrap());
        format!("FIELDS = {fields}\nBINDINGS = {bindings}\n{DUMP}")
    };
    let beside = odoo.answer(&real.database, &dump(&outside.stdout)).await;
    let within = odoo.answer(&inside, &dump("null")).await;
    let (beside, within) = (beside.as_object().unwrap(), within.as_object().unwrap());
    assert_eq!(within.keys().collect::<Vec<_>>(), beside.keys().collect::<Vec<_>>());
    assert!(beside.len() > 150, "{} records", beside.len());
    for (name, values) in beside {
        assert_eq!(&within[name], values, "{name}: the module's values and those of sync");
    }
    println!("live inside on {series}: {} records have the same values", beside.len());
}

fn environment(real: &Real) -> [(String, String); 3] {
    let pairs =
        [("TEST_PASSWORD", real.secret.as_str()), ("TEST_KEY", "ck_sandbox"), ("TEST_SECRET", "cs_sandbox")];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn config(real: &Real, shop: &str) -> String {
    format!(
        "schema = 1\n[odoo.main]\nurl = \"{}\"\ndatabase = \"{}\"\nlogin = \"{}\"\nsecret = {{ env = \"TEST_PASSWORD\" }}\n\
         [backends.shop]\nconnector = \"woocommerce\"\nodoo = \"main\"\n[backends.shop.settings]\nstore_url = \"{shop}\"\n\
         [backends.shop.secrets]\nconsumer_key = {{ env = \"TEST_KEY\" }}\nconsumer_secret = {{ env = \"TEST_SECRET\" }}\n",
        real.url, real.database, real.login
    )
}

/// Entity -> binding model, Odoo model, mapped fields, fields of lines.
fn mapped_fields(connector: &Path, series: &str) -> Value {
    let text = std::fs::read_to_string(connector).unwrap();
    let folder = connector.parent();
    let definition = linkspan::definition::parse(&text, "connector.toml", folder).unwrap().definition;
    let series: Series = serde_json::from_value(json!(series)).unwrap();
    let entities = definition.entities.iter().map(|(name, entity)| {
        let fields = in_series(&entity.map, series);
        let (lines, plain): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|name| entity.map[*name].lines.is_some());
        let lines: BTreeMap<&str, Vec<&str>> = lines
            .into_iter()
            .map(|name| (name, in_series(entity.map[name].map.as_ref().unwrap(), series)))
            .collect();
        (name.clone(), json!([binding_model(&definition, name), entity.odoo.model, plain, lines]))
    });
    Value::Object(entities.collect())
}

fn in_series(map: &BTreeMap<String, Field>, series: Series) -> Vec<&str> {
    let has = |field: &Field| field.series.as_ref().is_none_or(|list| list.contains(&series));
    map.iter().filter(|(_, field)| has(field)).map(|(name, _)| name.as_str()).collect()
}

/// As `linkspan init` names it.
fn binding_model(definition: &Definition, name: &str) -> String {
    let entity = &definition.entities[name];
    match entity.import {
        Some(_) => format!("woocommerce.{}", entity.odoo.model),
        None => format!("woocommerce.{}", name.replace('_', ".")),
    }
}

/// JSON as a Python text.
fn literal(value: &Value) -> Value {
    Value::from(value.to_string())
}
