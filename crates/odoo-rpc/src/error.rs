//! What can go wrong, one case each, and what follows from it for the caller.

use std::time::Duration;

/// Why a call has no result. `call` is `model.method`, or what was tried while connecting (`login`, `version`).
///
/// Odoo's own text (`message`) is in the user's language and is only shown, never matched. Neither secret nor
/// session id is in any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The user lacks the right (`AccessError`).
    #[error(
        "{call}: Odoo does not allow this to the user: {message}. Give the user the group that may do it."
    )]
    Access {
        /// `model.method`
        call: String,
        /// Odoo's text.
        message: String,
    },

    /// Login or secret is wrong, expired, or of the wrong kind.
    #[error("{call}: Odoo refuses the login: {message}")]
    AccessDenied {
        /// `model.method` or `login`
        call: String,
        /// What is wrong, and what to do.
        message: String,
    },

    /// The data breaks a rule (`ValidationError`, `UserError`, a database constraint).
    #[error("{call}: Odoo refuses the data: {message}")]
    Validation {
        /// `model.method`
        call: String,
        /// Exception class, such as `odoo.exceptions.ValidationError`. Over XML-RPC the classes cannot be told
        /// apart (a missing record included) and this is `odoo.exceptions.UserError`.
        name: String,
        /// Odoo's text.
        message: String,
    },

    /// A record was deleted (`MissingError`).
    #[error("{call}: the record is no longer in Odoo: {message}")]
    Missing {
        /// `model.method`
        call: String,
        /// Odoo's text.
        message: String,
    },

    /// The session ended and logging in again did not help.
    #[error(
        "{call}: the Odoo session keeps expiring. Look for a proxy that drops cookies, or set session to never."
    )]
    SessionExpired {
        /// `model.method`
        call: String,
    },

    /// Another transaction changed the same rows; Odoo gave up after its own repetitions. Nothing was done.
    #[error(
        "{call}: Odoo's database refused concurrent changes of the same record ({name}). Nothing was changed; try again."
    )]
    Serialization {
        /// `model.method`
        call: String,
        /// Exception class.
        name: String,
    },

    /// The record is locked, no database connection was free, or PostgreSQL took none. Nothing was done.
    #[error("{call}: Odoo cannot get at the data now ({name}): {message}. Nothing was changed; try again.")]
    Lock {
        /// `model.method`
        call: String,
        /// Exception class.
        name: String,
        /// Odoo's text.
        message: String,
    },

    /// The database has no such model, or the model no such public method.
    #[error(
        "{call}: not known to this Odoo: {message}. Check the name, and that the module which has it is installed."
    )]
    NotFound {
        /// `model.method`
        call: String,
        /// Odoo's text.
        message: String,
    },

    /// The server does not have the database, or does not show it under this host name.
    #[error("{call}: the server has no database {database:?} under this address: {message}")]
    WrongDatabase {
        /// `login` or `model.method`
        call: String,
        /// The name asked for.
        database: String,
        /// What the server said.
        message: String,
    },

    /// It is an Odoo, but the protocol is switched off, missing in this version, or not in the plan.
    #[error("{call}: this Odoo offers no {protocol}: {message}")]
    ProtocolOff {
        /// `login` or `model.method`
        call: String,
        /// Name of the protocol.
        protocol: String,
        /// What was seen, and what to do.
        message: String,
    },

    /// The answer is no Odoo's: a web page, a redirect, another program's JSON.
    #[error("{call}: {url} does not answer as an Odoo: {found}")]
    NotOdoo {
        /// `version`, `login` or `model.method`
        call: String,
        /// Address asked, without credentials.
        url: String,
        /// What came instead, and what to do.
        found: String,
    },

    /// A proxy or the server answered with an HTTP error instead of Odoo's answer.
    #[error("{call}: HTTP {status} instead of Odoo's answer{}. {}", wait_hint(*.retry_after), status_hint(*.status))]
    Http {
        /// `model.method`
        call: String,
        /// Status code.
        status: u16,
        /// From the `Retry-After` header.
        retry_after: Option<Duration>,
    },

    /// No connection in time; the call did not leave.
    #[error("{call}: no connection to {url} within {after:?}. Check address, port and firewall.")]
    Timeout {
        /// `model.method`
        call: String,
        /// Address asked, without credentials.
        url: String,
        /// The limit that was reached.
        after: Duration,
    },

    /// The call left and no complete answer came: Odoo may have done it, or may still do it.
    #[error(
        "{call}: the call was sent and no complete answer came ({cause}). Odoo may have done it: look before repeating."
    )]
    UnknownOutcome {
        /// `model.method`
        call: String,
        /// What happened to the connection.
        cause: String,
    },

    /// No connection: name not found, refused, network down. The call did not leave.
    #[error("{call}: no connection to {url}: {cause}. Check the address and that the server runs.")]
    Connect {
        /// `model.method`
        call: String,
        /// Address asked, without credentials.
        url: String,
        /// What the system said.
        cause: String,
    },

    /// The server's certificate is not accepted. The call did not leave.
    #[error(
        "{call}: no trusted TLS connection to {url}: {cause}. Check the certificate, its name and the clock."
    )]
    Tls {
        /// `model.method`
        call: String,
        /// Address asked, without credentials.
        url: String,
        /// What TLS said.
        cause: String,
    },

    /// The answer is larger than `max_response_bytes`.
    #[error(
        "{call}: the answer is larger than {limit_bytes} bytes. Ask for fewer records or fields, or raise max_response_bytes."
    )]
    TooLarge {
        /// `model.method`
        call: String,
        /// The limit.
        limit_bytes: u64,
    },

    /// An Odoo answered, but not in the form its protocol has.
    #[error("{call}: the answer cannot be understood: {message}")]
    BadResponse {
        /// `model.method`
        call: String,
        /// What is wrong with it.
        message: String,
    },

    /// The call cannot be put into the protocol; nothing was sent.
    #[error("{call}: {message}")]
    BadCall {
        /// `model.method`
        call: String,
        /// What is wrong, and what to write instead.
        message: String,
    },

    /// Any other exception in Odoo, mostly a bug there or a wrong argument. Its transaction was rolled back.
    #[error("{call}: Odoo failed with {name}: {message}")]
    Server {
        /// `model.method`
        call: String,
        /// Exception class, such as `builtins.ValueError`.
        name: String,
        /// Odoo's text.
        message: String,
    },
}

