//! Conflicts that an operator settles through the admin API, while the service runs.

use linkspan::operations::Operator;
use linkspan::store::{
    Base, BatchCommit, DeadLetter, DeadLetterFilter, DeadLetterKind, DeadLetterState, Direction, EventFilter,
    JobFilter, JobKind, NewAudit, NewJob, Outbound, Role, RolloutKey, Stage, Store,
};
use linkspan::sync::{Decided, Decision};
use reqwest::StatusCode;
use sandbox::shop::Kind;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::conflicts::{assert_names, both_renamed};
use crate::service::{Served, configure, until};
use crate::support::world::{BACKEND, StoreKind};

/// Products may go both ways, and no walk comes by itself.
const RULES: &str =
    "rollout = { product = { out = \"on\" } }\n[[backends.shop1.schedules]]\ncron = \"0 3 1 1 *\"\n";

/// A program with an operator's token, at the service's admin API.
struct Api {
    url: String,
    token: String,
}

impl Api {
    async fn of(served: &Served, store: &Store) -> Api {
        let token = Operator::new(store, "test").add_token("deploy", Role::Operator).await.unwrap().token;
        Api { url: format!("{}/api/v1", served.url), token: token.expose_secret().to_owned() }
    }

    async fn decide(&self, letter: &Value, side: &str) -> StatusCode {
        let url = format!("{}/dead-letters/{}/decide", self.url, letter["id"]);
        let request = crate::webhook::client().post(url).bearer_auth(&self.token);
        request.json(&json!({ "side": side })).send().await.unwrap().status()
    }
}

/// The events of a record, oldest first.
async fn told(store: &Store, record: &str) -> Vec<(String, String)> {
    let filter = EventFilter { record: Some(record.to_owned()), ..EventFilter::default() };
    let events = store.list_events(filter).await.unwrap();
    events.into_iter().rev().map(|event| (event.kind, event.message)).collect()
}

async fn idle(store: &Store) {
    until("nothing waits", || async {
        store.list_jobs(JobFilter::default()).await.unwrap().is_empty().then_some(())
    })
    .await;
}

async fn open(store: &Store) -> usize {
    let filter = DeadLetterFilter { state: Some(DeadLetterState::Open), ..DeadLetterFilter::default() };
    store.list_dead_letters(filter).await.unwrap().len()
}

