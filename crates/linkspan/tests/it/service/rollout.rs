//! How far an entity is rolled out.

use linkspan::store::{
    BatchCommit, DeadLetter, DifferenceFilter, Direction, EventFilter, JobFilter, JobKind, NewAudit,
    NewDeadLetter, NewJob, Origin, RolloutKey, Stage, Store,
};
use sandbox::shop::Kind;

use super::{SELDOM, Served, configure, until};
use crate::support::world::{BACKEND, Plan, World};

fn products() -> RolloutKey<'static> {
    RolloutKey { backend: BACKEND, entity: "product", direction: Direction::In }
}

fn differences_of(entity: &str) -> DifferenceFilter {
    DifferenceFilter {
        backend: Some(BACKEND.to_owned()),
        entity: Some(entity.to_owned()),
        ..DifferenceFilter::default()
    }
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
        let found = store.differences(differences_of("product")).await.unwrap();
        (found.len() == 10).then_some(found)
    })
    .await;
    assert!(
        differences
            .iter()
            .all(|one| one.action == "create" && one.fields.iter().any(|field| field.field == "list_price")),
        "{differences:?}"
    );
    assert_eq!(world.odoo.count("product.product"), 0);
    assert_eq!(world.odoo.count("sale.order"), 0);
    // An operator rolls it out while the service runs.
    let categories = RolloutKey { entity: "category", ..products() };
    for key in [categories, products()] {
        store.set_stage(key, Stage::On, &NewAudit::default()).await.unwrap();
    }
    assert!(store.differences(differences_of("product")).await.unwrap().is_empty());
    store.enqueue(&[NewJob::new(BACKEND, JobKind::Poll, "product", "")]).await.unwrap();
    until("the products are in", || async { (world.odoo.count("product.product") == 10).then_some(()) })
        .await;
    assert!(served.stop().await.success());
}

/// Odoo masters the products here: orders come in with those that it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_off_is_not_written_because_an_order_refers_to_it() {
    let world = World::start(Plan::sized(6, 3, 12)).await;
    let shop = world.shop.shop();
    let product = |id: u64| shop.get(Kind::Product, id).unwrap();
    let with_code = |id: &u64| {
        let product = product(*id);
        product["type"] == "simple" && product["sku"].as_str().is_some_and(|sku| !sku.is_empty())
    };
    let known: Vec<u64> = world.shop.ids(Kind::Product).into_iter().filter(with_code).take(2).collect();
    let people = world.administrator().await;
    for id in &known {
        let own = serde_json::json!({ "name": format!("Ours {id}"), "default_code": product(*id)["sku"] });
        people.create("product.product", vec![own.as_object().unwrap().clone()]).await.unwrap();
    }
    configure(
        &world,
        &format!("rollout = {{ product = {{ in = \"off\" }}, category = {{ in = \"off\" }} }}\n{SELDOM}"),
    );
    let served = Served::start(&world).await;
    let store = world.store().await;
    let waiting = until("orders of other products wait", || async {
        let letters = crate::support::kept::dead_letters(&store).await;
        let waits = |letter: &&DeadLetter| letter.entity == "order" && letter.class == "missing_dependency";
        letters.iter().find(waits).cloned()
    })
    .await;
    assert!(waiting.depends_on.is_some_and(|record| record.entity == "product"));
    idle(&store, 2).await;
    let in_odoo = world.odoo.records("product.product");
    let made_by_shop = |one: &&serde_json::Map<String, serde_json::Value>| {
        world.shop.ids(Kind::Product).iter().any(|id| one["name"] == product(*id)["name"])
    };
    assert_eq!(in_odoo.iter().filter(made_by_shop).count(), 0, "{in_odoo:?}");
    let ids: Vec<String> = known.iter().map(ToString::to_string).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let linked = store.bindings(BACKEND, "product", &ids).await.unwrap();
    assert!(!linked.is_empty() && linked.values().all(|one| one.origin == Origin::Adopted), "{linked:?}");
    // Once they are rolled out, everything comes in.
    for entity in ["category", "product"] {
        store.set_stage(RolloutKey { entity, ..products() }, Stage::On, &NewAudit::default()).await.unwrap();
        store.enqueue(&[NewJob::new(BACKEND, JobKind::Poll, entity, "").over_all("test")]).await.unwrap();
    }
    until("both sides agree", || async {
        crate::support::records::disagreements(&world).await.is_empty().then_some(())
    })
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

