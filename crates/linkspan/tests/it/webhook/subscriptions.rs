//! Subscriptions on the vendor's side: made, repaired, told of when they are dead; with the sandbox's shop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, Response};
use linkspan::adapter::{Adapter, AdapterOptions};
use linkspan::definition::model::Scalar;
use linkspan::definition::webhooks::Subscriptions;
use linkspan::definition::{self, Definition};
use linkspan::store::{Subscription, SubscriptionState};
use linkspan::webhook::subscriptions::{SubscribeError, Wanted, ensure};
use sandbox::Fault;
use sandbox::serve::{Cut, serve};
use sandbox::shop::{ChangeSpec, Kind, RunningShop, Shop};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Plan, SECRET, Service};
use crate::support::world;

const TOPICS: [&str; 10] = [
    "customer.created",
    "customer.updated",
    "order.created",
    "order.deleted",
    "order.restored",
    "order.updated",
    "product.created",
    "product.deleted",
    "product.restored",
    "product.updated",
];

struct Bench {
    shop: RunningShop,
    adapter: Adapter,
    definition: Arc<Definition>,
    service: Service,
    secret: SecretString,
    entities: Vec<String>,
}

impl Bench {
    async fn start() -> Bench {
        let shop = Shop::generate(&world::size(6, 4, 6)).start(0).await.unwrap();
        let definition = linkspan::connectors::shipped("woocommerce").unwrap().unwrap();
        let settings = BTreeMap::from([("store_url".to_owned(), Scalar::Text(shop.url()))]);
        let secrets = [("consumer_key", "ck_sandbox"), ("consumer_secret", "cs_sandbox")];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), SecretString::from(value))).into();
        let adapter =
            Adapter::new(Arc::clone(&definition), &settings, &secrets, AdapterOptions::default()).unwrap();
        let entities = ["product", "customer", "order"].map(str::to_owned).to_vec();
        let service = Service::start(Plan::default()).await;
        Bench { shop, adapter, definition, service, secret: SecretString::from(SECRET), entities }
    }

    async fn ensure_at(&self, public_url: &str) -> Result<Vec<Subscription>, SubscribeError> {
        let wanted = Wanted {
            backend: "shop",
            public_url,
            entities: &self.entities,
            secret: Some(&self.secret),
            renew_secret: false,
        };
        ensure(&self.adapter, self.definition.webhooks.as_ref().unwrap(), &wanted, self.service.store()).await
    }

    async fn ensure(&self) -> Vec<Subscription> {
        self.ensure_at(&self.service.url).await.unwrap()
    }

    /// The shop's own list, by id.
    async fn listed(&self) -> Vec<Value> {
        let url = format!("{}/wp-json/wc/v3/webhooks?per_page=100&order=asc", self.shop.url());
        let request = super::client().get(url).basic_auth("ck_sandbox", Some("cs_sandbox"));
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    async fn make(&self, body: Value) {
        let url = format!("{}/wp-json/wc/v3/webhooks", self.shop.url());
        let request = super::client().post(url).basic_auth("ck_sandbox", Some("cs_sandbox"));
        assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 201);
    }
}

fn all_active(rows: &[Subscription]) {
    assert_eq!(rows.iter().map(|row| row.topic.as_str()).collect::<Vec<_>>(), TOPICS);
    for row in rows {
        assert_eq!(row.state, SubscriptionState::Active, "{row:?}");
    }
}

#[tokio::test]
async fn missing_subscriptions_are_made_and_a_second_time_changes_nothing() {
    let bench = Bench::start().await;
    all_active(&bench.ensure().await);
    let listed = bench.listed().await;
    assert_eq!(listed.len(), TOPICS.len());
    for one in &listed {
        assert_eq!(one["delivery_url"], json!(format!("{}/webhooks/shop", bench.service.url)));
        assert_eq!((&one["status"], &one["name"]), (&json!("active"), &json!("Linkspan")));
    }
    let before = bench.shop.requests().len();
    let again = bench.ensure().await;
    all_active(&again);
    assert!(again.iter().all(|row| row.message.is_none()), "{again:?}");
    let writes =
        bench.shop.requests().split_off(before).into_iter().filter(|(method, _)| method != "GET").count();
    assert_eq!(writes, 0);
    assert_eq!(bench.service.store().list_subscriptions(Some("shop")).await.unwrap(), again);
}

