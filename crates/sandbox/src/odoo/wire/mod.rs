//! HTTP: which door a request comes through, what it asks, and the envelope of the answer.
//!
//! | file | doors |
//! |---|---|
//! | `jsonrpc.rs` | `/jsonrpc` |
//! | `xmlrpc.rs` | `/xmlrpc/2/common`, `/xmlrpc/2/object` |
//! | `web.rs` | `/web/session/*`, `/web/dataset/call_kw`, `/web/webclient/version_info`, `/web/database/list` |
//! | `json2.rs` | `/json/2/<model>/<method>`, `/web/version` (19.0) |
//! | `perform.rs` | what they have in common: the fault, the transaction, the count |

mod json2;
mod jsonrpc;
mod perform;
mod web;
mod xmlrpc;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use serde_json::Value as Json;

use super::error::Outcome;
use super::methods::Arguments;
use super::orm::User;
use super::server::Shared;
use crate::serve::Cut;

/// A request as far as a door needs it.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Incoming {
    /// The value of a cookie.
    fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    fn is_json(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json")
    }
}

/// What a request asks for, whatever the door.
pub(crate) enum Action {
    /// The answer is known already.
    Known(Outcome<Json>),
    /// A method of a model, by a user whose secret has been checked.
    Execute { user: User, model: String, method: String, arguments: Arguments, wire: Wire },
}

/// The kind of door, where it reaches into the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// `/jsonrpc` and XML-RPC.
    Service,
    /// `/web/dataset`.
    Session,
    Json2,
}

/// Longest body that is read, as in Odoo.
const BODY_LIMIT: usize = 128 << 20;

/// Answers one request.
pub(crate) async fn handle(shared: Arc<Shared>, request: Request<Body>) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return Ok(page(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"));
    };
    let path = parts.uri.path().to_owned();
    let incoming = Incoming { method: parts.method, path, headers: parts.headers, body };
    match incoming.path.as_str() {
        "/jsonrpc" => jsonrpc::answer(&shared, &incoming).await,
        "/xmlrpc/2/common" | "/xmlrpc/2/object" => xmlrpc::answer(&shared, &incoming).await,
        path if path.starts_with("/json/2/") => json2::answer(&shared, &incoming).await,
        "/web/version" | "/json/version" => Ok(json2::version(&shared)),
        path if path.starts_with("/web/") => web::answer(&shared, &incoming).await,
        _ => Ok(not_found()),
    }
}

fn not_found() -> Response<Body> {
    page(StatusCode::NOT_FOUND, "<h1>Not Found</h1>\n<p>The requested URL was not found on the server.</p>")
}

fn page(status: StatusCode, text: &str) -> Response<Body> {
    let html = format!("<!doctype html>\n<html lang=en>\n<title>{status}</title>\n{text}\n");
    respond(status, "text/html; charset=utf-8", html.into_bytes())
}

fn json(status: StatusCode, body: &Json) -> Response<Body> {
    respond(status, "application/json; charset=utf-8", body.to_string().into_bytes())
}

fn respond(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
