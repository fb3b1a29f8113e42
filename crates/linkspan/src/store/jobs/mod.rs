//! The queue's rows: jobs that wait or run, and the history of those that are over.
//!
//! A job has an **identity**, of which one may wait at a time: a second webhook of a record changes nothing while the
//! first one's job waits, and makes a new job as soon as that one runs. It has a **serial** key, of which one may run at
//! a time. Both are unique indexes, so no race breaks them. Each claim grows the **attempt**; whoever answers with an older one is too late
//! and is not listened to.

mod claim;
mod enqueue;
mod list;
mod settle;

use std::sync::atomic::{AtomicU64, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::database::Row;
use super::{Result, StoreError};

pub use claim::Claim;
pub(in crate::store) use enqueue::{enqueue, under_way};
pub use list::{ChannelLoad, JobFilter, JobView};
pub use settle::{Settled, Verdict};

/// What a job does.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Brings the current state of one external record into Odoo.
    Import,
    /// Tries a dead letter once more.
    Retry,
    /// Settles a conflict as a human decided.
    Decision,
    /// Walks an entity's list from its checkpoint.
    Poll,
    /// Brings one Odoo record to the external system.
    Export,
    /// Looks for records that changed in Odoo.
    Changes,
    /// Compares the webhooks that the external system is to send with those it has.
    Subscriptions,
}

impl JobKind {
    /// The word in the database, on the command line and in JSON.
    pub fn text(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Retry => "retry",
            Self::Decision => "decision",
            Self::Poll => "poll",
            Self::Export => "export",
            Self::Changes => "changes",
            Self::Subscriptions => "subscriptions",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Import,
        Self::Retry,
        Self::Decision,
        Self::Poll,
        Self::Export,
        Self::Changes,
        Self::Subscriptions,
    ];

    /// The kind of this word.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.text() == text)
    }

    fn from_text(text: String) -> Result<Self> {
        Self::from_name(&text).ok_or(StoreError::Unexpected { column: "kind", value: text })
    }

    /// The lane of a backend that jobs of this kind go through.
    pub fn lane(self) -> Lane {
        match self {
            Self::Import | Self::Retry | Self::Decision | Self::Poll => Lane::In,
            Self::Export => Lane::Out,
            Self::Changes | Self::Subscriptions => Lane::Upkeep,
        }
    }
}

/// The lanes of a backend; each is a channel of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Into Odoo.
    In,
    /// Out of Odoo.
    Out,
    /// What keeps both going.
    Upkeep,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::In, Self::Out, Self::Upkeep];

    /// Name of the lane's channel: `shop:in`.
    pub fn channel(self, backend: &str) -> String {
        let lane = match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Upkeep => "upkeep",
        };
        format!("{backend}:{lane}")
    }

    /// Jobs that may run at a time, over all nodes, unless an operator says otherwise.
    pub fn default_capacity(self) -> u32 {
        match self {
            Self::In => 500,
            Self::Out => 4,
            Self::Upkeep => 2,
        }
    }
}

/// Work to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The backend.
    pub backend: String,
    /// What to do.
    pub kind: JobKind,
    /// The kind of record.
    pub entity: String,
    /// External id; of an export the Odoo id; empty: no single record.
    pub record: String,
    /// Name under which one record runs at a time, where the record's own is not enough: an export of a bound record
    /// gives the external id, so that it never runs beside that record's import.
    pub serial: Option<String>,
    /// JSON of what else it needs.
    pub payload: Option<String>,
    /// Smaller goes first. [`Priority`] names the usual ones.
    pub priority: i64,
    /// Not before.
    pub run_at: i64,
    /// Follows the work from its cause to its effect.
    pub correlation: String,
}

/// The usual priorities.
#[derive(Debug)]
pub struct Priority;

impl Priority {
    /// A human waits.
    pub const HUMAN: i64 = 1;
    /// A webhook, a change.
    pub const CHANGE: i64 = 5;
    /// A walk over many records.
    pub const WALK: i64 = 9;
}