impl Bench {
    /// The same with other words about subscriptions in the definition.
    async fn described(change: impl FnOnce(&mut Subscriptions)) -> Bench {
        let mut bench = Bench::start().await;
        let mut definition = (*bench.definition).clone();
        let webhooks = definition.webhooks.as_mut().unwrap();
        change(webhooks.subscriptions.as_mut().unwrap());
        bench.definition = Arc::new(definition);
        bench
    }
}

/// EasyPost knows no topics: one webhook brings all events.
#[tokio::test]
async fn one_subscription_may_bring_all_topics() {
    let bench = Bench::described(|how| {
        how.topic = None;
        how.fields.insert("topic".to_owned(), Scalar::Text("order.updated".to_owned()));
    })
    .await;
    for message in [Some("It was made."), None] {
        let rows = bench.ensure().await;
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((row.topic.as_str(), row.state), ("*", SubscriptionState::Active));
        assert_eq!((row.message.as_deref(), row.remote_id.is_some()), (message, true));
        assert_eq!(bench.listed().await.len(), 1);
    }
}

#[tokio::test]
async fn what_is_made_and_cannot_be_found_again_is_undone_and_told() {
    let bench = Bench::described(|how| how.list = "list_products".to_owned()).await;
    for _ in 0..2 {
        let rows = bench.ensure().await;
        assert!(rows.iter().all(|row| row.state == SubscriptionState::Missing), "{rows:?}");
        assert!(rows[0].message.as_ref().unwrap().contains("`list_products`"), "{rows:?}");
        assert_eq!(bench.listed().await, Vec::<Value>::new());
    }
    assert_eq!(bench.service.store().list_alerts(None, 100).await.unwrap().len(), TOPICS.len());
}

#[tokio::test]
async fn subscriptions_that_were_switched_off_or_lead_elsewhere_are_repaired() {
    let bench = Bench::start().await;
    bench.ensure_at("https://old.example.com/").await.unwrap();
    for (id, status) in [(1, "paused"), (2, "disabled")] {
        assert!(bench.shop.shop().set_webhook_status(id, status));
    }
    // Another installation's, of the same shop, is none of our business.
    let other =
        json!({ "topic": "order.updated", "delivery_url": "https://other.example.com/webhooks/shop" });
    bench.make(other).await;
    all_active(&bench.ensure().await);
    let listed = bench.listed().await;
    assert_eq!(listed.len(), TOPICS.len() + 1, "repaired, not made anew");
    let address = json!(format!("{}/webhooks/shop", bench.service.url));
    for one in &listed[..TOPICS.len()] {
        assert_eq!((&one["status"], &one["delivery_url"]), (&json!("active"), &address));
    }
    assert_eq!(listed[TOPICS.len()]["delivery_url"], "https://other.example.com/webhooks/shop");
}

