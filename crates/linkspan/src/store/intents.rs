//! Intents: written before every request that makes a record on the other side. Who finds one knows that the record
//! may be there already, and looks before making it again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::database::{Row, Tx, args, both};
use super::{Result, Store};

/// A create that was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intent {
    /// The Odoo record that goes out.
    pub odoo_id: i64,
    /// The value by which the record is found if it was made; `None`: it cannot be looked up.
    pub look_up: Option<String>,
    /// The new record's id, known as soon as the answer came.
    pub external_id: Option<String>,
    /// When the last request was about to be sent.
    pub created_at: i64,
    /// What it was; `None`: a build before this one began it.
    pub sent: Option<Sent>,
}

/// A create as it went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The new record.
    pub record: Value,
    /// The idempotency key that went along, if the operation has a place for one.
    pub key: String,
    /// When it went out for the first time, in milliseconds since 1970.
    pub at: i64,
}

const BEGIN: &str = "INSERT INTO intent (backend, entity, odoo_id, look_up, external_id, created_at, sent) \
                     VALUES ($1, $2, $3, $4, NULL, $5, $6) ON CONFLICT (backend, entity, odoo_id) DO NOTHING";

const AGAIN: &str = "UPDATE intent SET look_up = $4, created_at = $5, sent = $6 WHERE backend = $1 AND entity = $2 \
                     AND odoo_id = $3 AND external_id IS NULL AND created_at = $7";

impl Store {
    /// The create of this Odoo record that was begun and not finished.
    pub async fn intent(&self, backend: &str, entity: &str, odoo_id: i64) -> Result<Option<Intent>> {
        let sql = both("SELECT * FROM intent WHERE backend = $1 AND entity = $2 AND odoo_id = $3");
        let rows = self.database.read("read an intent", sql, args![backend, entity, odoo_id]).await?;
        rows.first().map(Intent::from_row).transpose()
    }

    /// Every create of an entity that was begun and not finished, oldest first.
    pub async fn intents(&self, backend: &str, entity: &str) -> Result<Vec<Intent>> {
        let sql =
            both("SELECT * FROM intent WHERE backend = $1 AND entity = $2 ORDER BY created_at, odoo_id");
        let rows = self.database.read("read the intents", sql, args![backend, entity]).await?;
        rows.iter().map(Intent::from_row).collect()
    }

    /// Notes that a create is about to be sent: the first one, or one more after `before`. False when somebody else has
    /// begun one meanwhile, so that of two senders only one sends.
    pub async fn begin_create(
        &self,
        backend: &str,
        entity: &str,
        intent: &Intent,
        before: Option<&Intent>,
    ) -> Result<bool> {
        let look_up = serde_json::json!(intent.look_up).to_string();
        let sent = intent.sent.as_ref().map(|sent| serde_json::json!(sent).to_string());
        let args = args![backend, entity, intent.odoo_id, look_up, intent.created_at, sent.as_deref()];
        let touched = match before {
            None => self.database.write("note an intent", both(BEGIN), args).await?,
            Some(before) => {
                let args = args.into_iter().chain(args![before.created_at]).collect();
                self.database.write("note an intent", both(AGAIN), args).await?
            }
        };
        Ok(touched > 0)
    }

    /// Notes the id that the other side gave the new record.
    pub async fn note_created(
        &self,
        backend: &str,
        entity: &str,
        odoo_id: i64,
        external_id: &str,
    ) -> Result<()> {
        let sql =
            both("UPDATE intent SET external_id = $4 WHERE backend = $1 AND entity = $2 AND odoo_id = $3");
        self.database
            .write("note a created record", sql, args![backend, entity, odoo_id, external_id])
            .await?;
        Ok(())
    }

    /// Forgets a create that surely was not carried out, or that a human has settled.
    pub async fn drop_intent(&self, backend: &str, entity: &str, odoo_id: i64) -> Result<()> {
        let mut tx = self.database.begin("drop an intent").await?;
        settle(&mut tx, backend, entity, &[odoo_id]).await?;
        tx.commit("drop an intent").await
    }
}

impl Intent {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            odoo_id: row.get("odoo_id")?,
            look_up: serde_json::from_str(&row.get::<String>("look_up")?).unwrap_or_default(),
            external_id: row.get("external_id")?,
            created_at: row.get("created_at")?,
            sent: row.get::<Option<String>>("sent")?.and_then(|sent| serde_json::from_str(&sent).ok()),
        })
    }
}

/// The creates of these Odoo records are finished.
pub(super) async fn settle(tx: &mut Tx, backend: &str, entity: &str, odoo_ids: &[i64]) -> Result<()> {
    let sql = both("DELETE FROM intent WHERE backend = $1 AND entity = $2 AND odoo_id = $3");
    for odoo_id in odoo_ids {
        tx.session().execute("settle an intent", sql, args![backend, entity, *odoo_id]).await?;
    }
    Ok(())
}
