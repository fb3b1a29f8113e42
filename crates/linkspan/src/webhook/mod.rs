//! Webhooks, from the socket to the inbox.
//!
//! The way of a delivery: [`receive`] caps its size and time, [`verify`] believes it or not, [`ping`] answers what is no
//! delivery, [`reading`] finds topic and record (or those of several [`events`]), [`inbox`] stores many of them in one
//! transaction and only then lets [`receive`] answer. What is stored is a hint: the job that comes with it fetches the record's current state.
//!
//! [`receivers`] knows the backends, [`refusals`] tells of signatures that are refused, [`replay`] does stored deliveries again, [`subscriptions`] sees to it that the
//! external system sends any.

mod events;
pub mod inbox;
mod ping;
mod reading;
pub mod receive;
pub mod receivers;
pub mod refusals;
mod replay;
pub mod subscriptions;
pub mod verify;

pub use events::Events;
pub use inbox::Inbox;
pub use receive::{Reception, router};
pub use receivers::{Receiver, Receivers};
pub use refusals::Refusals;
pub use replay::{NotReplayed, Replayed, replay};
