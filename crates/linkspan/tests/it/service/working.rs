//! What the service does with jobs.

use linkspan::store::{EventFilter, JobFilter, JobKind, NewJob};
use sandbox::shop::{ChangeSpec, Kind};

use super::{SELDOM, Served, configure, until};
use crate::support::kept::dead_letters;
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, StoreKind, World};

async fn idle(world: &World) {
    let store = world.store().await;
    until("nothing waits and everything was walked", || async {
        let jobs = store.list_jobs(JobFilter::default()).await.unwrap();
        let runs = store.last_successes().await.unwrap();
        (jobs.is_empty() && runs.len() == 4).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_is_imported_and_followed_without_being_asked() {
    let world = World::start(Plan::sized(60, 20, 40)).await;
    configure(&world, "[[backends.shop1.schedules]]\nevery_ms = 1_000\n");
    let served = Served::start(&world).await;
    until("both sides agree", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    world.shop.shop().change(&ChangeSpec { seed: 3, products: 5, customers: 2, orders: 4 });
    until("they agree again", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    let (status, metrics) = served.get("/metrics").await;
    assert_eq!(status, 200);
    for name in ["linkspan_queue_depth", "linkspan_jobs_total", "linkspan_sync_lag_seconds"] {
        assert!(metrics.contains(name) || name == "linkspan_queue_depth", "{name} is not in\n{metrics}");
    }
    assert_eq!((served.get("/health").await.0, served.get("/ready").await.0), (200, 200));
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_imported_by_its_job_with_what_it_needs() {
    let world = World::start(Plan::sized(20, 5, 10)).await;
    configure(&world, "[[backends.shop1.schedules]]\ncron = \"0 3 1 1 *\"\n");
    let served = Served::start(&world).await;
    let store = world.store().await;
    let order = world.shop.ids(Kind::Order)[0].to_string();
    store.enqueue(&[NewJob::new(BACKEND, JobKind::Import, "order", &order)]).await.unwrap();
    let binding = until("the order is in Odoo", || async {
        store
            .bindings(BACKEND, "order", &[&order])
            .await
            .unwrap()
            .remove(&order)
            .filter(|one| one.digest.is_some())
    })
    .await;
    assert!(binding.odoo_id.is_some());
    let events = until("the event is told", || async {
        let filter = EventFilter {
            record: Some(order.clone()),
            entity: Some("order".to_owned()),
            ..EventFilter::default()
        };
        let events = store.list_events(filter).await.unwrap();
        (!events.is_empty()).then_some(events)
    })
    .await;
    assert_eq!((events.len(), events[0].kind.as_str()), (1, "done"), "{events:?}");
    assert!(events[0].details.as_ref().unwrap().contains("client_order_ref"), "{events:?}");
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_system_is_down_its_jobs_wait_and_then_go_on() {
    let world = World::start(Plan::sized(20, 5, 10)).await;
    configure(&world, SELDOM);
    world.shop.faults().add("", sandbox::Fault::Status { status: 503, retry_after_secs: None }, 40);
    let served = Served::start(&world).await;
    let store = world.store().await;
    let breaker = format!("shop:{BACKEND}");
    until("the shop is left alone", || async {
        store.breaker(&breaker).await.unwrap().filter(|b| b.state == linkspan::store::BreakerState::Open)
    })
    .await;
    assert!(dead_letters(&store).await.is_empty(), "no record is to blame");
    world.shop.faults().clear();
    until("both sides agree", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_does_the_same() {
    let world = World::start(Plan { store: StoreKind::Postgres, ..Plan::sized(40, 10, 20) }).await;
    configure(&world, SELDOM);
    let served = Served::start(&world).await;
    idle(&world).await;
    assert!(disagreements(&world).await.is_empty());
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odoo_tells_of_changes_to_those_who_know_the_token_only() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    configure(
        &world,
        &format!(
            "rollout = {{ product = {{ out = \"on\" }} }}\n{SELDOM}[[backends.shop1.schedules]]\ndirection = \"out\"\ncron = \"0 3 1 1 *\"\n"
        ),
    );
    let served = Served::start(&world).await;
    idle(&world).await;
    let shop = world.shop.shop();
    let is_simple = |id: &u64| shop.get(Kind::Product, *id).unwrap()["type"] == "simple";
    let id = world.shop.ids(Kind::Product).into_iter().find(is_simple).unwrap();
    let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
    let people = world.client().await;
    let values = serde_json::json!({ "list_price": 321.5 });
    people.write("product.product", &[odoo_id], values.as_object().unwrap().clone()).await.unwrap();
    let secret = secrecy::SecretString::from("manager-pass-1");
    let token = linkspan::sync::rule_token(&secret, BACKEND);
    let token = secrecy::ExposeSecret::expose_secret(&token);
    let body = format!("{{\"_model\":\"product.product\",\"_id\":{odoo_id},\"id\":{odoo_id}}}");
    let post = |backend: &str, token: &str| {
        let url = format!("{}/webhooks/odoo/{backend}?token={token}", served.url);
        crate::webhook::client().post(url).body(body.clone())
    };
    for (backend, token) in [(BACKEND, "wrong"), (BACKEND, ""), ("unknown", token)] {
        assert_eq!(post(backend, token).send().await.unwrap().status().as_u16(), 401);
    }
    assert_eq!(post(BACKEND, token).send().await.unwrap().status().as_u16(), 200);
    until("the price is in the shop", || async {
        (shop.get(Kind::Product, id).unwrap()["regular_price"] == "321.50").then_some(())
    })
    .await;
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_human_who_retries_an_export_has_it_looked_at_again() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    let out = "[[backends.shop1.schedules]]\ndirection = \"out\"\nevery_ms = 1_000\n";
    configure(&world, &format!("rollout = {{ product = {{ out = \"on\" }} }}\n{SELDOM}{out}"));
    let served = Served::start(&world).await;
    let store = world.store().await;
    until("the products are in step", || async {
        store
            .bindings_by_odoo_id(BACKEND, "product", &[1, 2, 3, 4, 5])
            .await
            .unwrap()
            .len()
            .eq(&5)
            .then_some(())
    })
    .await;
    until("everything was walked", || async {
        (store.last_successes().await.unwrap().len() == 4).then_some(())
    })
    .await;
    let shop = world.shop.shop();
    let is_simple = |id: &u64| shop.get(Kind::Product, *id).unwrap()["type"] == "simple";
    let id = world.shop.ids(Kind::Product).into_iter().find(is_simple).unwrap();
    let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
    world.edit(Kind::Product, id, |product| product["regular_price"] = "50.00".into());
    let values = serde_json::json!({ "list_price": 60 });
    world
        .client()
        .await
        .write("product.product", &[odoo_id], values.as_object().unwrap().clone())
        .await
        .unwrap();
    let letter = until("both sides are told to differ", || async {
        dead_letters(&store).await.into_iter().find(|letter| letter.class == "conflict")
    })
    .await;
    world.edit(Kind::Product, id, |product| product["regular_price"] = "60.00".into());
    linkspan::operations::Operator::new(&store, "ada").retry(letter.id).await.unwrap();
    until("the dead letter is closed", || async {
        let letter = store.dead_letter(letter.id).await.unwrap().unwrap();
        (letter.state == linkspan::store::DeadLetterState::Resolved).then_some(())
    })
    .await;
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_shows_webhooks_an_export_and_the_dashboards_address() {
    let world = World::start(Plan::sized(1, 0, 0)).await;
    let shown =
        world.run(&["demo", "--json", "--products", "30", "--customers", "5", "--orders", "10"]).await;
    let shown = shown.ended(0).json();
    let count = |key: &str| shown["webhooks"][key].as_u64().unwrap();
    assert!(count("sent") > 3 && count("accepted") == count("sent"), "{shown}");
    assert!(count("imported") > 3, "{shown}");
    let price = |key: &str| shown["export"][key].as_str().unwrap().parse::<f64>().unwrap();
    assert!((price("to") - price("from") - 1.0).abs() < 0.001, "{shown}");
    assert_eq!(shown["dashboard"], "http://127.0.0.1:8710", "{shown}");
    assert_eq!(
        (&shown["refused"], &shown["duplicates"], &shown["mismatched_totals"]),
        (&0.into(), &0.into(), &0.into())
    );
}
