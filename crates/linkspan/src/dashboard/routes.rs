//! Every page and every action with who may use it.

use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::guard::{Access, Gate, Kind, guard};
use super::{Dashboard, acts, pages, sign_in};

/// One route.
#[derive(Debug)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: Method,
    /// `/jobs/{id}`.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    handler: MethodRouter<Dashboard>,
}

impl Route {
    pub(super) fn guarded(self, dashboard: &Dashboard) -> MethodRouter<Dashboard> {
        let gate = Gate { dashboard: dashboard.clone(), access: self.access, kind: Kind::Page };
        self.handler.layer(from_fn_with_state(gate, guard))
    }
}

fn get<H: Handler<T, Dashboard>, T: 'static>(path: &'static str, access: Access, handler: H) -> Route {
    Route { method: Method::GET, path, access, handler: on(MethodFilter::GET, handler) }
}

fn post<H: Handler<T, Dashboard>, T: 'static>(path: &'static str, access: Access, handler: H) -> Route {
    Route { method: Method::POST, path, access, handler: on(MethodFilter::POST, handler) }
}

/// The table.
pub fn routes() -> Vec<Route> {
    use Access::{Anyone, Operator, Viewer};
    vec![
        get("/sign-in", Anyone, sign_in::form),
        post("/sign-in", Anyone, sign_in::sign_in),
        get("/sign-in/{token}", Anyone, sign_in::by_link),
        post("/sign-out", Viewer, sign_in::sign_out),
        get("/", Viewer, pages::overview::page),
        get("/search", Viewer, pages::search::page),
        get("/records/{backend}/{entity}/{record}", Viewer, pages::record::page),
        // Asks both servers, so a viewer must not make it ask all the time.
        get("/records/{backend}/{entity}/{record}/look", Operator, pages::record::look),
        post("/records/{backend}/{entity}/{record}/import", Operator, acts::import),
        get("/jobs", Viewer, pages::jobs::list),
        get("/jobs/{id}", Viewer, pages::jobs::one),
        post("/jobs/{id}/cancel", Operator, acts::cancel_job),
        post("/jobs/{id}/run", Operator, acts::run_job),
        post("/jobs/cancel", Operator, acts::cancel_jobs),
        post("/jobs/run", Operator, acts::run_jobs),
        get("/dead-letters", Viewer, pages::letters::causes),
        get("/dead-letters/list", Viewer, pages::letters::list),
        get("/dead-letters/{id}", Viewer, pages::letters::one),
        post("/dead-letters/{id}/retry", Operator, acts::retry),
        post("/dead-letters/{id}/edit", Operator, acts::edit),
        post("/dead-letters/{id}/decide", Operator, acts::decide),
        post("/dead-letters/{id}/dismiss", Operator, acts::dismiss),
        post("/dead-letters/retry", Operator, acts::retry_all),
        post("/dead-letters/dismiss", Operator, acts::dismiss_all),
        get("/deliveries", Viewer, pages::deliveries::list),
        get("/deliveries/{id}", Viewer, pages::deliveries::one),
        post("/deliveries/{id}/replay", Operator, acts::replay),
        get("/backends", Viewer, pages::backends::list),
        get("/backends/{backend}", Viewer, pages::backends::one),
        get("/backends/{backend}/differences", Viewer, pages::differences::page),
        post("/backends/{backend}/test", Operator, pages::backends::test),
        post("/backends/{backend}/poll", Operator, acts::poll),
        post("/backends/{backend}/stages/{entity}/{direction}", Operator, acts::stage),
        post("/backends/{backend}/stages/{entity}/{direction}/allow", Operator, acts::allow),
        post("/channels/{channel}/pause", Operator, acts::pause),
        post("/channels/{channel}/resume", Operator, acts::resume),
        post("/channels/{channel}/resize", Operator, acts::resize),
        get("/audit", Viewer, pages::audit::page),
    ]
}
