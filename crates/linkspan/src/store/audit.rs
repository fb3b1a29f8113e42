//! Who did what: every action of an operator, in the transaction of the action.

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Filter, Row, Tx, args, both};
use super::{Result, Store, now_ms};

/// An action that somebody took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// Grows with time.
    pub id: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Account, `token <name>` or `command line`.
    pub actor: String,
    /// What was done: `dead_letter.retry`, `channel.pause`...
    pub action: String,
    /// To what: `dead letter 17`, `channel shop:in`...
    pub target: String,
    /// JSON of what else there is to know.
    pub details: Option<String>,
}

/// An action that is to be stored with its effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAudit {
    /// Account, `token <name>` or `command line`.
    pub actor: String,
    /// What was done.
    pub action: &'static str,
    /// To what.
    pub target: String,
    /// What else there is to know.
    pub details: Option<serde_json::Value>,
}

/// Which actions to list; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only by this actor.
    pub actor: Option<String>,
    /// Only of this kind.
    pub action: Option<String>,
    /// Go on behind this one, the last of the page before.
    pub before_id: Option<i64>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
}

const WRITE: &str = "INSERT INTO audit (at, actor, action, target, details) VALUES ($1, $2, $3, $4, $5)";

impl Store {
    /// A page of actions, newest first.
    pub async fn list_audit(&self, filter: AuditFilter) -> Result<Vec<AuditEntry>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let (sql, args) = Filter::default()
            .and("actor = $?", filter.actor)
            .and("action = $?", filter.action)
            .and("id < $?", filter.before_id)
            .page("SELECT * FROM audit", "ORDER BY id DESC", limit);
        let rows = self.database.read("list the operators' actions", both(&sql), args).await?;
        rows.iter().map(AuditEntry::from_row).collect()
    }
}

/// Stores an action within `tx`.
pub(super) async fn write(tx: &mut Tx, entry: &NewAudit) -> Result<()> {
    let details = entry.details.as_ref().map(ToString::to_string);
    let args = args![now_ms(), &entry.actor, entry.action, &entry.target, details.as_deref()];
    tx.session().execute("write the audit", both(WRITE), args).await?;
    Ok(())
}

impl AuditEntry {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            target: row.get("target")?,
            details: row.get("details")?,
        })
    }
}
