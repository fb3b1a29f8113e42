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

/// An id that the shop has no address for, a record that it breaks at, a list that the key may not read, one that is
/// not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_shop_refuses_of_one_record_or_one_list_stops_nothing_else() {
    let world = World::start(Plan::sized(20, 5, 10)).await;
    configure(&world, "[[backends.shop1.schedules]]\ncron = \"0 3 1 1 *\"\n");
    let orders = world.shop.ids(Kind::Order);
    let broken = format!("orders/{}", orders[0]);
    world.shop.faults().add(
        &broken,
        sandbox::Fault::Status { status: 500, retry_after_secs: None },
        u32::MAX,
    );
    let unread = sandbox::Fault::Status { status: 401, retry_after_secs: None };
    world.shop.faults().add("GET /wp-json/wc/v3/customers?", unread, u32::MAX);
    let store = world.store().await;
    let import = |order: &str| NewJob::new(BACKEND, JobKind::Import, "order", order);
    let walk = |entity: &str| NewJob::new(BACKEND, JobKind::Poll, entity, "");
    // The second has no list: it stands inside orders.
    let mut jobs = vec![walk("customer"), walk("guest"), import("WEB-1042"), import(&orders[0].to_string())];
    jobs.extend(orders[1..].iter().map(|id| import(&id.to_string())));
    store.enqueue(&jobs).await.unwrap();
    let served = Served::start(&world).await;
    until("every other order is in Odoo", || async {
        let ids: Vec<String> = orders[1..].iter().map(ToString::to_string).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let bound = store.bindings(BACKEND, "order", &ids).await.unwrap();
        (bound.values().filter(|binding| binding.digest.is_some()).count() == ids.len()).then_some(())
    })
    .await;
    let letter = until("the odd id is a dead letter", || async {
        dead_letters(&store).await.into_iter().find(|letter| letter.external_id == "WEB-1042")
    })
    .await;
    assert_eq!((letter.entity.as_str(), letter.class.as_str()), ("order", "config"), "{letter:?}");
    let waiting = until("the broken order waits for its own sake", || async {
        let jobs = store.list_jobs(JobFilter::default()).await.unwrap();
        jobs.into_iter().find(|view| view.job.record == orders[0].to_string() && view.job.failures > 0)
    })
    .await;
    assert_eq!(waiting.class.as_deref(), Some("transient"), "{waiting:?}");
    let alerts = until("the list that cannot be read is told", || async {
        let alerts = store.list_alerts(Some(BACKEND), 10).await.unwrap();
        (alerts.len() == 2).then_some(alerts)
    })
    .await;
    let names: Vec<&str> = alerts.iter().map(|alert| alert.name.as_str()).collect();
    assert_eq!(names, ["poll shop1 customer", "poll shop1 guest"], "both systems are well: {alerts:?}");
    assert!(served.stop().await.success());
}

