use linkspan::store::{
    BatchCommit, BindingConflict, Checkpoint, DeadLetterFilter, DeadLetterState, Store, StoreError,
};

use super::{TestStore, batch, binding, dead_letter, on_both};

on_both!(
    a_batch_stores_bindings_dead_letters_and_checkpoint_together,
    a_second_record_for_one_odoo_record_is_a_conflict_and_the_rest_goes_in,
    two_records_of_one_batch_that_want_one_odoo_record_conflict,
    the_last_of_two_bindings_for_one_record_holds,
    writers_at_the_same_time_leave_one_holder,
    a_failing_batch_leaves_nothing,
    checkpoints_are_saved,
    an_empty_batch_is_fine,
);

async fn a_batch_stores_bindings_dead_letters_and_checkpoint_together(test: &TestStore) {
    let checkpoint = Checkpoint {
        backend: "shop".to_owned(),
        entity: "product".to_owned(),
        since: Some("2026-01-01T00:00:00".to_owned()),
        walk: Some(r#"{"page":2}"#.to_owned()),
        updated_at: 0,
    };
    let commit = BatchCommit {
        dead_letters: vec![dead_letter("x")],
        checkpoint: Some(checkpoint.clone()),
        ..batch(vec![binding("a", 1)])
    };
    assert_eq!(test.store.commit_batch(commit).await.unwrap(), []);

    let reopened = Store::open(&test.url).await.unwrap();
    assert_eq!(reopened.bindings("shop", "product", &["a"]).await.unwrap().len(), 1);
    assert_eq!(reopened.open_dead_letters_for("shop", "product", &["x", "a"]).await.unwrap().len(), 1);
    let stored = reopened.checkpoint("shop", "product").await.unwrap().unwrap();
    assert!(stored.updated_at > 0);
    assert_eq!(Checkpoint { updated_at: 0, ..stored }, checkpoint);
}

async fn a_second_record_for_one_odoo_record_is_a_conflict_and_the_rest_goes_in(test: &TestStore) {
    test.store.commit_batch(batch(vec![binding("a", 1)])).await.unwrap();
    let commit = BatchCommit {
        resolved_dead_letters: vec!["b".to_owned(), "c".to_owned()],
        ..batch(vec![binding("b", 1), binding("c", 3)])
    };
    let conflicts = test.store.commit_batch(commit).await.unwrap();
    let expected = BindingConflict { external_id: "b".to_owned(), odoo_id: 1, held_by: "a".to_owned() };
    assert_eq!(conflicts, [expected]);
    let bound = test.store.bindings("shop", "product", &["a", "b", "c"]).await.unwrap();
    assert_eq!((bound["a"].odoo_id, bound.get("b"), bound["c"].odoo_id), (Some(1), None, Some(3)));

    let letters = test.store.list_dead_letters(DeadLetterFilter::default()).await.unwrap();
    let [letter] = letters.as_slice() else { panic!("one dead letter expected: {letters:?}") };
    assert_eq!((letter.external_id.as_str(), letter.class.as_str()), ("b", "conflict"));
    assert_eq!(letter.state, DeadLetterState::Open);
    assert!(
        letter.message.contains("Odoo record 1") && letter.message.contains("\"a\""),
        "{}",
        letter.message
    );
}

async fn two_records_of_one_batch_that_want_one_odoo_record_conflict(test: &TestStore) {
    let conflicts = test.store.commit_batch(batch(vec![binding("z", 1), binding("a", 1)])).await.unwrap();
    let expected = BindingConflict { external_id: "a".to_owned(), odoo_id: 1, held_by: "z".to_owned() };
    assert_eq!(conflicts, [expected]);
}

async fn the_last_of_two_bindings_for_one_record_holds(test: &TestStore) {
    assert_eq!(test.store.commit_batch(batch(vec![binding("a", 1), binding("a", 2)])).await.unwrap(), []);
    assert_eq!(test.store.bindings("shop", "product", &["a"]).await.unwrap()["a"].odoo_id, Some(2));
}

async fn writers_at_the_same_time_leave_one_holder(test: &TestStore) {
    let other = Store::open(&test.url).await.unwrap();
    for odoo_id in 1..=20 {
        let (left, right) = (format!("left {odoo_id}"), format!("right {odoo_id}"));
        let (mine, theirs) = tokio::join!(
            test.store.commit_batch(batch(vec![binding(&left, odoo_id), binding("both", -odoo_id)])),
            other.commit_batch(batch(vec![binding("both", -odoo_id), binding(&right, odoo_id)])),
        );
        let conflicts = mine.unwrap().len() + theirs.unwrap().len();
        assert_eq!(conflicts, 1, "Odoo record {odoo_id}");
    }
    // 20 records with one holder each, and "both".
    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), 21);
}

async fn a_failing_batch_leaves_nothing(test: &TestStore) {
    let lease = test.store.acquire_lease("import", "gone", 10, 0).await.unwrap().unwrap();
    test.store.acquire_lease("import", "new", 10, 20).await.unwrap().unwrap();
    let commit = BatchCommit {
        dead_letters: vec![dead_letter("x")],
        checkpoint: Some(Checkpoint {
            backend: "shop".to_owned(),
            entity: "product".to_owned(),
            ..Checkpoint::default()
        }),
        lease: Some(lease),
        ..batch(vec![binding("a", 1)])
    };
    let error = test.store.commit_batch(commit).await.unwrap_err();
    assert!(matches!(&error, StoreError::LeaseLost { name, holder } if name == "import" && holder == "gone"));
    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), 0);
    assert_eq!(test.store.list_dead_letters(DeadLetterFilter::default()).await.unwrap(), []);
    assert_eq!(test.store.checkpoint("shop", "product").await.unwrap(), None);
}

async fn checkpoints_are_saved(test: &TestStore) {
    let checkpoint = |since: &str| Checkpoint {
        backend: "shop".to_owned(),
        entity: "order".to_owned(),
        since: Some(since.to_owned()),
        ..Checkpoint::default()
    };
    assert_eq!(test.store.checkpoint("shop", "order").await.unwrap(), None);
    test.store.save_checkpoint(&checkpoint("1")).await.unwrap();
    test.store.save_checkpoint(&checkpoint("2")).await.unwrap();
    assert_eq!(
        test.store.checkpoint("shop", "order").await.unwrap().and_then(|c| c.since),
        Some("2".to_owned())
    );
}

async fn an_empty_batch_is_fine(test: &TestStore) {
    assert_eq!(test.store.commit_batch(batch(Vec::new())).await.unwrap(), []);
    test.store.begin_writes("shop", "product", "product.product", &[]).await.unwrap();
    assert!(test.store.bindings("shop", "product", &[]).await.unwrap().is_empty());
}
