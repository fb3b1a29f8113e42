//! The connections to PostgreSQL that a store keeps at hand.

use std::time::Duration;

use linkspan::store::{JobKind, NewJob, Store};
use sqlx::{Connection, PgConnection};

use crate::support::postgres::{Cluster, new_schema_url};

#[tokio::test]
async fn statements_that_follow_each_other_use_the_same_connection() {
    let cluster = Cluster::start();
    let store = Store::open(&cluster.url()).await.unwrap();
    let mut backends = Vec::new();
    for _ in 0..50 {
        store.count_bindings("shop", "product").await.unwrap();
        backends.push(last_used(&cluster).await);
    }
    backends.dedup();
    assert_eq!(backends.len(), 1, "{backends:?}");
}

#[tokio::test]
async fn a_connection_that_has_ended_meanwhile_is_not_used() {
    let cluster = Cluster::start();
    let store = Store::open(&cluster.url()).await.unwrap();
    store.count_bindings("shop", "product").await.unwrap();
    let ended =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'linkspan'";
    assert!(ask(&cluster, ended).await > 0);
    // As long as a connection is taken for alive, and longer.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(store.count_bindings("shop", "product").await.unwrap(), 0);
}

#[tokio::test]
async fn of_many_at_once_each_comes_to_its_turn() {
    let store = Store::open(&new_schema_url().await).await.unwrap();
    let each = (0..200).map(|number| {
        let store = store.clone();
        async move {
            let job = NewJob::new("shop", JobKind::Import, "order", &number.to_string());
            store.enqueue(&[job]).await?;
            store.count_bindings("shop", "product").await
        }
    });
    assert_eq!(futures::future::try_join_all(each).await.unwrap(), vec![0; 200]);
}

/// The server's process that did the store's last statement.
async fn last_used(cluster: &Cluster) -> i64 {
    ask(
        cluster,
        "SELECT pid::bigint FROM pg_stat_activity WHERE application_name = 'linkspan' ORDER BY query_start DESC LIMIT 1",
    )
    .await
}

async fn ask(cluster: &Cluster, question: &'static str) -> i64 {
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    answer
}
