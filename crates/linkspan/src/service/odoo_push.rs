//! What Odoo's automation rules post: `POST /webhooks/odoo/{backend}?token=...`. It says that a record changed; what it holds
//! is read when the export's turn comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use secrecy::SecretString;
use serde::Deserialize;

use super::runtime::Runtime;
use crate::http_server::body::BodyLimits;
use crate::store::Store;
use crate::sync::{SyncError, is_rule_token, odoo_push, with_serials};

/// A rule posts a few fields of one record.
const LARGEST_BODY: u64 = 256 * 1024;

/// Time that it has to arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Pushed {
    backends: Arc<BTreeMap<String, (Arc<Runtime>, SecretString)>>,
    store: Store,
    limits: BodyLimits,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: String,
}

/// The route for these backends. One whose Odoo secret cannot be read takes nothing.
pub fn router(backends: &[Arc<Runtime>], store: Store) -> Router {
    let known = backends.iter().filter_map(|runtime| match runtime.config().odoo.secret.read() {
        Ok(secret) => Some((runtime.name().to_owned(), (Arc::clone(runtime), secret))),
        Err(error) => {
            tracing::warn!(backend = runtime.name(), %error, "Odoo cannot tell of changes");
            None
        }
    });
    let limits = BodyLimits::new(LARGEST_BODY, TIMEOUT);
    let state = Pushed { backends: Arc::new(known.collect()), store, limits };
    Router::new().route("/webhooks/odoo/{backend}", post(pushed)).with_state(state)
}

async fn pushed(
    State(state): State<Pushed>,
    Path(backend): Path<String>,
    Query(Token { token }): Query<Token>,
    request: Request,
) -> Response {
    // Who does not know the token need not send a body. An unknown backend and a wrong token look the same from outside.
    let known = state.backends.get(&backend).filter(|(_, secret)| is_rule_token(secret, &backend, &token));
    let Some((runtime, _)) = known else {
        metrics::counter!("linkspan_webhook_refused_total", "backend" => "odoo").increment(1);
        return (StatusCode::UNAUTHORIZED, "the token is missing or wrong\n").into_response();
    };
    let (parts, body) = request.into_parts();
    let body = match state.limits.read(&parts.headers, body).await {
        Ok(body) => body,
        Err(error) => return (error.status(), format!("{error}\n")).into_response(),
    };
    let jobs = match odoo_push(&runtime.config().definition, &backend, &body) {
        Ok(jobs) => jobs,
        Err(reason) => return (StatusCode::BAD_REQUEST, format!("{reason}\n")).into_response(),
    };
    let stored = match with_serials(&state.store, jobs).await {
        Ok(jobs) => state.store.enqueue(&jobs).await.map_err(SyncError::from),
        Err(error) => Err(error),
    };
    match stored {
        Ok(()) => (StatusCode::OK, "stored\n").into_response(),
        Err(error) => {
            tracing::error!(%error, backend, "a change that Odoo told could not be stored");
            (StatusCode::SERVICE_UNAVAILABLE, "not stored; the next look for changes finds it\n")
                .into_response()
        }
    }
}
