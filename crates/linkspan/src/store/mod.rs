//! What Linkspan remembers: bindings, checkpoints, dead letters, runs, exchanges, leases, the service's queue, who may act and who did.
//!
//! SQLite is the default, PostgreSQL serves several nodes; both run the same statements
//! (`database.rs` is the only file that tells them apart). What belongs together commits together:
//! [`Store::commit_batch`] writes the bindings of a batch, its dead letters and the checkpoint in
//! one transaction, so a killed import finds all of a batch or nothing of it.
//!
//! Times are epoch milliseconds in UTC (`_at`), JSON is text. A backend and an entity are the names
//! from the configuration and the definition.

mod accounts;
mod actions;
mod alerts;
mod at_hand;
mod audit;
mod batch;
mod bindings;
mod breakers;
mod channels;
mod checkpoints;
mod database;
mod dead_letters;
mod deliveries;
mod differences;
mod error;
pub(crate) mod events;
mod exchanges;
mod inbox;
mod intents;
mod jobs;
mod leases;
mod migrate;
mod next_step;
mod nodes;
mod open;
mod outbound;
mod overview;
#[cfg(test)]
mod query_plans;
mod rate_limits;
pub mod redact;
mod rollout;
mod runs;
mod search;
mod subscriptions;
mod tokens;

pub use accounts::{Account, ApiToken, Role, WebSession};
pub use actions::Deciding;
pub use alerts::{Alert, AlertOver, Untold};
pub use audit::{AuditEntry, AuditFilter, NewAudit};
pub use batch::{BatchCommit, BindingConflict};
pub use bindings::{Binding, BindingCursor, BindingFilter, Origin};
pub use breakers::{Breaker, BreakerState};
pub use channels::Channel;
pub use checkpoints::Checkpoint;
pub use dead_letters::{
    CauseGroup, DeadLetter, DeadLetterFilter, DeadLetterKind, DeadLetterState, NewDeadLetter, RecordKey,
};
pub use deliveries::{Delivery, DeliveryFilter};
pub use differences::{Difference, DifferenceCount, DifferenceFilter, FieldChange};
pub use error::StoreError;
pub use events::{Event, EventFilter, NewEvent};
pub use exchanges::{Exchange, ExchangeFilter, Side};
pub use inbox::{BodyEncoding, DeliveryState, InboxCounts, NewDelivery, Replay};
pub use intents::{Intent, Sent};
pub use jobs::{
    ChannelLoad, Claim, Job, JobFilter, JobKind, JobView, Lane, NewJob, Priority, Settled, Verdict,
    correlation,
};
pub use leases::Lease;
pub use outbound::{Base, Outbound};
pub use overview::{BreakerView, EntityCount, LimitView, NodeView, OutcomeCount, ScheduleView};
pub use rollout::{Direction, Rollout, RolloutKey, Stage};
pub use runs::Run;
pub use search::{Hit, MOST_HITS};
pub use subscriptions::{Subscription, SubscriptionState};

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// An open store; a clone shares its connections.
#[derive(Clone, Debug)]
pub struct Store {
    database: database::Database,
    /// Told when this process adds jobs.
    wake: std::sync::Arc<tokio::sync::Notify>,
}

/// The present, as the store writes it.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
