//! Why a sync stopped, and why a record was refused. The first ends a run; the second never stops another record.

use std::fmt;

use crate::adapter::AdapterError;
use crate::definition::model::ErrorClass;
use crate::mapping::{Problem, Unmapped};
use crate::store::redact::Redactor;
use crate::store::{NewDeadLetter, RecordKey, StoreError};

/// Why a sync stopped. Everything up to the last checkpoint is kept; the next sync goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The external system did not answer as it should.
    #[error("{0}")]
    External(#[from] AdapterError),
    /// Odoo did not answer as it should.
    #[error("{0}")]
    Odoo(#[from] odoo_rpc::Error),
    /// Odoo could not be reached or does not let us in.
    #[error("Odoo `{name}` (database {database}, login {login}): {source}")]
    Connect {
        /// Its name in the configuration.
        name: String,
        /// Its database.
        database: String,
        /// Who tried.
        login: String,
        /// What happened.
        source: Box<odoo_rpc::Error>,
    },
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The definition does not fit this Odoo, or the configuration is wrong.
    #[error("{0}")]
    Config(String),
    /// What was asked for cannot be done, whatever else can: there is no such entity, the dead letter holds no record.
    #[error("{0}")]
    Impossible(String),
    /// The run would change more records than it may; nothing of the batch that goes beyond was written.
    #[error(
        "the run would change {wanted} records and may change {limit}; look at what it would do, then allow it"
    )]
    TooManyChanges {
        /// Records it may create or change.
        limit: u64,
        /// Records it would have, with the next batch.
        wanted: u64,
    },
    /// Another process syncs this backend.
    #[error("{0}")]
    Busy(String),
}

impl SyncError {
    /// How long the other side asks to wait.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            SyncError::External(error) => error.retry_after,
            _ => None,
        }
    }

    /// What the error means for the next step.
    pub fn class(&self) -> ErrorClass {
        match self {
            SyncError::External(error) => error.class,
            SyncError::Odoo(source) => odoo_class(source),
            SyncError::Connect { source, .. } => odoo_class(source),
            SyncError::Store(_) | SyncError::Busy(_) => ErrorClass::Transient,
            SyncError::Config(_) | SyncError::Impossible(_) => ErrorClass::Config,
            SyncError::TooManyChanges { .. } => ErrorClass::Conflict,
        }
    }
}

/// The class of an Odoo error in Linkspan's words.
pub(super) fn odoo_class(error: &odoo_rpc::Error) -> ErrorClass {
    use odoo_rpc::Class;
    match error.class() {
        Class::Throttled => ErrorClass::Throttled,
        Class::Auth | Class::Access => ErrorClass::Auth,
        Class::Config => ErrorClass::Config,
        Class::Data => ErrorClass::Data,
        Class::Gone => ErrorClass::Gone,
        Class::Ambiguous => ErrorClass::Ambiguous,
        _ => ErrorClass::Transient,
    }
}

/// Why one record was not written; becomes its dead letter.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The record's id; `?` and a digest of the record when it has no readable id.
    pub external_id: String,
    /// What kind of trouble.
    pub class: ErrorClass,
    /// Everything that is wrong, in words.
    pub problems: Vec<Problem>,
    /// The record it waits for: entity and external id.
    pub depends_on: Option<RecordKey>,
    /// The external version, sortable text.
    pub version: Option<String>,
    /// The record as it came.
    pub payload: Option<String>,
}

impl Refusal {
    /// A refusal with one reason.
    pub(super) fn new(external_id: &str, class: ErrorClass, problem: Problem) -> Refusal {
        Refusal {
            external_id: external_id.to_owned(),
            class,
            problems: vec![problem],
            depends_on: None,
            version: None,
            payload: None,
        }
    }

    /// The same refusal without the secrets that the external system repeated in its record.
    pub(super) fn without_secrets(mut self, redactor: &Redactor) -> Refusal {
        self.payload = self.payload.map(|payload| redactor.text(&payload));
        for problem in &mut self.problems {
            problem.reason = redactor.text(&problem.reason);
            problem.value = redactor.text(&problem.value);
        }
        self
    }

    /// The refusal of a record that could not be mapped.
    pub(super) fn unmapped(unmapped: Unmapped, payload: &str) -> Refusal {
        let external_id =
            unmapped.external_id.unwrap_or_else(|| format!("?{}", &super::binding::sha256(payload)[..16]));
        Refusal {
            external_id,
            class: ErrorClass::Data,
            problems: unmapped.problems,
            depends_on: None,
            version: unmapped.updated.map(super::binding::version_text),
            payload: None,
        }
    }
}

impl From<Refusal> for NewDeadLetter {
    fn from(refusal: Refusal) -> NewDeadLetter {
        NewDeadLetter {
            message: refusal.to_string(),
            problems: serde_json::to_string(&refusal.problems).unwrap_or_else(|_| "[]".to_owned()),
            external_id: refusal.external_id,
            class: class_text(refusal.class).to_owned(),
            payload: refusal.payload,
            version: refusal.version,
            depends_on: refusal.depends_on,
        }
    }
}

/// All reasons as one sentence each.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// The name of a class as it stands in the store and in `--json`.
pub fn class_text(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Transient => "transient",
        ErrorClass::Throttled => "throttled",
        ErrorClass::Auth => "auth",
        ErrorClass::Config => "config",
        ErrorClass::Data => "data",
        ErrorClass::MissingDependency => "missing_dependency",
        ErrorClass::Conflict => "conflict",
        ErrorClass::Ambiguous => "ambiguous",
        ErrorClass::Gone => "gone",
    }
}
