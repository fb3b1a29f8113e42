//! One node and several.

use std::process::Stdio;

use linkspan::store::{JobFilter, JobKind, NewJob};
use sandbox::shop::Kind;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{SELDOM, Served, configure, until};
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, StoreKind, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_services_on_one_sqlite_file_are_one_too_many() {
    let world = World::start(Plan::sized(1, 0, 0)).await;
    let served = Served::start(&world).await;
    let second = world.run(&["serve", "--listen", "127.0.0.1:0"]).await.ended(4);
    second.said(&["another service works on this SQLite store"]);
    world.run(&["work"]).await.ended(2).said(&["SQLite", "postgres://"]);
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_service_leaves_no_job_stuck() {
    let world = World::start(Plan::sized(30, 5, 30).in_steps(5, 5)).await;
    configure(&world, SELDOM);
    let store = world.store().await;
    let jobs: Vec<NewJob> = world
        .shop
        .ids(Kind::Order)
        .iter()
        .map(|id| NewJob::new(BACKEND, JobKind::Import, "order", &id.to_string()))
        .collect();
    store.enqueue(&jobs).await.unwrap();
    for _ in 0..3 {
        let served = Served::start(&world).await;
        until("work has begun", || async {
            let filter = JobFilter { state: Some("running".to_owned()), ..JobFilter::default() };
            (!store.list_jobs(filter).await.unwrap().is_empty()).then_some(())
        })
        .await;
        served.kill().await;
    }
    let served = Served::start(&world).await;
    until("everything is done", || async {
        store.list_jobs(JobFilter::default()).await.unwrap().is_empty().then_some(())
    })
    .await;
    assert!(disagreements(&world).await.is_empty());
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_nodes_share_one_postgres() {
    let world = World::start(Plan { store: StoreKind::Postgres, ..Plan::sized(40, 10, 40) }).await;
    configure(&world, SELDOM);
    let served = Served::start(&world).await;
    let mut workers: Vec<_> = (0..2).map(|_| world.program.start(&["work"])).collect();
    let mut another = world.program.command(&["work", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(another.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("it says what it works on");
    assert_eq!(line, format!(r#"{{"working":["{BACKEND}"]}}"#));
    workers.push(another);
    let store = world.store().await;
    until("all nodes are alive", || async { (store.node_views().await.unwrap().len() == 4).then_some(()) })
        .await;
    until("both sides agree", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    for worker in &mut workers {
        worker.kill().await.unwrap();
    }
    assert!(served.stop().await.success());
}
