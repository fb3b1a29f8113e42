//! The admin API: the same reads and operations as the pages, as JSON.
//!
//! A program sends a token (`Authorization: Bearer lsp_...`); the pages' session works too, with the CSRF token in the
//! header `X-CSRF-Token` for what changes something. Errors are RFC 9457 problems.
//!
//! The OpenAPI description is made from the table of routes and from the schemas of the types that are answered, which
//! `schemars` derives as it does for definitions. So a route that is not described cannot exist; `utoipa` would have
//! been a second derive on the same types and a second list of the routes.

mod acts;
mod extract;
mod openapi;
mod problem;
mod reads;
mod routes;

use axum::Router;
use axum::middleware::from_fn_with_state;

use super::Dashboard;
use super::guard::{Gate, Kind, guard};

pub use openapi::description;
pub(super) use problem::Problem;
pub use routes::{Endpoint, endpoints};

/// Where the API begins.
pub const BASE: &str = "/api/v1";

pub(super) fn router(dashboard: &Dashboard) -> Router<Dashboard> {
    let routes = endpoints().into_iter().fold(Router::new(), |router, endpoint| {
        let gate = Gate { dashboard: dashboard.clone(), access: endpoint.access, kind: Kind::Api };
        router.route(endpoint.path, endpoint.handler.layer(from_fn_with_state(gate, guard)))
    });
    Router::new().nest(BASE, routes.fallback(problem::unknown_path))
}
