//! Large numbers of rows. The bounds are wide, for slow machines and unoptimized builds; they fail
//! when a statement stops using its index, which costs a hundredfold.

use std::time::{Duration, Instant};

use linkspan::store::{JobKind, NewJob};

use super::jobs::{finish, take};
use super::{TestStore, batch, binding, on_both};

const ROWS: i64 = 100_000;
const BATCH: i64 = 1_000;

on_both!(
    a_hundred_thousand_bindings_stay_quick,
    a_hundred_thousand_jobs_stay_quick_to_a_worker_that_began_with_none
);

async fn a_hundred_thousand_bindings_stay_quick(test: &TestStore) {
    let mut slowest = Duration::ZERO;
    let started = Instant::now();
    for first in (0..ROWS).step_by(BATCH as usize) {
        let rows = (first..first + BATCH).map(|id| binding(&format!("P{id:06}"), id + 1)).collect();
        let begun = Instant::now();
        assert_eq!(test.store.commit_batch(batch(rows)).await.unwrap(), []);
        slowest = slowest.max(begun.elapsed());
    }
    let written = started.elapsed();

    let ids: Vec<String> = (0..BATCH).map(|n| format!("P{:06}", n * (ROWS / BATCH))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let started = Instant::now();
    assert_eq!(test.store.bindings("shop", "product", &ids).await.unwrap().len(), ids.len());
    let odoo_ids: Vec<i64> = (1..=BATCH).map(|n| n * (ROWS / BATCH)).collect();
    let by_odoo_id = test.store.bindings_by_odoo_id("shop", "product", &odoo_ids).await.unwrap();
    assert_eq!(by_odoo_id.len(), odoo_ids.len());
    let looked_up = started.elapsed();

    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), ROWS.unsigned_abs());
    eprintln!(
        "{ROWS} bindings in {written:?}, slowest batch {slowest:?}; 2 x {BATCH} looked up in {looked_up:?}"
    );
    assert!(written < Duration::from_secs(60), "{written:?} for {ROWS} bindings");
    assert!(looked_up < Duration::from_secs(2), "{looked_up:?} for {} look-ups", 2 * BATCH);
}

/// PostgreSQL keeps the plans that it made when there was nothing to read.
async fn a_hundred_thousand_jobs_stay_quick_to_a_worker_that_began_with_none(test: &TestStore) {
    const ROUNDS: usize = 10;
    let store = &test.store;
    let job = |n: i64| NewJob { run_at: 0, ..NewJob::new("shop", JobKind::Import, "order", &n.to_string()) };
    let work = async || {
        let jobs = take(store, "w", 10_000).await;
        finish(store, "w", &jobs).await;
        jobs.len()
    };
    assert_eq!(work().await, 0);
    store.enqueue(&[job(0)]).await.unwrap();
    assert_eq!(work().await, 1);
    for first in (0..ROWS).step_by(BATCH as usize) {
        store.enqueue(&(first..first + BATCH).map(job).collect::<Vec<_>>()).await.unwrap();
    }
    let started = Instant::now();
    for _ in 0..ROUNDS {
        assert_eq!(work().await, 100);
    }
    let worked = started.elapsed();
    eprintln!("{ROUNDS} x 100 of {ROWS} jobs in {worked:?}");
    assert!(worked < Duration::from_secs(5), "{worked:?} for {ROUNDS} x 100 jobs");
}
