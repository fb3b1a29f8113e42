//! Checkpoints: how far the import of an entity has come.

use super::database::{Tx, args, both};
use super::{Result, Store, now_ms};

/// How far the import of one entity has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The shop.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// High-water mark of the last complete walk; None: never walked to the end.
    pub since: Option<String>,
    /// JSON of an unfinished walk: its since, when it began, page cursor, counts.
    pub walk: Option<String>,
    /// When it was saved; the store sets it.
    pub updated_at: i64,
}

const SAVE: &str = "INSERT INTO checkpoint (backend, entity, since, walk, updated_at) VALUES ($1, $2, $3, $4, $5) \
                    ON CONFLICT (backend, entity) DO UPDATE SET since = excluded.since, walk = excluded.walk, \
                    updated_at = excluded.updated_at";

impl Store {
    /// The checkpoint of an entity, if one was saved.
    pub async fn checkpoint(&self, backend: &str, entity: &str) -> Result<Option<Checkpoint>> {
        let sql = both("SELECT * FROM checkpoint WHERE backend = $1 AND entity = $2");
        let rows = self.database.read("read the checkpoint", sql, args![backend, entity]).await?;
        rows.first()
            .map(|row| {
                Ok(Checkpoint {
                    backend: row.get("backend")?,
                    entity: row.get("entity")?,
                    since: row.get("since")?,
                    walk: row.get("walk")?,
                    updated_at: row.get("updated_at")?,
                })
            })
            .transpose()
    }

    /// Saves a checkpoint outside a batch; batches carry theirs in [`Store::commit_batch`].
    pub async fn save_checkpoint(&self, checkpoint: &Checkpoint) -> Result<()> {
        const ACTION: &str = "save the checkpoint";
        let mut tx = self.database.begin(ACTION).await?;
        save(&mut tx, checkpoint).await?;
        tx.commit(ACTION).await
    }
}

pub(super) async fn save(tx: &mut Tx, checkpoint: &Checkpoint) -> Result<()> {
    let Checkpoint { backend, entity, since, walk, .. } = checkpoint;
    let args = args![backend, entity, since.as_deref(), walk.as_deref(), now_ms()];
    tx.session().execute("save the checkpoint", both(SAVE), args).await?;
    Ok(())
}
