//! What an operator can do, each thing once: the command line, the pages and the API call these.
//!
//! An action checks what it was given, takes effect, leaves an event with the record and an entry in the audit. The
//! last three are one transaction (`store/actions.rs`).

mod accounts;
mod channels;
mod dead_letters;
mod deliveries;
mod jobs;
mod schedules;
mod secret;
mod stages;

use serde_json::Value;

use crate::store::{NewAudit, Store, StoreError};

pub use accounts::{NewToken, PASSWORD_CHARS, verify_password};
pub use channels::pause_end;
pub use dead_letters::{letter_filter_text, why_not_tried};
pub use jobs::job_filter_text;
pub use secret::{random_token, token_hash};

/// The actor of everything that is done on the command line.
pub const COMMAND_LINE: &str = "command line";

/// Acts in somebody's name.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'s> {
    store: &'s Store,
    actor: &'s str,
}

/// Why an action was not taken. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// There is no such thing, or it is in another state by now.
    #[error("{0}")]
    NotFound(String),
    /// What was given cannot be used; the text says why and what can.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Result of an action.
pub type Result<T> = std::result::Result<T, OperationError>;

impl<'s> Operator<'s> {
    /// Acts on `store` as `actor`: an account's name, `token <name>`, or [`COMMAND_LINE`].
    pub fn new(store: &'s Store, actor: &'s str) -> Self {
        Self { store, actor }
    }

    /// Writes down what was done outside of these actions: by a command that works itself.
    pub async fn note(&self, action: &'static str, target: String, details: Value) -> Result<()> {
        Ok(self.store.enqueue_audited(&[], self.audit(action, target, details)).await?)
    }

    fn audit(&self, action: &'static str, target: impl Into<String>, details: Value) -> NewAudit {
        NewAudit {
            actor: self.actor.to_owned(),
            action,
            target: target.into(),
            details: Some(details).filter(|details| !details.is_null()),
        }
    }
}

fn found(done: bool, otherwise: impl FnOnce() -> String) -> Result<()> {
    if done { Ok(()) } else { Err(OperationError::NotFound(otherwise())) }
}

/// The parts of a filter that are set, as `backend=shop1 class=data`; an empty one is "all".
fn filter_text(parts: &[(&str, Option<&str>)]) -> String {
    let set: Vec<String> =
        parts.iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}"))).collect();
    if set.is_empty() { "all".to_owned() } else { set.join(" ") }
}
