//! What runs in the stage `shadow` would have changed: the last finding of each record.

use serde::Serialize;

use super::database::{Filter, Row, Sql, args, both, json_rows};
use super::{Result, Store};

/// What a run would have done to one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// `in` or `out`.
    pub direction: String,
    /// External id; on the way out the Odoo id.
    pub record: String,
    /// `create`, `update` or `adopt`.
    pub action: String,
    /// JSON list: field, from, to.
    pub fields: String,
    /// When it was last seen.
    pub seen_at: i64,
}

const NOTE: Sql<'_> = Sql {
    sqlite: "INSERT INTO difference (backend, entity, direction, record, action, fields, seen_at) \
             SELECT value->>'backend', value->>'entity', value->>'direction', value->>'record', value->>'action', \
             value->>'fields', value->>'seen_at' FROM json_each($1) WHERE true ON CONFLICT (backend, entity, direction, record) \
             DO UPDATE SET action = excluded.action, fields = excluded.fields, seen_at = excluded.seen_at",
    postgres: "INSERT INTO difference (backend, entity, direction, record, action, fields, seen_at) \
               SELECT DISTINCT ON (backend, entity, direction, record) backend, entity, direction, record, action, fields, seen_at \
               FROM json_to_recordset($1::json) AS r (backend text, \
               entity text, direction text, record text, action text, fields text, seen_at bigint) \
               ON CONFLICT (backend, entity, direction, record) \
               DO UPDATE SET action = excluded.action, fields = excluded.fields, seen_at = excluded.seen_at",
};

impl Store {
    /// Stores what would have changed; a later finding replaces the one before.
    pub async fn note_differences(&self, differences: &[Difference]) -> Result<()> {
        if differences.is_empty() {
            return Ok(());
        }
        self.database.write("note what would change", NOTE, args![json_rows(differences)]).await.map(drop)
    }

    /// The differences of a backend, those seen last first.
    pub async fn differences(
        &self,
        backend: &str,
        entity: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Difference>> {
        let (sql, args) = Filter::default()
            .and("backend = $?", Some(backend))
            .and("entity = $?", entity)
            .page("SELECT * FROM difference", "ORDER BY seen_at DESC, entity, record", limit);
        let rows = self.database.read("list what would change", both(&sql), args).await?;
        rows.iter().map(Difference::from_row).collect()
    }
}

impl Difference {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            direction: row.get("direction")?,
            record: row.get("record")?,
            action: row.get("action")?,
            fields: row.get("fields")?,
            seen_at: row.get("seen_at")?,
        })
    }
}
