//! What a request holds, with problems instead of axum's own plain errors.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Problem;
use crate::dashboard::Dashboard;
use crate::dashboard::guard::Identity;
use crate::operations::Operator;

/// The parts of the path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Dashboard> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, Problem> {
        let found = axum::extract::Path::<T>::from_request_parts(parts, dashboard).await;
        let refused = |error: axum::extract::rejection::PathRejection| {
            Problem::new(StatusCode::BAD_REQUEST, error.body_text())
        };
        found.map(|axum::extract::Path(value)| Path(value)).map_err(refused)
    }
}

/// The query. An unknown name is refused: a filter that is misspelt would otherwise match everything.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Dashboard> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Dashboard) -> Result<Self, Problem> {
        let found = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let refused = |error: axum::extract::rejection::QueryRejection| {
            Problem::new(StatusCode::BAD_REQUEST, error.body_text())
        };
        found.map(|axum::extract::Query(value)| Query(value)).map_err(refused)
    }
}

/// The body as JSON; an empty one is an empty object.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Dashboard> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, dashboard: &Dashboard) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, dashboard)
            .await
            .map_err(|error| Problem::new(error.status(), error.body_text()))?;
        let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        serde_json::from_slice(text).map(Body).map_err(|error| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("The body cannot be used: {error}."))
        })
    }
}

/// Who asks, on what.
pub(super) struct Caller {
    pub(super) dashboard: Dashboard,
    who: Identity,
}

impl Caller {
    pub(super) fn operator(&self) -> Operator<'_> {
        Operator::new(self.dashboard.store(), &self.who.name)
    }
}

impl FromRequestParts<Dashboard> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, Problem> {
        let who = parts.extensions.get::<Identity>().cloned();
        let who = who.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "Send a token."))?;
        Ok(Self { dashboard: dashboard.clone(), who })
    }
}
