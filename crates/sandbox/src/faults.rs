//! Faults on request: what shall go wrong with which request, how often.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The answer comes later than it should.
    Delay(Duration),
    /// An error status with an empty JSON object as body.
    Status {
        /// HTTP status, 429 or 500 for example.
        status: u16,
        /// Value of the `Retry-After` header, in seconds.
        retry_after_secs: Option<u64>,
    },
    /// A page of HTML instead of JSON, as a proxy or a theme sends it.
    HtmlPage {
        /// HTTP status of the page; 200 is the nasty one.
        status: u16,
    },
    /// The connection is closed before anything is done.
    CutBeforeWork,
    /// The work is done and kept, then the connection is closed without an answer.
    CutAfterWork,
    /// Odoo only: the database refuses with a serialization failure, in the envelope that Odoo uses.
    SerializationFailure,
    /// Odoo only: the session has expired.
    SessionExpired,
}

/// The faults planned for one server; clones share the plan.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

#[derive(Debug)]
struct Rule {
    target: String,
    fault: Fault,
    skip: u32,
    times: u32,
}

impl Faults {
    /// The next `times` requests whose target contains `target` fail with `fault`.
    ///
    /// The shop's targets read `GET /wp-json/wc/v3/products?page=1`, Odoo's `product.product.load`.
    pub fn add(&self, target: &str, fault: Fault, times: u32) {
        self.add_after(target, fault, 0, times);
    }

    /// Like [`Faults::add`], but the first `skip` matching requests go well.
    pub fn add_after(&self, target: &str, fault: Fault, skip: u32, times: u32) {
        self.rules().push(Rule { target: target.to_owned(), fault, skip, times });
    }

    /// Forgets all planned faults.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// The fault for a request to `target`, if one is planned; counts it.
    pub fn take(&self, target: &str) -> Option<Fault> {
        let mut rules = self.rules();
        let rule = rules.iter_mut().find(|rule| rule.times > 0 && target.contains(&rule.target))?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times -= 1;
        let fault = rule.fault.clone();
        rules.retain(|rule| rule.times > 0);
        Some(fault)
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
