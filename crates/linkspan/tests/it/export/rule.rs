//! Automation rules in Odoo tell of changes at once.

use linkspan::definition::Definition;
use linkspan::store::JobKind;
use linkspan::sync::{is_rule_token, odoo_push, rule_token};
use sandbox::odoo::{Apps, OdooSpec, Series};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::support::records::record;
use crate::support::world::{Plan, World};

async fn world(apps: Apps, series: Series, login: &'static str) -> World {
    let odoo = OdooSpec { apps, ..OdooSpec::new(series) };
    let world = World::start(Plan { odoo, login, ..Plan::sized(1, 0, 0) }).await;
    world.program.edit("[store]", "[service]\npublic_url = \"https://sync.example.com/\"\n\n[store]");
    world
}

const BOTH: Apps = Apps { stock: true, automation: true };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_installed_once_found_again_and_removed() {
    for series in [Series::V17, Series::V18, Series::V19] {
        let world = world(BOTH, series, "admin").await;
        world.run(&["odoo-rule", "status", "shop1"]).await.ended(1).said(&["missing"]);
        world.run(&["odoo-rule", "install", "shop1"]).await.ended(0);
        let rules = world.odoo.records("base.automation");
        let actions = world.odoo.records("ir.actions.server");
        assert_eq!((rules.len(), actions.len()), (5, 5), "{rules:?}");
        let url = actions[0]["webhook_url"].as_str().unwrap();
        assert!(url.starts_with("https://sync.example.com/webhooks/odoo/shop1?token="), "{url}");
        // Somebody switched one off and changed an address.
        let client = world.administrator().await;
        let rule = rules[0]["id"].as_i64().unwrap();
        client.write("base.automation", &[rule], record(json!({ "active": false }))).await.unwrap();
        let action = actions[1]["id"].as_i64().unwrap();
        client.write("ir.actions.server", &[action], record(json!({ "webhook_url": "x" }))).await.unwrap();
        world.run(&["odoo-rule", "status", "shop1"]).await.ended(1).said(&["switched off", "outdated"]);
        world.run(&["odoo-rule", "install", "shop1"]).await.ended(0);
        let said = world.run(&["odoo-rule", "status", "shop1"]).await.ended(0);
        assert!(!said.output().contains("token"), "{}", said.output());
        assert_eq!((world.odoo.count("base.automation"), world.odoo.count("ir.actions.server")), (5, 5));
        world.run(&["odoo-rule", "remove", "shop1"]).await.ended(0);
        assert_eq!((world.odoo.count("base.automation"), world.odoo.count("ir.actions.server")), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_rules_need_is_said() {
    let manager = world(BOTH, Series::V18, "manager").await;
    manager.run(&["odoo-rule", "install", "shop1"]).await.ended(2).said(&["Administration: Settings"]);
    let without = world(Apps { stock: true, automation: false }, Series::V18, "admin").await;
    without.run(&["odoo-rule", "install", "shop1"]).await.ended(2).said(&["base_automation"]);
    let old = world(BOTH, Series::V16, "admin").await;
    old.run(&["odoo-rule", "install", "shop1"]).await.ended(2).said(&["since 17.0"]);
}

fn woocommerce() -> Definition {
    let text = include_str!("../../../connectors/woocommerce/connector.toml");
    linkspan::definition::parse(text, "connector.toml", None).unwrap().definition
}

fn pushed(body: &Value) -> Vec<(JobKind, String, String)> {
    let jobs = odoo_push(&woocommerce(), "shop1", body.to_string().as_bytes()).unwrap();
    jobs.into_iter().map(|job| (job.kind, job.entity, job.record)).collect()
}

#[test]
fn an_order_that_is_cancelled_goes_out_before_what_odoo_has_in_stock_then() {
    let run_at =
        |body: Value| odoo_push(&woocommerce(), "shop1", body.to_string().as_bytes()).unwrap()[0].run_at;
    let stock = run_at(json!({ "_model": "stock.quant", "_id": 1, "product_id": 7 }));
    let order = run_at(json!({ "_model": "sale.order", "id": 9 }));
    assert!(stock >= order + 4_000, "the shop puts goods back by itself: {stock} {order}");
}

#[test]
fn what_odoo_posts_becomes_exports_of_the_record_it_leads_to() {
    let export = |entity: &str, id: &str| vec![(JobKind::Export, entity.to_owned(), id.to_owned())];
    let product = json!({ "_model": "product.product", "_id": 7, "_action": "Send(#3)", "id": 7 });
    assert_eq!(pushed(&product), export("product", "7"));
    assert_eq!(pushed(&json!({ "_model": "sale.order", "id": 9 })), export("order", "9"));
    let quant = json!({ "_model": "stock.quant", "_id": 1, "product_id": 7 });
    assert_eq!(pushed(&quant), export("product", "7"));
    let template = json!({ "_model": "product.template", "_id": 3, "product_variant_ids": [7, 8] });
    assert_eq!(pushed(&template), [export("product", "7"), export("product", "8")].concat());
    let pair = json!({ "_model": "stock.quant", "_id": 1, "product_id": [7, "Lamp"] });
    assert_eq!(pushed(&pair), export("product", "7"));
    // A transfer without an order, or without the field: whatever it means is searched for.
    let lost = vec![(JobKind::Changes, "order".to_owned(), String::new())];
    assert_eq!(pushed(&json!({ "_model": "stock.picking", "_id": 1, "sale_id": false })), lost);
    assert_eq!(pushed(&json!({ "_model": "res.partner", "_id": 1 })), []);
}

#[test]
fn what_is_no_push_is_refused_in_words() {
    for body in [&b"{"[..], b"[]", b"{\"_model\": 3, \"_id\": 1}", b"{\"_model\": \"sale.order\"}", b""] {
        assert!(odoo_push(&woocommerce(), "shop1", body).is_err(), "{body:?}");
    }
}

#[test]
fn a_token_opens_one_backend_only_and_changes_with_the_secret() {
    let secret = SecretString::from("secret");
    let token = rule_token(&secret, "shop1");
    assert!(is_rule_token(&secret, "shop1", token.expose_secret()));
    assert!(!is_rule_token(&secret, "shop2", token.expose_secret()));
    assert!(!is_rule_token(&SecretString::from("other"), "shop1", token.expose_secret()));
    assert!(!is_rule_token(&secret, "shop1", ""));
}