impl NewJob {
    /// A job that may run at once, with a correlation of its own.
    pub fn new(backend: &str, kind: JobKind, entity: &str, record: &str) -> Self {
        let priority = if kind == JobKind::Poll { Priority::WALK } else { Priority::CHANGE };
        Self {
            backend: backend.to_owned(),
            kind,
            entity: entity.to_owned(),
            record: record.to_owned(),
            serial: None,
            payload: None,
            priority,
            run_at: super::now_ms(),
            correlation: correlation(),
        }
    }

    /// The same walk or search over all records. `walk` names it: one that broke off goes on under the same name, another
    /// one begins anew.
    pub fn over_all(self, walk: &str) -> Self {
        let payload = OverAll { full: true, walk: walk.to_owned() };
        Self { payload: Some(serde_json::json!(payload).to_string()), ..self }
    }

    fn identity(&self) -> String {
        identity(&self.backend, self.kind, &self.entity, &self.record)
    }

    /// Kinds without a single record stand beside each other: a walk does not hold up a record.
    fn serial(&self) -> String {
        let record = self.serial.as_ref().unwrap_or(&self.record);
        match self.kind {
            JobKind::Import | JobKind::Retry | JobKind::Decision => {
                format!("{}/{}/{record}", self.backend, self.entity)
            }
            JobKind::Export if self.serial.is_some() => format!("{}/{}/{record}", self.backend, self.entity),
            JobKind::Export => format!("{}/{}/odoo:{record}", self.backend, self.entity),
            JobKind::Poll | JobKind::Changes | JobKind::Subscriptions => {
                format!("{}/{}/{}", self.backend, self.kind.text(), self.entity)
            }
        }
    }
}

fn identity(backend: &str, kind: JobKind, entity: &str, record: &str) -> String {
    format!("{backend}/{}/{entity}/{record}", kind.text())
}

/// What the jobs of a record that wait may be called: the index leads there.
pub(in crate::store) fn identities(
    backend: &str,
    entity: &str,
    record: &str,
) -> [String; JobKind::ALL.len()] {
    JobKind::ALL.map(|kind| identity(backend, kind, entity, record))
}

/// Payload of a job that looks at all records.
#[derive(Deserialize, Serialize)]
struct OverAll {
    full: bool,
    #[serde(default)]
    walk: String,
}

/// A new name that follows work from its cause to its effect: 16 hexadecimal digits, unlike any other of this process. They
/// begin with the time, so that what is stored at one time stands on few pages of an index.
pub fn correlation() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let microseconds = u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or_default();
    let wanted = microseconds << 12 | rand::random::<u64>() >> 52;
    let last = LAST.fetch_max(wanted, Ordering::Relaxed);
    let name = if last < wanted { wanted } else { LAST.fetch_add(1, Ordering::Relaxed) + 1 };
    format!("{name:016x}")
}

/// A job that waits or runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Job {
    /// Number to show and name it by.
    pub id: i64,
    /// The lane it goes through.
    pub channel: String,
    /// The backend.
    pub backend: String,
    /// What it does.
    pub kind: JobKind,
    /// The kind of record.
    pub entity: String,
    /// External id; of an export the Odoo id; empty: no single record.
    pub record: String,
    /// JSON of what else it needs.
    pub payload: Option<String>,
    /// Smaller goes first.
    pub priority: i64,
    /// Not before.
    pub run_at: i64,
    /// How often it was claimed.
    pub attempt: i64,
    /// How often it failed.
    pub failures: i64,
    /// Follows the work from its cause to its effect.
    pub correlation: String,
    /// When it was made.
    pub created_at: i64,
}

impl Job {
    /// The name of a walk or a search that shall look at all records; `None`: only at what changed.
    pub fn over_all(&self) -> Option<String> {
        let payload: OverAll = serde_json::from_str(self.payload.as_deref()?).ok()?;
        payload.full.then_some(payload.walk)
    }

    pub(in crate::store) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            channel: row.get("channel")?,
            backend: row.get("backend")?,
            kind: JobKind::from_text(row.get("kind")?)?,
            entity: row.get("entity")?,
            record: row.get("record")?,
            payload: row.get("payload")?,
            priority: row.get("priority")?,
            run_at: row.get("run_at")?,
            attempt: row.get("attempt")?,
            failures: row.get("failures")?,
            correlation: row.get("correlation")?,
            created_at: row.get("created_at")?,
        })
    }
}
