//! How far an entity is rolled out.

use linkspan::store::{Direction, JobFilter, JobKind, NewAudit, NewJob, RolloutKey, Stage, Store};
use sandbox::shop::Kind;

use super::{SELDOM, Served, configure, until};
use crate::support::world::{BACKEND, Plan, World};

fn products() -> RolloutKey<'static> {
    RolloutKey { backend: BACKEND, entity: "product", direction: Direction::In }
}

async fn idle(store: &Store, runs: usize) {
    until("nothing waits any more", || async {
        let jobs = store.list_jobs(JobFilter::default()).await.unwrap();
        let over = store
            .list_jobs(JobFilter { state: Some("over".to_owned()), ..JobFilter::default() })
            .await
            .unwrap();
        (jobs.is_empty() && over.len() >= runs).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn off_does_nothing_and_shadow_records_what_it_would_do() {
    let world = World::start(Plan::sized(10, 3, 5)).await;
    configure(
        &world,
        &format!(
            "rollout = {{ category = {{ in = \"off\" }}, product = {{ in = \"shadow\" }}, customer = {{ in = \"off\" }}, order = {{ in = \"off\" }} }}\n{SELDOM}"
        ),
    );
    let served = Served::start(&world).await;
    let store = world.store().await;
    let differences = until("differences are recorded", || async {
        let found = store.differences(BACKEND, Some("product"), 100).await.unwrap();
        (found.len() == 10).then_some(found)
    })
    .await;
    assert!(
        differences.iter().all(|one| one.action == "create" && one.fields.contains("list_price")),
        "{differences:?}"
    );
    assert_eq!(world.odoo.count("product.product"), 0);
    assert_eq!(world.odoo.count("sale.order"), 0);
    // An operator rolls it out while the service runs.
    store.set_stage(products(), Stage::On, &NewAudit::default()).await.unwrap();
    store.enqueue(&[NewJob::new(BACKEND, JobKind::Poll, "product", "")]).await.unwrap();
    until("the products are in", || async { (world.odoo.count("product.product") == 10).then_some(()) })
        .await;
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canary_takes_the_records_that_it_chooses() {
    let world = World::start(Plan::sized(10, 0, 0)).await;
    let ids = world.shop.ids(Kind::Product);
    let canary = format!("record['id'] in ({}, {})", ids[2], ids[5]);
    configure(
        &world,
        &format!(
            "rollout = {{ product = {{ in = \"canary\", canary = {{ expr = \"{canary}\" }} }} }}\n{SELDOM}"
        ),
    );
    let served = Served::start(&world).await;
    let store = world.store().await;
    idle(&store, 4).await;
    assert_eq!(world.odoo.count("product.product"), 2);
    assert_eq!(store.count_bindings(BACKEND, "product").await.unwrap(), 2);
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_would_change_too_much_stops_and_asks() {
    let world = World::start(Plan::sized(12, 0, 0).in_steps(5, 5)).await;
    configure(&world, &format!("rollout = {{ product = {{ max_changes = 7 }} }}\n{SELDOM}"));
    let served = Served::start(&world).await;
    let store = world.store().await;
    let held = until("the run is held", || async {
        store.rollout(products()).await.unwrap().and_then(|rollout| rollout.held)
    })
    .await;
    assert!(held.contains("10 records and may change 7"), "{held}");
    assert_eq!(world.odoo.count("product.product"), 5);
    assert_eq!(store.list_alerts(None, 1_000).await.unwrap().len(), 1);
    assert!(store.allow_changes(products(), &NewAudit::default()).await.unwrap());
    store.enqueue(&[NewJob::new(BACKEND, JobKind::Poll, "product", "")]).await.unwrap();
    until("the rest is in", || async { (world.odoo.count("product.product") == 12).then_some(()) }).await;
    until("the next run is limited again", || async {
        store.rollout(products()).await.unwrap().is_some_and(|rollout| !rollout.allowed).then_some(())
    })
    .await;
    assert!(served.stop().await.success());
}
