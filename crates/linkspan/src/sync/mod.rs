//! The way of a record from the external system into Odoo, one file per step:
//!
//! `import_batch` / `import_record` fetch (`fetch_each` what a list only names), then `write_batch` calls the steps: `prepare`
//! (map, drop what needs no write) - `embedded` (what stands inside records) - `related` (what they refer to comes first) -
//! `resolve` (cells) - `matching` (adopt, never duplicate) - `upsert` (one `load`) - `lines` (remove what left) - `follow`
//! (buttons, checks) - `outcome` (links and dead letters).
//!
//! Out of Odoo: `export_record` calls `export_read` - `export_compare` - `export_update` / `export_create` - `export_settle`;
//! `changes` finds what changed in Odoo, `shared` keeps an import from undoing what is still to go out.
//!
//! Every step may be repeated: killed anywhere, the next run ends where an undisturbed one would have.

pub mod binding;
mod changes;
mod dead_links;
mod decide;
mod embedded;
mod error;
mod export_compare;
mod export_create;
mod export_lost;
mod export_read;
mod export_record;
mod export_settle;
mod export_shape;
mod export_update;
mod fetch_each;
mod follow;
mod import_batch;
mod import_record;
mod inspect;
mod journal;
mod lease;
mod left_to_odoo;
mod lines;
mod matching;
mod met_again;
mod order;
mod outcome;
mod plan;
mod prepare;
mod progress;
mod references;
mod related;
mod resolve;
mod rule;
mod session;
mod shared;
mod summary;
mod upsert;
mod write_batch;

pub use changes::{ChangeOptions, ChangedRecord, Changes};
pub use decide::{Decided, Decision, FieldConflict, conflict};
pub use error::{Refusal, SyncError, class_text};
pub use export_record::{ExportOptions, ExportOutcome};
pub(crate) use import_batch::changed;
pub use import_batch::{ImportOptions, Walked};
pub use inspect::SeenField;
pub use journal::{Action, Entry};
pub use lease::LeaseGuard;
pub(crate) use lease::{holder, is_gone};
pub use order::{import_order, relations};
pub use plan::PlannedChange;
pub use progress::{Progress, Silent};
pub use rule::{
    RuleStatus, RuleTarget, install_rules, is_rule_token, odoo_push, remove_rules, rule_status, rule_token,
    with_serials,
};
pub use session::{Mode, OdooContext, Parts, Session};
pub use summary::{Counts, RefusedRecord, Summary};
