//! Who asks, whether they may, and whether a request that changes something was made by our own page.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Serialize;
use subtle::ConstantTimeEq as _;

use super::failure::Failure;
use super::{Dashboard, api, forms};
use crate::operations::token_hash;
use crate::store::{Role, StoreError, now_ms};

/// Holds the session's token.
pub(super) const SESSION_COOKIE: &str = "linkspan_session";
/// Programs of a browser send the CSRF token in this header instead of in a form.
pub(super) const CSRF_HEADER: &str = "x-csrf-token";
/// The own script asks for a fresh page in the background.
pub(super) const LIVE_HEADER: &str = "x-linkspan-live";

/// An edited record and its form around it.
pub(super) const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// Nobody has signed in yet.
const MOST_BYTES_FROM_ANYONE: u64 = 16 * 1024;
/// Time that a form or an edited record has to arrive: a request that never ends would hold its connection for ever.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Everybody: signing in.
    Anyone,
    /// Whoever is signed in.
    Viewer,
    /// Operators.
    Operator,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// As the audit names them.
    pub(super) name: String,
    pub(super) role: Role,
    /// Stands in every form; empty for a token, which has none.
    pub(super) csrf: String,
    /// What the last action said, once.
    pub(super) notice: Option<String>,
}

/// What a route answers with, and so how it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Page,
    Api,
}

/// The rule of one route.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) dashboard: Dashboard,
    pub(super) access: Access,
    pub(super) kind: Kind,
}

/// Lets a request through to its handler, with an [`Identity`] unless anyone may come.
pub(super) async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match gate.admit(request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    }
}

impl Gate {
    async fn admit(&self, request: Request) -> Result<Request, Response> {
        if self.access == Access::Anyone {
            return self.capped(request, MOST_BYTES_FROM_ANYONE).await.map(|(request, _)| request);
        }
        let bearer = bearer(request.headers()).filter(|_| self.kind == Kind::Api);
        let identity = match &bearer {
            Some(token) => self.program(token).await,
            None => self.person(request.headers()).await,
        };
        let identity = match identity {
            Ok(Some(identity)) => identity,
            Ok(None) => return Err(self.unknown(&request)),
            Err(error) => return Err(self.refuse(error.into())),
        };
        if self.access == Access::Operator && identity.role != Role::Operator {
            return Err(self.refuse(Failure::new(
                StatusCode::FORBIDDEN,
                format!("{} may look but not act. An operator can do this", identity.name),
            )));
        }
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let (mut request, body) = self.capped(request, MOST_BYTES).await?;
        if changes && bearer.is_none() && !is_ours(request.headers(), &body, &identity.csrf) {
            return Err(self.refuse(Failure::new(
                StatusCode::FORBIDDEN,
                "This request did not come from a page of this session, so nothing was done. Reload the page and try again",
            )));
        }
        request.extensions_mut().insert(identity);
        Ok(request)
    }

    /// The account behind the session cookie.
    async fn person(&self, headers: &HeaderMap) -> Result<Option<Identity>, StoreError> {
        let jar = CookieJar::from_headers(headers);
        let Some(token) = jar.get(SESSION_COOKIE).map(|cookie| cookie.value()) else { return Ok(None) };
        let session = self.dashboard.store().web_session(&token_hash(token), now_ms()).await?;
        // A fresh page in the background must not take the notice from the page that a person sees.
        let notice = if headers.contains_key(LIVE_HEADER) { None } else { forms::notice(&jar) };
        Ok(session.map(|session| Identity {
            name: session.account,
            role: session.role,
            csrf: session.csrf,
            notice,
        }))
    }

    async fn program(&self, token: &str) -> Result<Option<Identity>, StoreError> {
        let token = self.dashboard.store().use_api_token(&token_hash(token)).await?;
        Ok(token.map(|token| Identity {
            name: format!("token {}", token.name),
            role: token.role,
            csrf: String::new(),
            notice: None,
        }))
    }

    fn unknown(&self, request: &Request) -> Response {
        match self.kind {
            Kind::Api => {
                let mut response = self.refuse(Failure::new(
                    StatusCode::UNAUTHORIZED,
                    "Send a token as `Authorization: Bearer <token>`; `linkspan tokens add <name>` makes one",
                ));
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
                response
            }
            Kind::Page => {
                let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
                let back = if request.method() == Method::GET { wanted } else { "/" };
                Redirect::to(&forms::with_query("/sign-in", &[("back", Some(back))])).into_response()
            }
        }
    }

    fn refuse(&self, failure: Failure) -> Response {
        match self.kind {
            Kind::Page => failure.into_response(),
            Kind::Api => api::Problem::from(failure).into_response(),
        }
    }

    /// Reads the body, if it is not too long and comes in time, and gives it back to the request.
    async fn capped(&self, request: Request, most: u64) -> Result<(Request, Bytes), Response> {
        let (parts, body) = request.into_parts();
        let limits = self.dashboard.shared.bodies.at_most(most);
        match limits.read(&parts.headers, body).await {
            Ok(bytes) => Ok((Request::from_parts(parts, Body::from(bytes.clone())), bytes)),
            Err(error) => {
                let message = format!("Nothing was done: {error}. A request may have {most} bytes here");
                Err(self.refuse(Failure::new(error.status(), message)))
            }
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// Whether the session's CSRF token came along, in the header or in the form. A browser that says the request comes
/// from another site is believed.
fn is_ours(headers: &HeaderMap, body: &[u8], csrf: &str) -> bool {
    let foreign =
        headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
    let in_header = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let in_form = || {
        let found = url::form_urlencoded::parse(body).find(|(name, _)| name == "csrf");
        found.filter(|_| is_form).map(|(_, value)| value.into_owned())
    };
    let given = in_header.or_else(in_form);
    !foreign
        && !csrf.is_empty()
        && given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(csrf.as_bytes())))
}
