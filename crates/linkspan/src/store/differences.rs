//! What runs in the stage `shadow` would have changed: the last finding of each record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::database::{Filter, Row, Sql, args, both, json_rows};
use super::{Direction, Result, Store};

/// What a run would have done to one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// Which way.
    pub direction: Direction,
    /// External id; on the way out `odoo:<id>` of a record that is not linked.
    pub record: String,
    /// `create`, `update`, `adopt` or `archive`.
    pub action: String,
    /// What would be written, field by field.
    pub fields: Vec<FieldChange>,
    /// When it was last seen.
    pub seen_at: i64,
}

/// A field that would be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Its name where it would be written; a line's is `order_line[key].price_unit`.
    pub field: String,
    /// What is there now; `null` for a new record or a line, which is listed whole.
    pub from: Option<Value>,
    /// What would be there.
    pub to: String,
}

/// Which differences to list, in order of entity, direction and record.
#[derive(Clone, Debug, Default)]
pub struct DifferenceFilter {
    /// Only of this backend.
    pub backend: Option<String>,
    /// Only of this kind of record.
    pub entity: Option<String>,
    /// Only of this direction.
    pub direction: Option<Direction>,
    /// Go on behind this record, the last of the page before; of one entity and direction.
    pub after: Option<String>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
}

/// How many records of an entity would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DifferenceCount {
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// Which way.
    pub direction: Direction,
    /// Records.
    pub count: i64,
}

const FORGET: Sql<'_> = Sql {
    sqlite: "DELETE FROM difference WHERE backend = $1 AND entity = $2 AND direction = $3 \
             AND record IN (SELECT value FROM jsonb_each($4))",
    postgres: "DELETE FROM difference WHERE backend = $1 AND entity = $2 AND direction = $3 AND record = ANY($4)",
};

const NOTE: Sql<'_> = Sql {
    sqlite: "INSERT INTO difference (backend, entity, direction, record, action, fields, seen_at) \
             SELECT value->>'backend', value->>'entity', value->>'direction', value->>'record', value->>'action', \
             value->>'fields', value->>'seen_at' FROM jsonb_each($1) WHERE true ON CONFLICT (backend, entity, direction, record) \
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
        let rows: Vec<NewRow<'_>> = differences.iter().map(NewRow::of).collect();
        self.database.write("note what would change", NOTE, args![json_rows(&rows)]).await.map(drop)
    }

    /// Forgets what was found of records that have no difference any more.
    pub async fn forget_differences(
        &self,
        (backend, entity, direction): (&str, &str, Direction),
        records: &[&str],
    ) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let args = args![backend, entity, direction.text(), records];
        self.database.write("forget what would have changed", FORGET, args).await.map(drop)
    }

    /// A page of differences.
    pub async fn differences(&self, filter: DifferenceFilter) -> Result<Vec<Difference>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let (sql, args) = Filter::default()
            .and("backend = $?", filter.backend)
            .and("entity = $?", filter.entity)
            .and("direction = $?", filter.direction.map(Direction::text))
            .and("record > $?", filter.after)
            .page("SELECT * FROM difference", "ORDER BY backend, entity, direction, record", limit);
        let rows = self.database.read("list what would change", both(&sql), args).await?;
        rows.iter().map(Difference::from_row).collect()
    }

    /// How many records would change, by backend, entity and direction; of every backend, or of one.
    pub async fn difference_counts(&self, backend: Option<&str>) -> Result<Vec<DifferenceCount>> {
        let (sql, args) = Filter::default().and("backend = $?", backend).page(
            "SELECT backend, entity, direction, count(*) AS count FROM difference",
            "GROUP BY backend, entity, direction ORDER BY backend, entity, direction",
            100_000,
        );
        let rows = self.database.read("count what would change", both(&sql), args).await?;
        let count = |row: &Row| {
            Ok(DifferenceCount {
                backend: row.get("backend")?,
                entity: row.get("entity")?,
                direction: Direction::from_text(row.get("direction")?)?,
                count: row.get("count")?,
            })
        };
        rows.iter().map(count).collect()
    }
}

#[derive(Serialize)]
struct NewRow<'d> {
    backend: &'d str,
    entity: &'d str,
    direction: Direction,
    record: &'d str,
    action: &'d str,
    fields: String,
    seen_at: i64,
}

impl<'d> NewRow<'d> {
    fn of(difference: &'d Difference) -> Self {
        let Difference { backend, entity, direction, record, action, fields, seen_at } = difference;
        let fields = serde_json::json!(fields).to_string();
        Self { backend, entity, record, action, fields, direction: *direction, seen_at: *seen_at }
    }
}

impl Difference {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            direction: Direction::from_text(row.get("direction")?)?,
            record: row.get("record")?,
            action: row.get("action")?,
            fields: serde_json::from_str(&row.get::<String>("fields")?).unwrap_or_default(),
            seen_at: row.get("seen_at")?,
        })
    }
}