/// What a node has claimed and not begun when it is told to stop is not done first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_ends_what_it_began_and_gives_back_the_rest() {
    let world = World::start(Plan::sized(30, 10, 20)).await;
    configure(&world, "[[backends.shop1.schedules]]\ncron = \"0 3 1 1 *\"\n");
    let store = world.store().await;
    let entities = ["category", "product", "customer", "order"];
    let walks: Vec<NewJob> =
        entities.iter().map(|entity| NewJob::new(BACKEND, JobKind::Poll, entity, "")).collect();
    store.enqueue(&walks).await.unwrap();
    world.shop.faults().add(
        "categories?",
        sandbox::Fault::Delay(std::time::Duration::from_secs(2)),
        u32::MAX,
    );
    let served = Served::start(&world).await;
    until("the first walk has begun", || async {
        world.shop.requests().iter().any(|(_, target)| target.contains("categories?")).then_some(())
    })
    .await;
    assert!(served.stop().await.success());
    let asked = world.shop.requests();
    assert!(!asked.iter().any(|(_, target)| target.contains("orders?")), "{asked:?}");
    let left = store.list_jobs(JobFilter::default()).await.unwrap();
    assert_eq!((left.len(), left.iter().map(|view| view.job.failures).sum::<i64>()), (3, 0), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_is_told_with_every_job_that_waits_for_its_end() {
    let world = World::start(Plan::sized(3, 0, 0)).await;
    configure(&world, "[[backends.shop1.schedules]]\ncron = \"0 3 1 1 *\"\n");
    let store = world.store().await;
    store.enqueue(&[NewJob::new(BACKEND, JobKind::Poll, "product", "")]).await.unwrap();
    world.run(&["backends", "pause", BACKEND, "--reason", "stocktaking"]).await.ended(0);
    world.run(&["jobs", "list"]).await.ended(0).said(&["shop1:in is paused: stocktaking"]);
    world.run(&["backends", "list"]).await.ended(0).said(&["paused: shop1:in: stocktaking"]);
    let listed = world.run(&["jobs", "list", "--json"]).await.ended(0).json();
    assert_eq!(listed["jobs"][0]["message"], "shop1:in is paused: stocktaking");
    // Only what waits can be cancelled, and saying another state is no way to say all.
    let cancel = ["jobs", "cancel", "--all", "--backend", BACKEND, "--state"];
    world.run(&[&cancel[..], &["done"]].concat()).await.ended(2).said(&["only waiting jobs"]);
    world.run(&["backends", "resume", BACKEND]).await.ended(0);
    let listed = world.run(&["jobs", "list", "--json"]).await.ended(0).json();
    assert_eq!(listed["jobs"][0]["message"], serde_json::Value::Null);
    world.run(&[&cancel[..], &["waiting"]].concat()).await.ended(0).said(&["1 jobs cancelled"]);
}

/// That is when it has to be paused, and its records looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_cannot_be_opened_is_still_there_to_operate() {
    let mut world = World::start(Plan::sized(1, 0, 0)).await;
    world.program.unset("TEST_SECRET");
    let served = Served::start(&world).await;
    let token = world.run(&["tokens", "add", "t", "--role", "operator", "--json"]).await.ended(0).json();
    let token = token["token"].as_str().unwrap();
    let ask = |method, path: &str| {
        let request = crate::webhook::client().request(method, format!("{}/api/v1{path}", served.url));
        request.bearer_auth(token).json(&serde_json::json!({ "reason": "no secret" })).send()
    };
    let backends = ask(reqwest::Method::GET, "/backends").await.unwrap().text().await.unwrap();
    assert!(backends.contains("\"shop1\""), "{backends}");
    let paused = ask(reqwest::Method::POST, "/channels/shop1:in/pause").await.unwrap();
    assert!(paused.status().is_success(), "{paused:?}");
    let tested = ask(reqwest::Method::POST, "/backends/shop1/test").await.unwrap().text().await.unwrap();
    assert!(tested.contains("could not be opened"), "{tested}");
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_alarms_look_at_goes_back_when_it_is_over() {
    let shop = sandbox::shop::Shop::generate(&sandbox::shop::ShopSpec {
        bad_products: 2,
        ..crate::support::world::size(6, 0, 0)
    });
    let world = World::start(Plan::of(shop)).await;
    configure(&world, "[[backends.shop1.schedules]]\ncron = \"0 3 1 1 *\"\n");
    world.sync(&["product"]).await.ended(1);
    let served = Served::start(&world).await;
    let dead = "linkspan_dead_letters{backend=\"shop1\",entity=\"product\"}";
    let (_, metrics) = served.get("/metrics").await;
    assert!(metrics.contains(&format!("{dead} 2")), "{metrics}");
    let lags: Vec<&str> =
        metrics.lines().filter(|line| line.starts_with("linkspan_sync_lag_seconds{")).collect();
    assert_eq!(lags.len(), 1, "{lags:?}");
    assert!(lags[0].contains("entity=\"product\""), "{lags:?}");
    for letter in dead_letters(&world.store().await).await {
        world.run(&["dead-letters", "dismiss", &letter.id.to_string()]).await.ended(0);
    }
    let (_, metrics) = served.get("/metrics").await;
    assert!(metrics.contains(&format!("{dead} 0")), "{metrics}");
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
