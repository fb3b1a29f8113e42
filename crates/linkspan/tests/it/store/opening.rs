use linkspan::store::{Store, StoreError};

use super::{TestStore, batch, binding, execute, on_both};

on_both!(
    a_store_opens_again_with_what_it_holds,
    many_may_open_a_new_store_at_once,
    a_newer_schema_is_refused
);

async fn a_store_opens_again_with_what_it_holds(test: &TestStore) {
    test.store.commit_batch(batch(vec![binding("a", 1)])).await.unwrap();
    for _ in 0..2 {
        let again = Store::open(&test.url).await.unwrap();
        assert_eq!(again.count_bindings("shop", "product").await.unwrap(), 1);
    }
}

async fn many_may_open_a_new_store_at_once(test: &TestStore) {
    let url = match test.url.strip_suffix(".db") {
        Some(path) => format!("{path}-new.db"),
        None => crate::support::postgres::new_schema_url().await,
    };
    let opened = futures::future::try_join_all((0..8).map(|_| Store::open(&url))).await.unwrap();
    for store in opened {
        assert_eq!(store.count_bindings("shop", "product").await.unwrap(), 0);
    }
}

async fn a_newer_schema_is_refused(test: &TestStore) {
    execute(&test.url, "INSERT INTO schema_migration (version, applied_at) VALUES (7001, 0)").await;
    let error = Store::open(&test.url).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 7001, .. }), "{error}");
    assert!(error.to_string().contains("written by a newer Linkspan"), "{error}");
}

#[tokio::test]
async fn a_store_in_memory_works() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.commit_batch(batch(vec![binding("a", 1)])).await.unwrap();
    assert_eq!(store.count_bindings("shop", "product").await.unwrap(), 1);
    let other = Store::open("sqlite::memory:").await.unwrap();
    assert_eq!(other.count_bindings("shop", "product").await.unwrap(), 0);
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to look at. ".repeat(100)).unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent/linkspan.db"), text] {
        let error = Store::open(&format!("sqlite:{}", path.display())).await.unwrap_err();
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(std::error::Error::source(&error).is_some(), "{error}");
    }
}

#[tokio::test]
async fn names_with_special_characters_are_paths() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my shop?mode=ro #1 100%.db");
    for url in [format!("sqlite:{}", path.display()), format!("sqlite://{}", path.display())] {
        Store::open(&url).await.unwrap();
    }
    assert!(path.is_file());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let test = TestStore::sqlite().await;
    test.store.commit_batch(batch(vec![binding("a", 1)])).await.unwrap();
    let path = test.url.strip_prefix("sqlite:").unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{path}{suffix}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
}

#[tokio::test]
async fn an_unusable_url_is_explained_without_its_password() {
    let cases = [
        ("mysql://root:hunter2@db/x", "begins with \"mysql\""),
        ("hunter2", "does not name a kind of database"),
        ("sqlite:", "names no file"),
        ("postgres://u:hunter2@h:port/x", "does not understand"),
    ];
    for (url, reason) in cases {
        let error = format!("{:#}", anyhow::Error::from(Store::open(url).await.unwrap_err()));
        assert!(error.contains(reason) && error.contains("sqlite:linkspan.db"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_postgres_is_named_without_its_password() {
    let url = super::postgres::new_schema_url().await;
    let mut url = url::Url::parse(&url).unwrap();
    url.set_username("nobody_here").unwrap();
    url.set_password(Some("hunter2")).unwrap();
    let error = Store::open(url.as_str()).await.unwrap_err();
    assert!(matches!(error, StoreError::OpenPostgres { .. }), "{error:?}");
    let shown = format!("{error:?} ") + &format!("{:#}", anyhow::Error::from(error));
    assert!(shown.contains("nobody_here") && !shown.contains("hunter2"), "{shown}");
}
