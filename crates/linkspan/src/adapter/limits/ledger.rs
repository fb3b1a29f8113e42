//! Limits that several processes share.

use std::fmt::Debug;
use std::time::Duration;

use futures::future::BoxFuture;

/// Where processes agree on when the next request may go. One that cannot be reached lets requests through: each
/// process keeps its own limits besides.
pub trait Ledger: Debug + Send + Sync {
    /// Takes a token that comes back in `every`; as many as fit into `slack` may be taken ahead. `None`: it was taken;
    /// otherwise the time until there is one.
    fn take<'a>(&'a self, name: &'a str, every: Duration, slack: Duration)
    -> BoxFuture<'a, Option<Duration>>;

    /// Nobody takes a token for this long.
    fn pause(&self, name: &str, wait: Duration);
}
