//! What a request holds, with problems instead of axum's own plain errors.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Problem;
use crate::dashboard::guard::Identity;
use crate::dashboard::{Dashboard, extract};
use crate::operations::Operator;

/// The parts of the path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Dashboard> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, Problem> {
        Ok(Self(extract::Path::from_request_parts(parts, dashboard).await?.0))
    }
}

/// The query. An unknown name is refused: a filter that is misspelt would otherwise match everything.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Dashboard> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, Problem> {
        Ok(Self(extract::Query::from_request_parts(parts, dashboard).await?.0))
    }
}

/// The body as it was sent: a number may have more digits than a parser keeps.
pub(super) struct Text(pub(super) String);

impl FromRequest<Dashboard> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, dashboard: &Dashboard) -> Result<Self, Problem> {
        let text = String::from_request(request, dashboard).await;
        text.map(Self).map_err(|error| Problem::new(error.status(), error.body_text()))
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

    /// An error where a filter by these names, backend and entity, found nothing because they are mistyped.
    pub(super) fn check(&self, found: u64, names: &(Option<String>, Option<String>)) -> Result<(), Problem> {
        if found > 0 {
            return Ok(());
        }
        Ok(self.dashboard.check_filter(names.0.as_deref(), names.1.as_deref())?)
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
