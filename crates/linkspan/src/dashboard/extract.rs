//! What a request's address and form hold. One that cannot be used is answered with a page that says why.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Dashboard;
use super::failure::{Failure, Result};

/// The parts of the path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Dashboard> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self> {
        let found = axum::extract::Path::<T>::from_request_parts(parts, dashboard).await;
        found.map(|path| Self(path.0)).map_err(|error| Failure::new(error.status(), error.body_text()))
    }
}

/// The query. Where its type refuses unknown names, a misspelt filter does not match everything.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Dashboard> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Dashboard) -> Result<Self> {
        let found = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        found.map(|query| Self(query.0)).map_err(|error| Failure::new(error.status(), error.body_text()))
    }
}

/// The fields of a form.
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Dashboard> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, dashboard: &Dashboard) -> Result<Self> {
        let found = axum::Form::<T>::from_request(request, dashboard).await;
        found.map(|form| Self(form.0)).map_err(|error| Failure::new(error.status(), error.body_text()))
    }
}