/// The open dead letter of a product that the shop once sent badly.
async fn refuse_product(store: &Store, id: u64) {
    let letter = NewDeadLetter {
        external_id: id.to_string(),
        class: "data".to_owned(),
        message: "its price was no number".to_owned(),
        problems: "[]".to_owned(),
        ..NewDeadLetter::default()
    };
    let commit = BatchCommit {
        backend: BACKEND.to_owned(),
        entity: "product".to_owned(),
        dead_letters: vec![letter],
        ..BatchCommit::default()
    };
    store.commit_batch(commit).await.unwrap();
}

async fn letters_of(store: &Store, id: u64) -> Vec<DeadLetter> {
    store.open_dead_letters_for(BACKEND, "product", &[&id.to_string()]).await.unwrap()
}

/// What an import of a product ended with.
async fn imported(store: &Store, id: u64) -> String {
    store.enqueue(&[NewJob::new(BACKEND, JobKind::Import, "product", &id.to_string())]).await.unwrap();
    let filter = JobFilter {
        state: Some("over".to_owned()),
        kind: Some(JobKind::Import),
        record: Some(id.to_string()),
        ..JobFilter::default()
    };
    until("the import is over", || async {
        store.list_jobs(filter.clone()).await.unwrap().into_iter().find_map(|job| job.message)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_canary_leaves_out_keeps_its_dead_letter_and_says_so_and_comes_with_a_full_sync() {
    let world = World::start(Plan::sized(6, 0, 0)).await;
    let ids = world.shop.ids(Kind::Product);
    let canary = format!("canary = {{ expr = \"record['id'] == {}\" }}", ids[2]);
    configure(&world, &format!("rollout = {{ product = {{ in = \"canary\", {canary} }} }}\n{SELDOM}"));
    let store = world.store().await;
    refuse_product(&store, ids[0]).await;
    refuse_product(&store, ids[2]).await;
    let served = Served::start(&world).await;
    idle(&store, 4).await;
    assert!(letters_of(&store, ids[2]).await.is_empty(), "the chosen one came in");
    assert_eq!(letters_of(&store, ids[0]).await.len(), 1, "nothing was settled by leaving it out");
    let why =
        "left out by the stage canary: `canary` under [backends.shop1.rollout.product] does not choose it";
    assert_eq!(imported(&store, ids[0]).await, why);
    let filter = EventFilter { record: Some(ids[0].to_string()), ..EventFilter::default() };
    let events = store.list_events(filter).await.unwrap();
    assert!(events.iter().any(|event| event.message == why), "{events:?}");
    assert_eq!(letters_of(&store, ids[0]).await.len(), 1);
    // The poll has passed it, so rolling out further names what brings it.
    let said = ["What the stage canary left out until now comes with `linkspan sync shop1 product --full`"];
    world.run(&["backends", "stage", "shop1", "product", "on"]).await.ended(0).said(&said);
    assert!(served.stop().await.success());
    world.run(&["sync", "shop1", "product", "--full"]).await.ended(0);
    assert!(letters_of(&store, ids[0]).await.is_empty());
    assert_eq!(world.odoo.count("product.product"), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_cannot_tell_is_the_configurations_fault_and_not_the_records() {
    let world = World::start(Plan::sized(2, 0, 0)).await;
    let canary = "canary = { expr = \"record['no_such_key'] == 1\" }";
    configure(&world, &format!("rollout = {{ product = {{ in = \"canary\", {canary} }} }}\n{SELDOM}"));
    let served = Served::start(&world).await;
    let store = world.store().await;
    idle(&store, 4).await;
    let letters = letters_of(&store, world.shop.ids(Kind::Product)[0]).await;
    let letter = letters.first().expect("it is refused, not left out in silence");
    assert_eq!(letter.class, "config");
    let said = "`canary` under [backends.shop1.rollout.product] cannot tell whether it chooses this record";
    assert!(letter.message.starts_with(said), "{}", letter.message);
    assert!(letter.next_step.contains("the configuration"), "{}", letter.next_step);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canary_out_of_odoo_sends_the_records_that_it_chooses() {
    let world = World::start(Plan::sized(10, 0, 0)).await;
    let shop = world.shop.shop();
    let simple: Vec<u64> = world
        .shop
        .ids(Kind::Product)
        .into_iter()
        .filter(|id| shop.get(Kind::Product, *id).unwrap()["type"] == "simple")
        .collect();
    let [chosen, other] = [simple[0], simple[1]];
    let sku = shop.get(Kind::Product, chosen).unwrap()["sku"].clone();
    configure(
        &world,
        &format!(
            "rollout = {{ product = {{ out = \"canary\", canary_out = {{ expr = '''odoo['default_code'] == {sku}''' }} }} }}\n\
             {SELDOM}[[backends.shop1.schedules]]\ndirection = \"out\"\nentities = [\"product\"]\nevery_ms = 1_000\n"
        ),
    );
    let served = Served::start(&world).await;
    let store = world.store().await;
    until("the products are in step", || async {
        (store
            .outbound(BACKEND, "product", &[&*chosen.to_string(), &*other.to_string()])
            .await
            .unwrap()
            .len()
            == 2)
            .then_some(())
    })
    .await;
    let before = shop.get(Kind::Product, other).unwrap()["regular_price"].clone();
    let client = world.client().await;
    for id in [other, chosen] {
        let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
        let values = serde_json::json!({ "list_price": 321.5 });
        client.write("product.product", &[odoo_id], values.as_object().unwrap().clone()).await.unwrap();
    }
    until("the chosen one's price is in the shop", || async {
        (shop.get(Kind::Product, chosen).unwrap()["regular_price"] == "321.50").then_some(())
    })
    .await;
    let other_in_odoo = world.odoo_id(&format!("product_{other}")).unwrap().to_string();
    let left_out = until("the other one was looked at", || async {
        let filter = JobFilter {
            state: Some("done".to_owned()),
            kind: Some(JobKind::Export),
            record: Some(other_in_odoo.clone()),
            ..JobFilter::default()
        };
        store.list_jobs(filter).await.unwrap().into_iter().find_map(|job| job.message)
    })
    .await;
    assert!(left_out.contains("the stage `canary` leaves it out"), "{left_out}");
    assert_eq!(shop.get(Kind::Product, other).unwrap()["regular_price"], before);
    assert!(store.differences(differences_of("product")).await.unwrap().is_empty());
    // Rolled out further, a look at all records finds what was left out.
    let out = RolloutKey { backend: BACKEND, entity: "product", direction: Direction::Out };
    store.set_stage(out, Stage::On, &NewAudit::default()).await.unwrap();
    store.enqueue(&[NewJob::new(BACKEND, JobKind::Changes, "product", "").over_all("test")]).await.unwrap();
    until("the other one's price is in the shop too", || async {
        (shop.get(Kind::Product, other).unwrap()["regular_price"] == "321.50").then_some(())
    })
    .await;
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_canary_without_a_filter_takes_nothing() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    configure(&world, SELDOM);
    let store = world.store().await;
    for entity in ["category", "product", "customer", "order"] {
        let key = RolloutKey { backend: BACKEND, entity, direction: Direction::In };
        store.set_stage(key, Stage::Canary, &NewAudit::default()).await.unwrap();
    }
    let served = Served::start(&world).await;
    idle(&store, 4).await;
    assert_eq!(world.odoo.count("product.product"), 0);
    assert!(served.stop().await.success());
}
