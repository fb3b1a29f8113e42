//! The store, on SQLite and on PostgreSQL: every test of [`on_both`] runs on each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::store::{BatchCommit, Binding, DeadLetterKind, NewDeadLetter, Origin, Store};
use serde_json::json;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::support::postgres;

mod batches;
mod bindings;
mod connections;
mod dead_letters;
mod exchanges;
mod jobs;
mod kill;
mod leases;
mod limits;
mod opening;
mod operators;
mod outbound;
mod redaction;
mod volume;

/// Runs each of these `async fn(&TestStore)` on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&$crate::store::TestStore::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&$crate::store::TestStore::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// An empty store; what it needs disappears with it.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) url: String,
    _folder: Option<tempfile::TempDir>,
}

impl TestStore {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("linkspan.db").display());
        Self { store: Store::open(&url).await.unwrap(), url, _folder: Some(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        let url = postgres::new_schema_url().await;
        Self { store: Store::open(&url).await.unwrap(), url, _folder: None }
    }
}

/// Does to the database what no function of the store does.
pub(crate) async fn execute(url: &str, sql: &str) {
    let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
    if url.starts_with("sqlite:") {
        sql.execute(&mut SqliteConnection::connect(url).await.unwrap()).await.unwrap();
    } else {
        sql.execute(&mut PgConnection::connect(url).await.unwrap()).await.unwrap();
    }
}

/// A finished binding of product `external_id` of the backend `shop`.
pub(crate) fn binding(external_id: &str, odoo_id: i64) -> Binding {
    Binding {
        backend: "shop".to_owned(),
        entity: "product".to_owned(),
        external_id: external_id.to_owned(),
        odoo_model: "product.product".to_owned(),
        odoo_id: Some(odoo_id),
        origin: Origin::Created,
        version: Some("2026-01-01T00:00:00".to_owned()),
        digest: Some("d1".to_owned()),
        line_keys: None,
        agreed: None,
        created_at: 1_000,
        updated_at: 1_000,
    }
}

pub(crate) fn dead_letter(external_id: &str) -> NewDeadLetter {
    NewDeadLetter {
        external_id: external_id.to_owned(),
        class: "data".to_owned(),
        message: "The price \"abc\" is no number.".to_owned(),
        problems: r#"[{"path":"price"}]"#.to_owned(),
        payload: Some(r#"{"price":"abc"}"#.to_owned()),
        version: Some("2026-01-01T00:00:00".to_owned()),
        depends_on: None,
    }
}

/// A product whose name both sides changed, on its way out.
pub(crate) fn conflict(external_id: &str) -> BatchCommit {
    let name = json!({ "field": "name", "odoo": "Odoo's", "external": "The shop's", "base": "Lamp" });
    let letter = NewDeadLetter {
        class: "conflict".to_owned(),
        message: "both sides changed name".to_owned(),
        problems: r#"[{"path":"name","reason":"both sides changed name"}]"#.to_owned(),
        payload: Some(json!({ "odoo_id": 145, "fields": [name] }).to_string()),
        ..dead_letter(external_id)
    };
    let bound = batch(vec![binding(external_id, 145)]);
    BatchCommit { kind: DeadLetterKind::Export, dead_letters: vec![letter], ..bound }
}

/// A batch of products of the backend `shop`.
pub(crate) fn batch(bindings: Vec<Binding>) -> BatchCommit {
    BatchCommit {
        backend: "shop".to_owned(),
        entity: "product".to_owned(),
        bindings,
        ..BatchCommit::default()
    }
}
