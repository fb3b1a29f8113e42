//! Bindings: which external record is which Odoo record.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Arg, Filter, Row, Sql, Tx, args, both, json_rows};
use super::{Result, Store, StoreError, now_ms};

/// Look-ups are cut into statements of this many ids.
const IDS_A_STATEMENT: usize = 1_000;

/// The link between one external record and one Odoo record of a backend; unique both ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Binding {
    /// Name of the configured shop.
    pub backend: String,
    /// Kind of record, as the definition names it.
    pub entity: String,
    /// Id in the external system, always text.
    pub external_id: String,
    /// `product.product`.
    pub odoo_model: String,
    /// None: a write was begun and its outcome is not known yet.
    pub odoo_id: Option<i64>,
    /// Who made the Odoo record.
    pub origin: Origin,
    /// Version of the external record that was written last, as text that sorts.
    pub version: Option<String>,
    /// Hash of what Odoo was given; None: not finished.
    pub digest: Option<String>,
    /// JSON: the line keys written per x2many field.
    pub line_keys: Option<String>,
    /// The last button (`then.call`) whose outcome both sides showed, so that what a person does in Odoo
    /// afterwards is told from what the external system wants.
    pub agreed: Option<String>,
    /// When the row was first written; an update keeps it.
    pub created_at: i64,
    /// When the row was last written.
    pub updated_at: i64,
}

/// Who made the Odoo record of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Linkspan did.
    Created,
    /// It was there and matched.
    Adopted,
}

/// Which bindings to list; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct BindingFilter {
    /// Only of this backend.
    pub backend: Option<String>,
    /// Only of this entity.
    pub entity: Option<String>,
    /// Only of this external record.
    pub external_id: Option<String>,
    /// Only of this Odoo record.
    pub odoo_id: Option<i64>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
    /// Go on behind this one, the last of the page before.
    pub after: Option<BindingCursor>,
}

/// Place in a list of bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingCursor {
    /// Backend of the last binding seen.
    pub backend: String,
    /// Entity of the last binding seen.
    pub entity: String,
    /// External id of the last binding seen.
    pub external_id: String,
}

impl From<&Binding> for BindingCursor {
    fn from(last: &Binding) -> Self {
        Self {
            backend: last.backend.clone(),
            entity: last.entity.clone(),
            external_id: last.external_id.clone(),
        }
    }
}

// In PostgreSQL, `= ANY($3)` on a table without statistics, such as any during its first import,
// reads all of the entity for each batch. A limited subquery can only be done by index.
pub(super) const BY_EXTERNAL_ID: Sql<'_> = Sql {
    sqlite: "SELECT * FROM binding WHERE backend = $1 AND entity = $2 \
             AND external_id IN (SELECT value FROM jsonb_each($3))",
    postgres: "SELECT b.* FROM unnest($3) AS wanted, LATERAL (SELECT * FROM binding WHERE backend = $1 \
               AND entity = $2 AND external_id = wanted LIMIT 1) AS b",
};

pub(super) const BY_ODOO_ID: Sql<'_> = Sql {
    // Left alone, SQLite prefers the first two columns of the primary key.
    sqlite: "SELECT b.* FROM jsonb_each($3) AS wanted CROSS JOIN binding AS b INDEXED BY binding_odoo_id \
             WHERE b.backend = $1 AND b.entity = $2 AND b.odoo_id = wanted.value AND b.odoo_id IS NOT NULL",
    postgres: "SELECT b.* FROM unnest($3) AS wanted, LATERAL (SELECT * FROM binding WHERE backend = $1 \
               AND entity = $2 AND odoo_id = wanted LIMIT 1) AS b",
};

const INTEND: Sql<'_> = Sql {
    sqlite: "INSERT INTO binding (backend, entity, external_id, odoo_model, origin, created_at, updated_at) \
             SELECT $1, $2, value, $3, 'created', $4, $4 FROM jsonb_each($5) WHERE true \
             ON CONFLICT (backend, entity, external_id) DO NOTHING",
    postgres: "INSERT INTO binding (backend, entity, external_id, odoo_model, origin, created_at, updated_at) \
               SELECT $1, $2, value, $3, 'created', $4, $4 FROM unnest($5) AS value \
               ON CONFLICT (backend, entity, external_id) DO NOTHING",
};

/// What both upserts end with.
macro_rules! upsert_tail {
    () => {
        "ON CONFLICT (backend, entity, external_id) DO UPDATE SET odoo_model = excluded.odoo_model, \
         odoo_id = coalesce(excluded.odoo_id, binding.odoo_id), origin = excluded.origin, \
         version = excluded.version, digest = excluded.digest, line_keys = excluded.line_keys, agreed = excluded.agreed, \
         updated_at = excluded.updated_at"
    };
}

/// The Odoo id of a binding is never forgotten by an upsert; only `delete_binding` does that.
const UPSERT: Sql<'_> = Sql {
    sqlite: concat!(
        "INSERT INTO binding (backend, entity, external_id, odoo_model, odoo_id, origin, version, digest, line_keys, agreed, \
         created_at, updated_at) \
         SELECT $1, $2, value->>'external_id', value->>'odoo_model', value->>'odoo_id', value->>'origin', \
         value->>'version', value->>'digest', value->>'line_keys', value->>'agreed', value->>'created_at', value->>'updated_at' \
         FROM jsonb_each($3) WHERE true ",
        upsert_tail!()
    ),
    postgres: concat!(
        "INSERT INTO binding (backend, entity, external_id, odoo_model, odoo_id, origin, version, digest, line_keys, agreed, \
         created_at, updated_at) \
         SELECT $1, $2, external_id, odoo_model, odoo_id, origin, version, digest, line_keys, agreed, created_at, updated_at \
         FROM json_to_recordset($3::json) AS r (external_id text, odoo_model text, odoo_id bigint, origin text, \
         version text, digest text, line_keys text, agreed text, created_at bigint, updated_at bigint) ",
        upsert_tail!()
    ),
};

