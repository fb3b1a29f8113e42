//! Walks over a list that are done in pieces, as the service does them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Instant;

use linkspan::sync::{ImportOptions, SyncError, Walked};

use crate::support::world::{Plan, World};

fn piece(walk: Option<&str>) -> ImportOptions {
    let full = walk.is_some();
    ImportOptions {
        full,
        walk: walk.map(str::to_owned),
        until: Some(Instant::now()),
        ..ImportOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_over_everything_goes_on_under_its_name_and_begins_anew_under_another() {
    let world = World::start(Plan::sized(650, 0, 0)).await;
    let store = world.store().await;
    let mut session = world.session(&store).await;
    let done = async |session: &mut linkspan::sync::Session, walk| {
        session.begin_work(None, None);
        session.import_batch("product", piece(walk)).await.unwrap()
    };
    assert_eq!(done(&mut session, Some("night")).await, Walked::Paused);
    let first = world.odoo.count("product.product") as u64;
    assert!(first > 0 && first < 650, "{first}");
    // Its job was claimed a second time, by another node or after a failure.
    assert_eq!(done(&mut session, Some("night")).await, Walked::Through);
    assert_eq!(world.odoo.count("product.product") as u64, 650);
    assert_eq!(session.summary().total().created, 650 - first);
    assert_eq!(done(&mut session, Some("night")).await, Walked::Paused, "the next night begins anew");
    assert_eq!(session.summary().total().unchanged, first);
    assert_eq!(done(&mut session, Some("day")).await, Walked::Paused);
    assert_eq!(session.summary().total().unchanged, first, "from the beginning");
    // A walk over what changed takes up what is not through.
    assert_eq!(done(&mut session, None).await, Walked::Through);
    assert_eq!(session.summary().total().unchanged, 650 - first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_on_changes_counts_the_whole_walk_not_each_piece_of_it() {
    let world = World::start(Plan::sized(650, 0, 0)).await;
    let mut session = world.session(&world.store().await).await;
    session.begin_work(None, Some(520));
    assert_eq!(session.import_batch("product", piece(None)).await.unwrap(), Walked::Paused);
    let first = world.odoo.count("product.product");
    session.begin_work(None, Some(520));
    let stopped = session.import_batch("product", piece(None)).await;
    assert!(matches!(stopped, Err(SyncError::TooManyChanges { limit: 520, .. })), "{stopped:?}");
    assert_eq!(world.odoo.count("product.product"), first);
}
