//! The admin API.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Dashboard;
use super::failure::Failure;

pub(super) fn router(_dashboard: &Dashboard) -> Router<Dashboard> {
    Router::new()
}

/// An error as RFC 9457 has it.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    title: String,
    status: u16,
    detail: String,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let title = failure.status.canonical_reason().unwrap_or("Error").to_owned();
        Self { title, status: failure.status.as_u16(), detail: failure.message }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::json!(self).to_string();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
