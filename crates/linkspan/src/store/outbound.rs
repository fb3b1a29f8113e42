//! What both sides held when a record was last in step: the base of the three-way compare on the way out.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::database::{Row, Sql, Tx, args, json_rows};
use super::{Result, Store, now_ms};

/// Look-ups are cut into statements of this many ids.
const IDS_A_STATEMENT: usize = 1_000;

/// What is remembered of a record that goes out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outbound {
    /// Its id in the external system; `odoo:<id>` while there is none.
    pub external_id: String,
    /// External field = what both sides held.
    pub base: BTreeMap<String, Base>,
    /// Fingerprint of what Odoo had when the record was last looked at: the same means that nothing is to be done.
    /// Empty: look again.
    pub fingerprint: String,
}

/// What both sides held of one field. They may differ: a system that trims what it is sent holds something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// What Odoo would have sent.
    pub odoo: Value,
    /// What the external system held.
    pub external: Value,
    /// What imports were about to write to Odoo since then, in the form in which it came. If they were killed, finding one
    /// of these there is no change of Odoo's: the second may be killed before it writes what the first has written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_odoo: Vec<Value>,
    /// What exports were about to send. If they were killed, finding one of these there is no change of the other side's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_external: Vec<Value>,
}

impl Base {
    /// What both sides hold, with nothing under way.
    pub fn of(odoo: Value, external: Value) -> Self {
        Self { odoo, external, to_odoo: Vec::new(), to_external: Vec::new() }
    }

    /// An import is about to write this to Odoo.
    pub(crate) fn bring(&mut self, value: &Value) {
        if !self.to_odoo.contains(value) {
            self.to_odoo.push(value.clone());
        }
    }

    /// An export is about to send this.
    pub(crate) fn send(&mut self, value: &Value) {
        if !self.to_external.contains(value) {
            self.to_external.push(value.clone());
        }
    }
}

const BY_EXTERNAL_ID: Sql<'_> = Sql {
    sqlite: "SELECT * FROM outbound WHERE backend = $1 AND entity = $2 \
             AND external_id IN (SELECT value FROM jsonb_each($3))",
    postgres: "SELECT o.* FROM unnest($3) AS wanted, LATERAL (SELECT * FROM outbound WHERE backend = $1 \
               AND entity = $2 AND external_id = wanted LIMIT 1) AS o",
};

const SAVE: Sql<'_> = Sql {
    sqlite: "INSERT INTO outbound (backend, entity, external_id, base, fingerprint, updated_at) \
             SELECT $1, $2, value->>'external_id', value->>'base', value->>'fingerprint', $4 \
             FROM jsonb_each($3) WHERE true \
             ON CONFLICT (backend, entity, external_id) DO UPDATE SET base = excluded.base, \
             fingerprint = excluded.fingerprint, updated_at = excluded.updated_at",
    postgres: "INSERT INTO outbound (backend, entity, external_id, base, fingerprint, updated_at) \
               SELECT $1, $2, external_id, base, fingerprint, $4 \
               FROM json_to_recordset($3::json) AS r (external_id text, base text, fingerprint text) \
               ON CONFLICT (backend, entity, external_id) DO UPDATE SET base = excluded.base, \
               fingerprint = excluded.fingerprint, updated_at = excluded.updated_at",
};

const FORGET: Sql<'_> = Sql {
    sqlite: "DELETE FROM outbound WHERE backend = $1 AND entity = $2 \
             AND external_id IN (SELECT value FROM jsonb_each($3))",
    postgres: "DELETE FROM outbound WHERE backend = $1 AND entity = $2 AND external_id IN (SELECT unnest($3))",
};

/// A row as the columns it fills: the base is JSON text.
#[derive(Serialize)]
struct NewRow<'o> {
    external_id: &'o str,
    base: String,
    fingerprint: &'o str,
}

impl Store {
    /// What is remembered of these records, by external id.
    pub async fn outbound(
        &self,
        backend: &str,
        entity: &str,
        external_ids: &[&str],
    ) -> Result<HashMap<String, Outbound>> {
        let mut found = HashMap::with_capacity(external_ids.len());
        for ids in external_ids.chunks(IDS_A_STATEMENT) {
            let args = args![backend, entity, ids];
            for row in self.database.read("read what went out", BY_EXTERNAL_ID, args).await? {
                let outbound = Outbound::from_row(&row)?;
                found.insert(outbound.external_id.clone(), outbound);
            }
        }
        Ok(found)
    }
}

impl Outbound {
    /// A base that cannot be read counts as none: the record is looked at once more.
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            external_id: row.get("external_id")?,
            base: serde_json::from_str(&row.get::<String>("base")?).unwrap_or_default(),
            fingerprint: row.get("fingerprint")?,
        })
    }
}

/// Writes rows whole; of two for the same record the last one holds.
pub(super) async fn save(tx: &mut Tx, backend: &str, entity: &str, rows: &[Outbound]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows: BTreeMap<&str, NewRow<'_>> =
        rows.iter().map(|row| (row.external_id.as_str(), NewRow::of(row))).collect();
    let rows: Vec<&NewRow<'_>> = rows.values().collect();
    tx.session()
        .execute("note what went out", SAVE, args![backend, entity, json_rows(&rows), now_ms()])
        .await?;
    Ok(())
}

/// Forgets these records.
pub(super) async fn forget(tx: &mut Tx, backend: &str, entity: &str, external_ids: &[String]) -> Result<()> {
    if !external_ids.is_empty() {
        let ids: Vec<&str> = external_ids.iter().map(String::as_str).collect();
        tx.session().execute("forget what went out", FORGET, args![backend, entity, ids.as_slice()]).await?;
    }
    Ok(())
}

impl<'o> NewRow<'o> {
    fn of(row: &'o Outbound) -> Self {
        Self {
            external_id: &row.external_id,
            base: serde_json::to_string(&row.base).unwrap_or_else(|_| "{}".to_owned()),
            fingerprint: &row.fingerprint,
        }
    }
}
