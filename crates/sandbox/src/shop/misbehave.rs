//! What a shop, or what stands in front of it, can do wrong beyond [`crate::Fault`]: on request, per target.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Kind;

/// Something that goes wrong while the shop answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misbehaviour {
    /// A list never ends: pages past the end start over, and there is always a next one.
    EndlessPages,
    /// A list always gives its first page, and says that there is a next one.
    SamePage,
    /// The body is a JSON text with bytes that are no UTF-8.
    InvalidUtf8,
    /// A JSON list that goes on for so many bytes; it is streamed, the sandbox does not hold it.
    HugeBody {
        /// Length of the body.
        bytes: u64,
    },
    /// `X-WP-Total` and `X-WP-TotalPages` promise a tenth of what there is, and no link leads on.
    WrongTotals,
    /// A redirect to this URL, with the path and query of the request behind it.
    Redirect {
        /// Scheme, host and port.
        to: String,
    },
    /// The body comes in pieces with a pause before each.
    SlowDrip {
        /// Bytes per piece.
        bytes: usize,
        /// Pause before each piece.
        pause: Duration,
    },
    /// After the answer a record is deleted for good, as somebody does while others walk.
    DeleteAfter {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: u64,
    },
    /// A plugin crashes: 500, as JSON only when the request accepts JSON.
    FatalError,
    /// The database is away: 500.
    DatabaseDown,
    /// WordPress is being updated: 503 with `Retry-After: 600`, as JSON only when the request accepts JSON.
    Maintenance,
    /// A plugin warns: HTML in front of the JSON, unless the request accepts JSON.
    PhpWarning,
}

/// The misbehaviours planned for one shop; clones share the plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Arc<Mutex<Vec<Rule>>>);

#[derive(Debug)]
struct Rule {
    target: String,
    what: Misbehaviour,
    skip: u32,
    times: u32,
}

impl Plan {
    pub(crate) fn add(&self, target: &str, what: Misbehaviour, skip: u32, times: u32) {
        let rule = Rule { target: target.to_owned(), what, skip, times };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// The misbehaviour for a request to `target`, if one is planned; counts it.
    pub(crate) fn take(&self, target: &str) -> Option<Misbehaviour> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = rules.iter_mut().find(|rule| rule.times > 0 && target.contains(&rule.target))?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times -= 1;
        let what = rule.what.clone();
        rules.retain(|rule| rule.times > 0);
        Some(what)
    }
}
