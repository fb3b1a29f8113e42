//! Why a command did not do its work, and its exit code.

use crate::config::SecretError;
use crate::definition::Report;
use crate::definition::model::ErrorClass;
use crate::operations::OperationError;
use crate::store::StoreError;
use crate::sync::{SyncError, class_text};

/// Printed at the end of `--help`.
pub(super) const EXIT_CODES: &str = "Exit codes:
  0  done
  1  done, but records were refused, or the check found problems
  2  wrong usage, configuration or definition
  3  the shop or Odoo could not be reached, or refused the credentials
  4  the store could not be used, or another sync of the backend is running
  5  the output could not be written";

/// Done, but something needs a human.
pub(super) const PROBLEMS: u8 = 1;

/// What was printed is not complete.
pub(super) const INCOMPLETE: u8 = 5;

/// Why a command did not do its work.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    /// Name of the class in `--json`.
    pub(super) class: &'static str,
    pub(super) message: String,
    /// Problems with their places, when a file is wrong.
    pub(super) report: Option<Report>,
}

impl Failure {
    /// Wrong usage, configuration or definition.
    pub(super) fn config(message: impl Into<String>) -> Failure {
        Failure { code: 2, class: "config", message: message.into(), report: None }
    }

    /// A server that does not do what it should.
    pub(super) fn server(message: impl Into<String>) -> Failure {
        Failure { code: 3, class: "transient", message: message.into(), report: None }
    }
}

impl From<Report> for Failure {
    fn from(report: Report) -> Failure {
        let (errors, _) = report.counts();
        let message = format!("{errors} problem{}", if errors == 1 { "" } else { "s" });
        Failure { code: 2, class: "config", message, report: Some(report) }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Failure {
        Failure::config(error.to_string())
    }
}

impl From<Vec<SecretError>> for Failure {
    fn from(errors: Vec<SecretError>) -> Failure {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::config(texts.join("\n"))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure { code: 4, class: "store", message: error.to_string(), report: None }
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Failure {
        match error {
            OperationError::Store(error) => error.into(),
            other => Failure::config(other.to_string()),
        }
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Failure {
        let code = match (&error, error.class()) {
            (SyncError::Store(_) | SyncError::Busy(_), _) => 4,
            (_, ErrorClass::Config) => 2,
            _ => 3,
        };
        Failure { code, class: class_text(error.class()), message: error.to_string(), report: None }
    }
}

impl From<crate::adapter::AdapterError> for Failure {
    fn from(error: crate::adapter::AdapterError) -> Failure {
        SyncError::from(error).into()
    }
}

impl From<odoo_rpc::Error> for Failure {
    fn from(error: odoo_rpc::Error) -> Failure {
        SyncError::from(error).into()
    }
}