impl Store {
    /// The bindings of these external records, by external id. Records without one are absent.
    pub async fn bindings(
        &self,
        backend: &str,
        entity: &str,
        external_ids: &[&str],
    ) -> Result<HashMap<String, Binding>> {
        let mut found = HashMap::with_capacity(external_ids.len());
        for ids in external_ids.chunks(IDS_A_STATEMENT) {
            let args = args![backend, entity, ids];
            for row in self.database.read("read the bindings", BY_EXTERNAL_ID, args).await? {
                let binding = Binding::from_row(&row)?;
                found.insert(binding.external_id.clone(), binding);
            }
        }
        Ok(found)
    }

    /// The bindings of these Odoo records, by Odoo id.
    pub async fn bindings_by_odoo_id(
        &self,
        backend: &str,
        entity: &str,
        odoo_ids: &[i64],
    ) -> Result<HashMap<i64, Binding>> {
        let mut found = HashMap::with_capacity(odoo_ids.len());
        for ids in odoo_ids.chunks(IDS_A_STATEMENT) {
            let args = args![backend, entity, ids];
            for row in self.database.read("read the bindings", BY_ODOO_ID, args).await? {
                let binding = Binding::from_row(&row)?;
                found.extend(binding.odoo_id.map(|id| (id, binding)));
            }
        }
        Ok(found)
    }

    /// Notes that these records are about to be written to Odoo, in one transaction. A record that
    /// has a binding already keeps it as it is.
    pub async fn begin_writes(
        &self,
        backend: &str,
        entity: &str,
        odoo_model: &str,
        external_ids: &[&str],
    ) -> Result<()> {
        const ACTION: &str = "note the begun writes";
        let mut ids = external_ids.to_vec();
        // One order for every writer, so that two of them never wait for each other.
        ids.sort_unstable();
        ids.dedup();
        let mut tx = self.database.begin(ACTION).await?;
        lock_bindings(&mut tx, backend, entity).await?;
        let args = args![backend, entity, odoo_model, now_ms(), ids.as_slice()];
        tx.session().execute(ACTION, INTEND, args).await?;
        tx.commit(ACTION).await
    }

    /// A page of bindings in the order backend, entity, external id (as text, so "10" before "9").
    pub async fn list_bindings(&self, filter: BindingFilter) -> Result<Vec<Binding>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let conditions = Filter::default()
            .and("backend = $?", filter.backend)
            .and("entity = $?", filter.entity)
            .and("external_id = $?", filter.external_id)
            .and("odoo_id = $?", filter.odoo_id);
        let conditions = match filter.after {
            Some(last) => conditions.and_row_after(
                "(backend, entity, external_id)",
                vec![last.backend.into(), last.entity.into(), last.external_id.into()],
            ),
            None => conditions,
        };
        let (sql, args) =
            conditions.page("SELECT * FROM binding", "ORDER BY backend, entity, external_id", limit);
        let rows = self.database.read("list the bindings", both(&sql), args).await?;
        rows.iter().map(Binding::from_row).collect()
    }

    /// How many records of an entity are linked; begun writes do not count.
    pub async fn count_bindings(&self, backend: &str, entity: &str) -> Result<u64> {
        let sql = both(
            "SELECT count(*) AS n FROM binding WHERE backend = $1 AND entity = $2 AND odoo_id IS NOT NULL",
        );
        let rows = self.database.read("count the bindings", sql, args![backend, entity]).await?;
        rows.first().map_or(Ok(0), |row| row.get::<i64>("n").map(i64::unsigned_abs))
    }

    /// Forgets the link of one external record; false when there was none. Both records stay.
    pub async fn delete_binding(&self, backend: &str, entity: &str, external_id: &str) -> Result<bool> {
        let sql = both("DELETE FROM binding WHERE backend = $1 AND entity = $2 AND external_id = $3");
        let args = args![backend, entity, external_id];
        Ok(self.database.write("delete a binding", sql, args).await? > 0)
    }
}

impl Binding {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            external_id: row.get("external_id")?,
            odoo_model: row.get("odoo_model")?,
            odoo_id: row.get("odoo_id")?,
            origin: Origin::from_text(row.get("origin")?)?,
            version: row.get("version")?,
            digest: row.get("digest")?,
            line_keys: row.get("line_keys")?,
            agreed: row.get("agreed")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl Origin {
    fn from_text(text: String) -> Result<Self> {
        match text.as_str() {
            "created" => Ok(Self::Created),
            "adopted" => Ok(Self::Adopted),
            _ => Err(StoreError::Unexpected { column: "origin", value: text }),
        }
    }
}

/// Writers of one entity's bindings take turns, so that what a batch found free stays free until it
/// commits. SQLite has one writer anyway.
pub(super) async fn lock_bindings(tx: &mut Tx, backend: &str, entity: &str) -> Result<()> {
    if let Tx::Postgres(_) = tx {
        let sql = both("SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 1))");
        tx.session().execute("wait for its turn", sql, args![backend, entity]).await?;
    }
    Ok(())
}

/// Writes the rows whole. External ids must be distinct.
pub(super) async fn upsert(tx: &mut Tx, backend: &str, entity: &str, bindings: &[Binding]) -> Result<()> {
    if bindings.is_empty() {
        return Ok(());
    }
    let args: Vec<Arg> = args![backend, entity, json_rows(bindings)];
    tx.session().execute("write the bindings", UPSERT, args).await?;
    Ok(())
}
