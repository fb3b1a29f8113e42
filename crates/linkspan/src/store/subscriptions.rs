//! The webhooks that the external system is to send, as it said last.

use serde::Serialize;

use super::database::{Filter, Row, Sql, args, both, json_rows};
use super::{Result, Store, StoreError};

/// Whether a subscription delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// It delivers.
    Active,
    /// There is none.
    Missing,
    /// There is one that does not deliver, and it could not be repaired.
    Dead,
}

impl SubscriptionState {
    /// The word in the database.
    pub fn text(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Missing => "missing",
            Self::Dead => "dead",
        }
    }

    fn from_text(text: String) -> Result<Self> {
        [Self::Active, Self::Missing, Self::Dead]
            .into_iter()
            .find(|state| state.text() == text)
            .ok_or(StoreError::Unexpected { column: "state", value: text })
    }
}

/// A subscription of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// The backend.
    pub backend: String,
    /// The topic.
    pub topic: String,
    /// Its id on the other side.
    pub remote_id: Option<String>,
    /// Whether it delivers.
    pub state: SubscriptionState,
    /// What was done about it last, or why it does not deliver.
    pub message: Option<String>,
    /// When the other side was asked last.
    pub checked_at: i64,
}

const SAVE: Sql<'_> = Sql {
    sqlite: "INSERT INTO subscription (backend, topic, remote_id, state, message, checked_at) \
             SELECT $1, value->>'topic', value->>'remote_id', value->>'state', value->>'message', \
             value->>'checked_at' FROM jsonb_each($2)",
    postgres: "INSERT INTO subscription (backend, topic, remote_id, state, message, checked_at) \
               SELECT $1, topic, remote_id, state, message, checked_at FROM json_to_recordset($2::json) \
               AS r (topic text, remote_id text, state text, message text, checked_at bigint)",
};

impl Store {
    /// Replaces what is known of a backend's subscriptions.
    pub async fn save_subscriptions(&self, backend: &str, subscriptions: &[Subscription]) -> Result<()> {
        const ACTION: &str = "store subscriptions";
        let mut tx = self.database.begin(ACTION).await?;
        let forget = both("DELETE FROM subscription WHERE backend = $1");
        tx.session().execute(ACTION, forget, args![backend]).await?;
        if !subscriptions.is_empty() {
            tx.session().execute(ACTION, SAVE, args![backend, json_rows(subscriptions)]).await?;
        }
        tx.commit(ACTION).await
    }

    /// The subscriptions of a backend, or of all, by topic.
    pub async fn list_subscriptions(&self, backend: Option<&str>) -> Result<Vec<Subscription>> {
        let (sql, args) = Filter::default().and("backend = $?", backend).page(
            "SELECT * FROM subscription",
            "ORDER BY backend, topic",
            10_000,
        );
        let rows = self.database.read("list subscriptions", both(&sql), args).await?;
        rows.iter().map(Subscription::from_row).collect()
    }
}

impl Subscription {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            backend: row.get("backend")?,
            topic: row.get("topic")?,
            remote_id: row.get("remote_id")?,
            state: SubscriptionState::from_text(row.get("state")?)?,
            message: row.get("message")?,
            checked_at: row.get("checked_at")?,
        })
    }
}