/// What to do about an error, for callers that only sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Goes away by itself; nothing was done.
    Transient,
    /// Called too often; nothing was done. Wait, see [`Error::retry_after`].
    Throttled,
    /// Login or secret must be corrected.
    Auth,
    /// The user needs a right.
    Access,
    /// Address, database, protocol, certificate or a name must be corrected.
    Config,
    /// This data will never be accepted.
    Data,
    /// The record is gone.
    Gone,
    /// It may or may not have been done.
    Ambiguous,
    /// A failure inside Odoo that no caller can foresee.
    Server,
}

impl Error {
    /// Sorts the error by what to do about it.
    pub fn class(&self) -> Class {
        match self {
            Error::SessionExpired { .. }
            | Error::Serialization { .. }
            | Error::Lock { .. }
            | Error::Timeout { .. }
            | Error::Connect { .. } => Class::Transient,
            Error::Http { status: 429, .. } => Class::Throttled,
            // The batch is too large for a proxy: smaller ones pass.
            Error::Http { status: 413, .. } => Class::Data,
            Error::Http { status: 500.., .. } | Error::UnknownOutcome { .. } => Class::Ambiguous,
            Error::AccessDenied { .. } => Class::Auth,
            Error::Access { .. } => Class::Access,
            Error::Validation { .. } | Error::BadCall { .. } => Class::Data,
            Error::Missing { .. } => Class::Gone,
            Error::Http { .. }
            | Error::NotFound { .. }
            | Error::WrongDatabase { .. }
            | Error::ProtocolOff { .. }
            | Error::NotOdoo { .. }
            | Error::Tls { .. }
            | Error::TooLarge { .. } => Class::Config,
            Error::BadResponse { .. } | Error::Server { .. } => Class::Server,
        }
    }

    /// Whether the same call may succeed later **and** it is certain that nothing was done: repeating is safe for
    /// any call. An ambiguous error is not retryable in this sense, see [`Error::may_have_been_done`].
    pub fn is_retryable(&self) -> bool {
        matches!(self.class(), Class::Transient | Class::Throttled)
    }

    /// Whether Odoo may have done the call although there is no result. Repeat only what has the same effect twice.
    pub fn may_have_been_done(&self) -> bool {
        self.class() == Class::Ambiguous
            || matches!(self, Error::TooLarge { .. } | Error::BadResponse { .. } | Error::NotOdoo { .. })
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Http { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Passes every text that came from outside through `edit`.
    pub(crate) fn with_texts(mut self, edit: impl Fn(&mut String)) -> Error {
        match &mut self {
            Error::Access { message, .. }
            | Error::AccessDenied { message, .. }
            | Error::Missing { message, .. }
            | Error::NotFound { message, .. }
            | Error::WrongDatabase { message, .. }
            | Error::ProtocolOff { message, .. }
            | Error::BadResponse { message, .. }
            | Error::BadCall { message, .. }
            | Error::NotOdoo { found: message, .. }
            | Error::UnknownOutcome { cause: message, .. }
            | Error::Connect { cause: message, .. }
            | Error::Tls { cause: message, .. } => edit(message),
            Error::Validation { name, message, .. }
            | Error::Lock { name, message, .. }
            | Error::Server { name, message, .. } => {
                edit(name);
                edit(message);
            }
            Error::Serialization { name, .. } => edit(name),
            Error::SessionExpired { .. }
            | Error::Http { .. }
            | Error::Timeout { .. }
            | Error::TooLarge { .. } => {}
        }
        self
    }

    /// `model.method`, or what was tried while connecting.
    pub fn call(&self) -> &str {
        match self {
            Error::Access { call, .. }
            | Error::AccessDenied { call, .. }
            | Error::Validation { call, .. }
            | Error::Missing { call, .. }
            | Error::SessionExpired { call }
            | Error::Serialization { call, .. }
            | Error::Lock { call, .. }
            | Error::NotFound { call, .. }
            | Error::WrongDatabase { call, .. }
            | Error::ProtocolOff { call, .. }
            | Error::NotOdoo { call, .. }
            | Error::Http { call, .. }
            | Error::Timeout { call, .. }
            | Error::UnknownOutcome { call, .. }
            | Error::Connect { call, .. }
            | Error::Tls { call, .. }
            | Error::TooLarge { call, .. }
            | Error::BadResponse { call, .. }
            | Error::BadCall { call, .. }
            | Error::Server { call, .. } => call,
        }
    }
}

fn wait_hint(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| format!(" (it asks to wait {} s)", wait.as_secs()))
}

fn status_hint(status: u16) -> &'static str {
    match status {
        413 => "A proxy refuses a request of this size: send smaller batches, or raise its limit.",
        429 => "Called too often: wait, and lower the rate.",
        502 | 504 => "The proxy lost Odoo while it worked: it may have done the call. Look before repeating.",
        503 => "The server is not ready: try later.",
        500.. => "Look into the server's log.",
        401 | 403 => "A proxy in front of Odoo wants its own login, or blocks this address.",
        _ => "Check the address.",
    }
}