/// Decided while the service runs; both sides have `name` then, and nothing goes back or forth.
async fn is_settled(kind: StoreKind, side: &str, name: &str) {
    let (world, id, odoo_id, letter) = both_renamed(kind).await;
    configure(&world, RULES);
    let served = Served::start(&world).await;
    let store = world.store().await;
    let api = Api::of(&served, &store).await;
    // A double click.
    let (first, second) = tokio::join!(api.decide(&letter, side), api.decide(&letter, side));
    assert!(first == StatusCode::OK && [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY].contains(&second));
    until("both sides have the same", || async {
        let there = world.in_shop(Kind::Product, id)["name"] == name;
        let here = world.odoo_record("product.product", odoo_id)["name"] == name;
        (there && here && open(&store).await == 0).then_some(())
    })
    .await;
    idle(&store).await;
    let events = told(&store, &id.to_string()).await;
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["decided", "done"], "{events:?}");
    assert!(events[0].1.starts_with("token deploy decided on name: "), "{events:?}");
    assert_eq!(api.decide(&letter, side).await, StatusCode::UNPROCESSABLE_ENTITY);
    // The first walk still brings what else changed in the shop.
    let mut seen = Vec::new();
    for _ in 0..2 {
        for kind in [JobKind::Poll, JobKind::Changes] {
            store.enqueue(&[NewJob::new(BACKEND, kind, "product", "").over_all("test")]).await.unwrap();
            idle(&store).await;
        }
        assert_names(&world, id, odoo_id, name, name);
        seen.push((world.sent(), world.writes(), open(&store).await));
    }
    assert_eq!(seen[0], seen[1], "nothing goes back or forth");
    assert_eq!(
        world.sent().len(),
        if side == "odoo" { 2 } else { 1 },
        "the price, and the name if it is Odoo's"
    );
    assert_eq!(open(&store).await, 0);
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odoos_value_goes_out_once_an_operator_decided_sqlite() {
    is_settled(StoreKind::Sqlite, "odoo", "Odoo's").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odoos_value_goes_out_once_an_operator_decided_postgres() {
    is_settled(StoreKind::Postgres, "odoo", "Odoo's").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shops_value_comes_in_once_an_operator_decided_sqlite() {
    is_settled(StoreKind::Sqlite, "external", "The shop's").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shops_value_comes_in_once_an_operator_decided_postgres() {
    is_settled(StoreKind::Postgres, "external", "The shop's").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_writes_nothing_where_the_stage_does_not_let_it() {
    let (world, id, odoo_id, letter) = both_renamed(StoreKind::Sqlite).await;
    configure(&world, RULES);
    let store = world.store().await;
    let product = |direction| RolloutKey { backend: BACKEND, entity: "product", direction };
    let served = Served::start(&world).await;
    for (side, stage) in [(Decision::Odoo, Stage::Off), (Decision::External, Stage::Shadow)] {
        store.set_stage(product(side.direction()), stage, &NewAudit::default()).await.unwrap();
        // The stage was set after the decision was taken.
        let decided = Decided { dead_letter: letter["id"].as_i64().unwrap(), side };
        let job = NewJob::new(BACKEND, JobKind::Decision, "product", &id.to_string());
        store.enqueue(&[NewJob { payload: Some(json!(decided).to_string()), ..job }]).await.unwrap();
        idle(&store).await;
    }
    let api = Api::of(&served, &store).await;
    assert_eq!(api.decide(&letter, "odoo").await, StatusCode::UNPROCESSABLE_ENTITY);
    let events = told(&store, &id.to_string()).await;
    let refused: Vec<&str> =
        events.iter().filter(|(kind, _)| kind == "refused").map(|(_, message)| &**message).collect();
    assert_eq!(
        refused,
        [
            "not settled: the stage of product out of Odoo is off, so nothing is written. Change it, then decide again",
            "not settled: the stage of product into Odoo is shadow, so nothing is written. Change it, then decide again",
        ]
    );
    assert_names(&world, id, odoo_id, "The shop's", "Odoo's");
    assert_eq!(open(&store).await, 1);
    assert!(served.stop().await.success());
}

fn on(_: &DeadLetter, _: Direction) -> Option<Stage> {
    Some(Stage::On)
}

/// Its worker was killed after it had closed the dead letter and before the export had its job.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_was_cut_off_in_the_middle_is_carried_to_its_end() {
    let (world, id, odoo_id, letter) = both_renamed(StoreKind::Sqlite).await;
    configure(&world, RULES);
    let store = world.store().await;
    let number = letter["id"].as_i64().unwrap();
    Operator::new(&store, "ada").decide(number, Decision::Odoo, on).await.unwrap();
    let job = claimed(&store).await;
    assert_eq!(Decided::of(&job).map(|decided| decided.dead_letter), Some(number));
    let id_text = id.to_string();
    let mut known = store.outbound(BACKEND, "product", &[&id_text]).await.unwrap().remove(&id_text).unwrap();
    known.base.insert("name".to_owned(), Base::of(json!("The shop's"), json!("The shop's")));
    let closed = BatchCommit {
        backend: BACKEND.to_owned(),
        entity: "product".to_owned(),
        kind: DeadLetterKind::Export,
        outbound: vec![Outbound { fingerprint: String::new(), ..known }],
        resolved_dead_letters: vec![id_text],
        ..BatchCommit::default()
    };
    store.commit_batch(closed).await.unwrap();
    assert_eq!(store.take_back_of("gone:1", now()).await.unwrap(), 1);
    // Its stage was switched off meanwhile, so it waits instead of being forgotten.
    let stage = RolloutKey { backend: BACKEND, entity: "product", direction: Direction::Out };
    store.set_stage(stage, Stage::Off, &NewAudit::default()).await.unwrap();
    let served = Served::start(&world).await;
    until("it says why it waits", || async {
        let view = store.job(job.id).await.unwrap().unwrap();
        view.message.filter(|message| message.starts_with("the stage of product out of Odoo is off"))
    })
    .await;
    store.set_stage(stage, Stage::On, &NewAudit::default()).await.unwrap();
    Operator::new(&store, "ada").run_job(job.id).await.unwrap();
    until("Odoo's value is there", || async {
        (world.in_shop(Kind::Product, id)["name"] == "Odoo's").then_some(())
    })
    .await;
    idle(&store).await;
    assert_names(&world, id, odoo_id, "Odoo's", "Odoo's");
    assert_eq!(open(&store).await, 0);
    let last = told(&store, &id.to_string()).await.pop().unwrap();
    assert_eq!(last, ("done".to_owned(), "settled: what Odoo has goes out next".to_owned()));
    assert!(served.stop().await.success());
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The decision's job, in the hands of a worker that is gone.
async fn claimed(store: &Store) -> linkspan::store::Job {
    let claim = linkspan::store::Claim {
        backend: BACKEND,
        channel: &linkspan::store::Lane::In.channel(BACKEND),
        default_capacity: 10,
        most: 1,
        worker: "gone:1",
        lease_ms: 60_000,
        now: now(),
    };
    store.claim_jobs(&claim).await.unwrap().remove(0)
}
