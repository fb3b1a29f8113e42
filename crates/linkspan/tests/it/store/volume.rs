//! Large numbers of rows. The bounds are wide, for slow machines and unoptimized builds; they fail
//! when a statement stops using its index, which costs a hundredfold.

use std::time::{Duration, Instant};

use super::{TestStore, batch, binding, on_both};

const ROWS: i64 = 100_000;
const BATCH: i64 = 1_000;

on_both!(a_hundred_thousand_bindings_stay_quick);

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
