//! What a page says when it cannot do what was asked.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::render;
use crate::dashboard::render::values;
use crate::operations::OperationError;
use crate::store::StoreError;

/// Why there is no page, or no action.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    /// A sentence: what, and what to do next.
    pub(super) message: String,
}

/// Result of a page.
pub(super) type Result<T = Response> = std::result::Result<T, Failure>;

impl Failure {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

impl From<StoreError> for Failure {
    /// The database's own words may hold data and are for the log.
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the dashboard's store failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("{error}. Try again; the log has more."))
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Store(error) => error.into(),
            OperationError::NotFound(message) => Self::not_found(message),
            OperationError::Invalid(message) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, message),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let page = render::bare("error.html", values! { title, message => self.message });
        (self.status, page).into_response()
    }
}
