use linkspan::store::{Binding, BindingCursor, BindingFilter, Origin};

use super::{TestStore, batch, binding, on_both};

on_both!(
    a_binding_comes_back_as_it_was_stored,
    ids_are_text_and_keep_their_zeros,
    an_intent_has_no_odoo_id_until_the_batch_commits,
    an_intent_leaves_a_finished_binding_alone,
    an_update_keeps_the_creation_time_and_the_odoo_id,
    lists_page_through_everything_in_one_order,
    lists_filter_by_each_key,
    an_unlinked_pair_can_be_linked_again,
    a_nul_character_does_not_refuse_the_batch,
);

async fn a_binding_comes_back_as_it_was_stored(test: &TestStore) {
    let full = Binding {
        origin: Origin::Adopted,
        line_keys: Some(r#"{"order_line":["7","\"é\\"]}"#.to_owned()),
        agreed: Some("action_confirm".to_owned()),
        ..binding("7", i64::MAX)
    };
    let bare =
        Binding {
            odoo_id: None, version: None, digest: None, line_keys: None, ..binding("سلام '\"\\", 0)
        };
    test.store.commit_batch(batch(vec![full.clone(), bare.clone()])).await.unwrap();

    let found = test.store.bindings("shop", "product", &["7", "سلام '\"\\", "absent"]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found["7"], full);
    assert_eq!(found["سلام '\"\\"], bare);
    let by_odoo_id = test.store.bindings_by_odoo_id("shop", "product", &[i64::MAX, 1]).await.unwrap();
    assert_eq!(by_odoo_id.into_iter().collect::<Vec<_>>(), [(i64::MAX, full)]);
    assert!(test.store.bindings("other", "product", &["7"]).await.unwrap().is_empty());
    assert!(test.store.bindings("shop", "order", &["7"]).await.unwrap().is_empty());
}

async fn ids_are_text_and_keep_their_zeros(test: &TestStore) {
    let ids = ["00123", "123", "1e2", "true", "null", " 1", ""];
    let rows = ids.iter().zip(1..).map(|(id, odoo_id)| binding(id, odoo_id)).collect();
    assert_eq!(test.store.commit_batch(batch(rows)).await.unwrap(), []);
    let found = test.store.bindings("shop", "product", &ids).await.unwrap();
    for (id, odoo_id) in ids.iter().zip(1..) {
        assert_eq!(found[*id].odoo_id, Some(odoo_id), "{id:?}");
    }
}

async fn an_intent_has_no_odoo_id_until_the_batch_commits(test: &TestStore) {
    test.store.begin_writes("shop", "product", "product.product", &["b", "a", "b"]).await.unwrap();
    let begun = test.store.bindings("shop", "product", &["a", "b"]).await.unwrap();
    assert_eq!((begun.len(), begun["a"].odoo_id, begun["a"].digest.as_deref()), (2, None, None));
    assert_eq!(begun["a"].odoo_model, "product.product");
    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), 0);

    test.store.commit_batch(batch(vec![binding("a", 5)])).await.unwrap();
    let after = test.store.bindings("shop", "product", &["a", "b"]).await.unwrap();
    assert_eq!((after["a"].odoo_id, after["b"].odoo_id), (Some(5), None));
    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), 1);
}

async fn an_intent_leaves_a_finished_binding_alone(test: &TestStore) {
    test.store.commit_batch(batch(vec![binding("a", 5)])).await.unwrap();
    test.store.begin_writes("shop", "product", "product.product", &["a"]).await.unwrap();
    assert_eq!(test.store.bindings("shop", "product", &["a"]).await.unwrap()["a"], binding("a", 5));
}

async fn an_update_keeps_the_creation_time_and_the_odoo_id(test: &TestStore) {
    test.store.commit_batch(batch(vec![binding("a", 5)])).await.unwrap();
    let newer = Binding {
        odoo_id: None,
        version: Some("2026-02-02T00:00:00".to_owned()),
        digest: None,
        created_at: 2_000,
        updated_at: 2_000,
        ..binding("a", 5)
    };
    test.store.commit_batch(batch(vec![newer.clone()])).await.unwrap();
    let stored = &test.store.bindings("shop", "product", &["a"]).await.unwrap()["a"];
    assert_eq!(*stored, Binding { odoo_id: Some(5), created_at: 1_000, ..newer });
}

async fn lists_page_through_everything_in_one_order(test: &TestStore) {
    let ids = ["B", "a", "C", "é", "10", "9", "_"];
    let rows = ids.iter().zip(1..).map(|(id, odoo_id)| binding(id, odoo_id)).collect();
    test.store.commit_batch(batch(rows)).await.unwrap();
    let mut seen = Vec::new();
    let mut after: Option<BindingCursor> = None;
    loop {
        let filter = BindingFilter { limit: 2, after: after.take(), ..BindingFilter::default() };
        let page = test.store.list_bindings(filter).await.unwrap();
        after = page.last().map(BindingCursor::from);
        seen.extend(page.into_iter().map(|binding| binding.external_id));
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["10", "9", "B", "C", "_", "a", "é"]);
}

async fn lists_filter_by_each_key(test: &TestStore) {
    test.store.commit_batch(batch(vec![binding("a", 1), binding("b", 2)])).await.unwrap();
    let mut orders = batch(vec![Binding { entity: "order".to_owned(), ..binding("a", 2) }]);
    orders.entity = "order".to_owned();
    test.store.commit_batch(orders).await.unwrap();
    let cases = [
        (BindingFilter::default(), 3),
        (BindingFilter { backend: Some("shop".to_owned()), ..BindingFilter::default() }, 3),
        (BindingFilter { backend: Some("other".to_owned()), ..BindingFilter::default() }, 0),
        (BindingFilter { entity: Some("order".to_owned()), ..BindingFilter::default() }, 1),
        (BindingFilter { external_id: Some("a".to_owned()), ..BindingFilter::default() }, 2),
        (BindingFilter { odoo_id: Some(2), ..BindingFilter::default() }, 2),
        (
            BindingFilter {
                odoo_id: Some(2),
                entity: Some("product".to_owned()),
                ..BindingFilter::default()
            },
            1,
        ),
        (BindingFilter { limit: 1, ..BindingFilter::default() }, 1),
    ];
    for (filter, expected) in cases {
        assert_eq!(test.store.list_bindings(filter.clone()).await.unwrap().len(), expected, "{filter:?}");
    }
}

async fn an_unlinked_pair_can_be_linked_again(test: &TestStore) {
    test.store.commit_batch(batch(vec![binding("a", 5)])).await.unwrap();
    assert!(test.store.delete_binding("shop", "product", "a").await.unwrap());
    assert!(!test.store.delete_binding("shop", "product", "a").await.unwrap());
    assert_eq!(test.store.commit_batch(batch(vec![binding("b", 5)])).await.unwrap(), []);
}

async fn a_nul_character_does_not_refuse_the_batch(test: &TestStore) {
    let strange = Binding { version: Some("v\0".to_owned()), ..binding("bad\0id", 1) };
    test.store.begin_writes("shop", "product", "product.product", &["bad\0id", "good"]).await.unwrap();
    test.store.commit_batch(batch(vec![strange, binding("good", 2)])).await.unwrap();
    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), 2);
    let found = test.store.bindings("shop", "product", &["bad\0id"]).await.unwrap();
    assert_eq!(found["bad\u{fffd}id"].version.as_deref(), Some("v\u{fffd}"));
}