/// Stripe knows a status that can be read alone, and refuses fields it does not know.
#[tokio::test]
async fn a_status_that_is_only_read_is_not_sent_and_other_fields_switch_on() {
    type Hooks = Arc<Mutex<Vec<(String, Value)>>>;
    let asked: Hooks = Arc::default();
    let hooks: Hooks = Arc::default();
    let shop = {
        let (asked, hooks) = (Arc::clone(&asked), Arc::clone(&hooks));
        serve(0, move |request: Request<Body>| {
            let (asked, hooks) = (Arc::clone(&asked), Arc::clone(&hooks));
            async move {
                let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
                let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.map_err(|_| Cut)?;
                let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
                let (mut asked, mut hooks) = (asked.lock().unwrap(), hooks.lock().unwrap());
                asked.push((method.clone(), sent.clone()));
                let known = ["url", "topic", "disabled"];
                if sent.as_object().is_some_and(|sent| sent.keys().any(|key| !known.contains(&&**key))) {
                    let refused = Response::builder()
                        .status(400)
                        .body(Body::from(r#"{"message": "parameter_unknown"}"#));
                    return Ok::<_, Cut>(refused.unwrap());
                }
                let id = path.rsplit('/').next().unwrap().to_owned();
                let answer = match method.as_str() {
                    "GET" => json!({ "data": hooks.iter().map(|(_, hook)| hook).collect::<Vec<_>>() }),
                    "DELETE" => {
                        hooks.retain(|(known, _)| *known != id);
                        json!({ "deleted": true })
                    }
                    _ if id == "hooks" => {
                        let id = format!("we_{}", asked.len());
                        let mut hook = json!({ "id": id, "status": "enabled" });
                        hook["url"] = sent["url"].clone();
                        hook["topic"] = sent["topic"].clone();
                        hooks.push((id, hook.clone()));
                        hook
                    }
                    _ => {
                        let (_, hook) = hooks.iter_mut().find(|(known, _)| *known == id).unwrap();
                        if sent["disabled"] == false {
                            hook["status"] = "enabled".into();
                        }
                        hook.clone()
                    }
                };
                Ok(Response::new(Body::from(answer.to_string())))
            }
        })
        .await
        .unwrap()
    };
    let service = Service::start(Plan::default()).await;
    for switch_on in ["{ disabled = false }", "{}"] {
        let text = format!("{STRIPE}switch_on = {switch_on}\n").replace("{url}", &shop.url());
        let definition = definition::parse(&text, "connector.toml", None).unwrap().definition;
        let definition = Arc::new(definition);
        let secrets = [("key".to_owned(), SecretString::from("sk_1"))].into();
        let options = AdapterOptions::default();
        let adapter = Adapter::new(Arc::clone(&definition), &BTreeMap::new(), &secrets, options).unwrap();
        let webhooks = definition.webhooks.as_ref().unwrap();
        let wanted = Wanted {
            backend: switch_on,
            public_url: &service.url,
            entities: &["order".to_owned()],
            secret: None,
            renew_secret: false,
        };
        hooks.lock().unwrap().clear();
        for _ in 0..2 {
            let rows = ensure(&adapter, webhooks, &wanted, service.store()).await.unwrap();
            assert_eq!((rows.len(), rows[0].state), (1, SubscriptionState::Active), "{rows:?}");
        }
        let made = hooks.lock().unwrap().clone();
        assert_eq!(made.len(), 1);
        hooks.lock().unwrap()[0].1["status"] = "disabled".into();
        asked.lock().unwrap().clear();
        let rows = ensure(&adapter, webhooks, &wanted, service.store()).await.unwrap();
        assert_eq!(rows[0].state, SubscriptionState::Active, "{rows:?}");
        assert_eq!(rows[0].message.as_deref(), Some("It was switched off and is on again."));
        let hooks = hooks.lock().unwrap();
        assert_eq!((hooks.len(), &hooks[0].1["status"]), (1, &json!("enabled")));
        let methods: Vec<String> = asked.lock().unwrap().iter().map(|(method, _)| method.clone()).collect();
        match switch_on {
            "{}" => assert_eq!(methods, ["GET", "DELETE", "POST"]),
            _ => assert_eq!((methods, &hooks[0].0), (vec!["GET".to_owned(), "POST".to_owned()], &made[0].0)),
        }
    }
}

const STRIPE: &str = r#"
schema = 1
[connector]
id = "payments"
title = "Payments"
type = "accounting"
version = "1.0.0"
[secrets]
key = { title = "Key" }
[auth]
kind = "bearer"
secret = "key"
[http]
base_url = "{url}"
error_message = "message"
[operations]
list_orders = { method = "GET", path = "/orders", repeat = "safe", paginate = { kind = "whole" } }
get_order = { method = "GET", path = "/orders/{id}", repeat = "safe" }
list_hooks = { method = "GET", path = "/hooks", repeat = "safe", records = "data", paginate = { kind = "whole" } }
create_hook = { method = "POST", path = "/hooks", repeat = "look_up_first" }
update_hook = { method = "POST", path = "/hooks/{id}", repeat = "idempotent" }
delete_hook = { method = "DELETE", path = "/hooks/{id}", repeat = "idempotent" }
[entities.order]
external = { id = "id" }
odoo = { model = "sale.order" }
import = { list = "list_orders", get = "get_order" }
map = { client_order_ref = { from = "number" } }
[webhooks]
verify = { kind = "bearer", secret = "key" }
topic = { path = "type" }
topics = { "order.updated" = { import = "order", id = "data.id" } }
[webhooks.subscriptions]
list = "list_hooks"
create = "create_hook"
update = "update_hook"
delete = "delete_hook"
id = "id"
topic = "topic"
address = "url"
status = "status"
active = "enabled"
"#;

#[tokio::test]
async fn what_is_there_twice_is_deleted_once() {
    let bench = Bench::start().await;
    bench.ensure().await;
    let address = format!("{}/webhooks/shop", bench.service.url);
    bench.make(json!({ "topic": "order.updated", "delivery_url": address })).await;
    all_active(&bench.ensure().await);
    assert_eq!(bench.listed().await.len(), TOPICS.len());
}

#[tokio::test]
async fn a_subscription_that_cannot_be_helped_raises_an_alert_until_it_can() {
    let bench = Bench::start().await;
    bench.ensure().await;
    assert!(bench.shop.shop().set_webhook_status(1, "disabled"));
    bench.shop.faults().add(
        "PUT /wp-json/wc/v3/webhooks/1",
        Fault::Status { status: 403, retry_after_secs: None },
        1,
    );
    let rows = bench.ensure().await;
    let dead: Vec<&Subscription> = rows.iter().filter(|row| row.state == SubscriptionState::Dead).collect();
    assert_eq!((dead.len(), dead[0].remote_id.as_deref()), (1, Some("1")));
    let alerts = bench.service.store().list_alerts(Some("shop"), 1_000).await.unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].name, format!("subscription:shop/{}", dead[0].topic));
    assert!(alerts[0].message.contains("linkspan webhooks subscribe shop"), "{}", alerts[0].message);
    all_active(&bench.ensure().await);
    assert!(bench.service.store().list_alerts(None, 1_000).await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_secret_nothing_is_subscribed_to() {
    let bench = Bench::start().await;
    let wanted = Wanted {
        backend: "shop",
        public_url: "https://sync.example.com",
        entities: &bench.entities,
        secret: None,
        renew_secret: false,
    };
    let webhooks = bench.definition.webhooks.as_ref().unwrap();
    let error = ensure(&bench.adapter, webhooks, &wanted, bench.service.store()).await.unwrap_err();
    assert!(error.to_string().contains("`webhook_secret`"), "{error}");
    assert!(bench.listed().await.is_empty());
}

#[tokio::test]
async fn a_system_without_an_api_for_it_names_the_address() {
    let bench = Bench::start().await;
    let mut webhooks = bench.definition.webhooks.clone().unwrap();
    webhooks.subscriptions = None;
    let wanted = Wanted {
        backend: "shop",
        public_url: "https://sync.example.com/",
        entities: &bench.entities,
        secret: None,
        renew_secret: false,
    };
    let error = ensure(&bench.adapter, &webhooks, &wanted, bench.service.store()).await.unwrap_err();
    assert!(error.to_string().contains("https://sync.example.com/webhooks/shop"), "{error}");
}

/// The whole way: subscribed, pinged, delivered by the shop itself, in the inbox, with a job for each record.
#[tokio::test]
async fn what_changes_in_the_shop_arrives() {
    let bench = Bench::start().await;
    bench.shop.shop().send_webhooks(false);
    bench.ensure().await;
    assert!(bench.shop.shop().deliver_webhooks().await.iter().all(|sent| sent.status == 200), "pings");
    let changed = bench.shop.shop().change(&ChangeSpec { seed: 5, products: 3, customers: 0, orders: 2 });
    let sent = bench.shop.shop().deliver_webhooks().await;
    assert!(sent.iter().all(|one| one.status == 200), "{sent:?}");
    assert_eq!(bench.service.deliveries().await.len(), sent.len());
    let jobs: Vec<(String, String)> =
        bench.service.jobs().await.into_iter().map(|job| (job.entity, job.record)).collect();
    let products = changed.products.iter().map(|id| ("product", id));
    let orders = changed.orders.iter().map(|id| ("order", id));
    // A new order sends an update too; the test's own definition listens to nothing else.
    let made = changed.created.iter().filter(|(kind, _)| *kind == Kind::Order).map(|(_, id)| ("order", id));
    for (entity, id) in products.chain(orders).chain(made) {
        assert!(jobs.contains(&(entity.to_owned(), id.to_string())), "{entity} {id}: {jobs:?}");
    }
}
