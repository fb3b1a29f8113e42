//! What went wrong with a request, in a sentence for the operator and a class for the queue.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use crate::definition::model::ErrorClass;

/// A failed request. Its fields are those of [`Failure`]; the box keeps results small.
#[derive(Debug, Clone)]
pub struct AdapterError(Box<Failure>);

/// What went wrong. No text in it holds a secret.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What it means for the record, and so what happens next.
    pub class: ErrorClass,
    /// What happened, a sentence.
    pub message: String,
    /// What to do next, a sentence.
    pub hint: Option<String>,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The external system's own code, found at `http.error_code`.
    pub code: Option<String>,
    /// The operation of the definition; empty when the adapter could not be made.
    pub operation: String,
    /// Address of the request, redacted; empty when nothing was sent.
    pub url: String,
    /// How long the other side asks to wait.
    pub retry_after: Option<Duration>,
    /// The request may have been carried out although no usable answer came: look before repeating it.
    pub outcome_unknown: bool,
}

impl AdapterError {
    pub(super) fn new(class: ErrorClass, message: impl Into<String>) -> AdapterError {
        AdapterError(Box::new(Failure {
            class,
            message: message.into(),
            hint: None,
            status: None,
            code: None,
            operation: String::new(),
            url: String::new(),
            retry_after: None,
            outcome_unknown: false,
        }))
    }

    pub(super) fn config(message: impl Into<String>) -> AdapterError {
        AdapterError::new(ErrorClass::Config, message)
    }

    /// The record itself is wrong.
    pub(crate) fn data(message: impl Into<String>) -> AdapterError {
        AdapterError::new(ErrorClass::Data, message)
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> AdapterError {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn status(mut self, status: u16) -> AdapterError {
        self.status = Some(status);
        self
    }

    /// The request may have been carried out, and must not be repeated blindly.
    pub(super) fn unknown_outcome(&mut self) {
        self.outcome_unknown = true;
        self.class = ErrorClass::Ambiguous;
    }

    /// Names the operation and the (redacted) address, unless that was done further in.
    pub(super) fn at(mut self, operation: &str, url: &str) -> AdapterError {
        if self.operation.is_empty() {
            operation.clone_into(&mut self.operation);
        }
        if self.url.is_empty() {
            url.clone_into(&mut self.url);
        }
        self
    }
}

impl Deref for AdapterError {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0
    }
}

impl DerefMut for AdapterError {
    fn deref_mut(&mut self) -> &mut Failure {
        &mut self.0
    }
}

/// `get_product: The server answered 404: Invalid ID. Check ... (https://shop.example/...)`
impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", self.operation)?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " {hint}")?;
        }
        if !self.url.is_empty() {
            write!(f, " ({})", self.url)?;
        }
        Ok(())
    }
}

impl std::error::Error for AdapterError {}
