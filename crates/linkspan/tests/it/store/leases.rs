use linkspan::store::{Store, StoreError};

use super::{TestStore, batch, binding, on_both};

on_both!(
    a_lease_has_one_holder,
    an_expired_lease_is_taken_over_and_the_old_holder_is_fenced_off,
    a_released_lease_is_free_at_once,
    a_renewed_lease_lasts_longer,
    of_many_who_try_one_gets_it,
);

async fn a_lease_has_one_holder(test: &TestStore) {
    let lease = test.store.acquire_lease("import", "one", 100, 1_000).await.unwrap().unwrap();
    assert_eq!((lease.fence, lease.expires_at), (1, 1_100));
    assert_eq!(test.store.acquire_lease("import", "two", 100, 1_099).await.unwrap(), None);
    assert_eq!(test.store.acquire_lease("import", "one", 100, 1_099).await.unwrap(), None);
    assert!(test.store.acquire_lease("other", "two", 100, 1_099).await.unwrap().is_some());
    assert_eq!(test.store.lease("import").await.unwrap(), Some(lease));
    assert_eq!(test.store.lease("none").await.unwrap(), None);
}

async fn an_expired_lease_is_taken_over_and_the_old_holder_is_fenced_off(test: &TestStore) {
    let mut old = test.store.acquire_lease("import", "one", 100, 1_000).await.unwrap().unwrap();
    let new = test.store.acquire_lease("import", "one", 100, 1_100).await.unwrap().unwrap();
    assert_eq!(new.fence, 2, "the same name after a restart is another holder");

    let error = test.store.renew_lease(&mut old, 100, 1_101).await.unwrap_err();
    assert!(matches!(error, StoreError::LeaseLost { .. }), "{error}");
    assert!(!test.store.release_lease(&old).await.unwrap());
    let mut late = batch(vec![binding("a", 1)]);
    late.lease = Some(old);
    assert!(test.store.commit_batch(late.clone()).await.is_err());
    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), 0);
    late.lease = Some(new);
    test.store.commit_batch(late).await.unwrap();
    assert_eq!(test.store.count_bindings("shop", "product").await.unwrap(), 1);
}

async fn a_released_lease_is_free_at_once(test: &TestStore) {
    let lease = test.store.acquire_lease("import", "one", 100_000, 1_000).await.unwrap().unwrap();
    assert!(test.store.release_lease(&lease).await.unwrap());
    let next = test.store.acquire_lease("import", "two", 100, 1_001).await.unwrap().unwrap();
    assert_eq!(next.fence, 2);
}

async fn a_renewed_lease_lasts_longer(test: &TestStore) {
    let mut lease = test.store.acquire_lease("import", "one", 100, 1_000).await.unwrap().unwrap();
    test.store.renew_lease(&mut lease, 100, 1_090).await.unwrap();
    assert_eq!(lease.expires_at, 1_190);
    assert_eq!(test.store.acquire_lease("import", "two", 100, 1_189).await.unwrap(), None);
}

async fn of_many_who_try_one_gets_it(test: &TestStore) {
    let stores: Vec<Store> =
        futures::future::try_join_all((0..6).map(|_| Store::open(&test.url))).await.unwrap();
    for round in 1..=5 {
        let tries = stores.iter().zip(["a", "b", "c", "d", "e", "f"]);
        let got = futures::future::try_join_all(
            tries.map(|(store, holder)| store.acquire_lease("import", holder, 1, round)),
        );
        let got: Vec<_> = got.await.unwrap().into_iter().flatten().collect();
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].fence, round);
    }
}
