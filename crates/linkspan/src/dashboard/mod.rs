//! The dashboard: pages for operators and the admin API, on the store and on facts about the configuration.
//!
//! [`router`] makes the routes from two tables, `routes.rs` (pages and their actions) and `api/routes.rs`. A row names
//! who may use it; `guard.rs` is the one place that checks who asks, the role, and that a request that changes
//! something was made by our own page. What an action does is `crate::operations`, which the command line calls too.
//!
//! Pages are rendered on the server from `dashboard/templates/`; every value is escaped by the template engine. A page
//! works without its script, which only swaps the main region for a fresh one every few seconds.
//!
//! Nobody is let in without signing in, on loopback neither: other users of the machine, and pages of any site in a
//! browser that runs there, reach loopback too. Without an account the sign-in page says which command makes one, and
//! [`Dashboard::sign_in_link`] gives a link that lets one person in once, for demonstrations.

mod acts;
pub mod api;
mod assets;
mod attempts;
mod chart;
mod exposure;
mod extract;
mod facts;
mod failure;
mod forms;
mod guard;
mod headers;
mod inspect;
mod pages;
mod render;
mod routes;
mod sign_in;
mod why;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::{Method, StatusCode};

use crate::config::Way;
use crate::document::suggest;
use crate::http_server::body::BodyLimits;
use crate::operations::{Operator, random_token, token_hash};
use crate::store::{DeadLetter, Direction, Role, Stage, Store};
use crate::webhook::Receivers;

pub use exposure::check_exposure;
pub use facts::{BackendFacts, BrokenBackend, EntityFacts, RuleFacts, ScheduleFacts};
pub use guard::Access;
pub use inspect::{Answer, Connections, Inspect, InspectedField, Inspection, TestConnection};
pub use routes::{Route, routes};

/// The account that a sign-in link lets in.
const LINK_ACCOUNT: &str = "demo";

/// What the dashboard works on; a clone shares it.
#[derive(Clone)]
pub struct Dashboard {
    shared: Arc<Shared>,
}

struct Shared {
    parts: Parts,
    attempts: attempts::Attempts,
    bodies: BodyLimits,
    /// Hashes of sign-in links that nobody has used yet.
    links: Mutex<HashSet<String>>,
}

/// What a dashboard is made of.
pub struct Parts {
    /// Where everything is.
    pub store: Store,
    /// The backends of the configuration.
    pub backends: Vec<BackendFacts>,
    /// Those that cannot be used.
    pub broken: Vec<BrokenBackend>,
    /// Looks at a record on both sides; without it the button is not there.
    pub inspect: Option<Arc<dyn Inspect>>,
    /// Understands stored webhooks; without it they cannot be replayed.
    pub receivers: Option<Arc<Receivers>>,
    /// Tries a backend's connections; without it the button is not there.
    pub test: Option<Arc<dyn TestConnection>>,
    /// The address that people use begins with `https`: cookies then never travel without it.
    pub https: bool,
}

impl std::fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dashboard")
            .field("backends", &self.shared.parts.backends.len())
            .finish_non_exhaustive()
    }
}

impl Dashboard {
    /// A dashboard of these parts.
    pub fn new(parts: Parts) -> Self {
        let bodies = BodyLimits::new(guard::MOST_BYTES, guard::BODY_TIMEOUT);
        let shared =
            Shared { parts, attempts: attempts::Attempts::default(), bodies, links: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// A link that signs one person in as operator, once: for a demonstration on the own machine. `address` is where
    /// the dashboard listens, `http://127.0.0.1:8080`. Makes the account `demo`, whose password nobody knows.
    pub async fn sign_in_link(&self, address: &str) -> crate::operations::Result<String> {
        let known = self.store().account_secret(LINK_ACCOUNT).await?.is_some();
        if !known {
            let operator = Operator::new(self.store(), "sign-in link");
            operator.add_account(LINK_ACCOUNT, Role::Operator, &random_token().into()).await?;
        }
        let token = random_token();
        self.links().insert(token_hash(&token));
        Ok(format!("{}/sign-in/{token}", address.trim_end_matches('/')))
    }

    /// Whether the link was not used yet; it is from now on.
    fn use_link(&self, token: &str) -> bool {
        self.links().remove(&token_hash(token))
    }

    fn links(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.shared.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> &Store {
        &self.shared.parts.store
    }

    fn backends(&self) -> &[BackendFacts] {
        &self.shared.parts.backends
    }

    fn broken(&self) -> &[BrokenBackend] {
        &self.shared.parts.broken
    }

    fn backend_names(&self) -> Vec<&str> {
        self.backends().iter().map(|backend| backend.name.as_str()).collect()
    }

    /// Every entity of every backend.
    fn places(&self) -> Vec<(&str, &str)> {
        let mut places = Vec::new();
        for backend in self.backends() {
            places
                .extend(backend.entities.iter().map(|entity| (backend.name.as_str(), entity.name.as_str())));
        }
        places
    }

    fn backend(&self, name: &str) -> Option<&BackendFacts> {
        self.backends().iter().find(|backend| backend.name == name)
    }

    /// The backend of the configuration, which must have the entity if one is given.
    fn entity(&self, backend: &str, entity: Option<&str>) -> failure::Result<&BackendFacts> {
        let found =
            self.backend(backend).filter(|facts| entity.is_none_or(|name| facts.entity(name).is_some()));
        found.ok_or_else(|| {
            if let Some(broken) = self.broken().iter().find(|broken| broken.name == backend) {
                let error = &broken.error;
                return failure::Failure::not_found(format!("The backend {backend} cannot be used: {error}"));
            }
            failure::Failure::not_found(match entity {
                Some(entity) => format!("There is no {entity} in a backend {backend}."),
                None => format!(
                    "There is no backend {backend}. The configuration has {}.",
                    self.backend_names().join(", ")
                ),
            })
        })
    }

    /// An error where a filter that found nothing names a backend or an entity that the configuration does not have: it
    /// is mistyped. What is stored of one that has left it is found all the same.
    fn check_filter(&self, backend: Option<&str>, entity: Option<&str>) -> failure::Result<()> {
        if let Some(backend) = backend {
            return self.entity(backend, entity).map(drop);
        }
        let Some(entity) = entity else { return Ok(()) };
        let known: BTreeSet<&str> = self.places().into_iter().map(|(_, entity)| entity).collect();
        if known.contains(entity) || !self.broken().is_empty() {
            return Ok(());
        }
        let known: Vec<&str> = known.into_iter().collect();
        let instead = suggest::instead_of(entity, "entity", &known);
        Err(failure::Failure::not_found(format!("No backend has an entity {entity}. {instead}")))
    }

    /// The entity must be one that comes in.
    fn imported(&self, backend: &str, entity: &str) -> failure::Result<()> {
        if self.way(backend, entity, Direction::In)?.is_there {
            return Ok(());
        }
        let why = match self.way(backend, entity, Direction::Out)?.is_there {
            true => "only goes out of Odoo",
            false => "comes in with the records that it stands in: import one of those",
        };
        Err(failure::Failure::invalid(format!("{entity} of {backend} {why}.")))
    }

    /// What an entity of the configuration can do in one direction.
    fn way(&self, backend: &str, entity: &str, direction: Direction) -> failure::Result<Way> {
        let facts = self.entity(backend, Some(entity))?.entity(entity);
        let nowhere = Way { is_there: false, has_canary: false, stage: Stage::Off };
        Ok(facts.map_or(nowhere, |facts| facts.way(direction)))
    }

    /// The stage of a dead letter's record in the configuration.
    fn configured_stage(&self, letter: &DeadLetter, direction: Direction) -> Option<Stage> {
        self.backend(&letter.backend)?.entity(&letter.entity)?.stage(direction)
    }

    /// The backend of a channel, which must be in the configuration.
    fn channel(&self, channel: &str) -> failure::Result<&BackendFacts> {
        self.entity(channel.rsplit_once(':').map_or("", |(backend, _)| backend), None)
    }

    /// The entities of a backend whose lists can be walked, or the one that is asked for.
    fn polled(&self, backend: &str, entity: Option<&str>) -> failure::Result<Vec<&str>> {
        let facts = self.entity(backend, entity)?;
        let walked =
            facts.entities.iter().filter(|facts| facts.stage_in.is_some()).map(|facts| facts.name.as_str());
        let names: Vec<&str> = walked.filter(|name| entity.is_none_or(|entity| entity == *name)).collect();
        if names.is_empty() {
            return Err(failure::Failure::invalid("It has no list that could be walked."));
        }
        Ok(names)
    }
}

/// Every page, every action and the admin API. The paths `/health`, `/ready`, `/metrics` and `/webhooks/...` are free.
pub fn router(dashboard: Dashboard) -> Router {
    let pages = routes::routes()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.path, route.guarded(&dashboard)));
    let pages = pages.fallback(unknown_page).method_not_allowed_fallback(wrong_method);
    let router = pages.merge(api::router(&dashboard)).merge(assets::router());
    // `guard.rs` caps what a request may hold, with a sentence; axum's own cap is lower.
    headers::with_security_headers(router.layer(DefaultBodyLimit::disable()).with_state(dashboard))
}

async fn unknown_page(OriginalUri(uri): OriginalUri) -> failure::Failure {
    failure::Failure::not_found(format!("There is no page {}.", uri.path()))
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> failure::Failure {
    let message = format!("{} does not take {method}.", uri.path());
    failure::Failure::new(StatusCode::METHOD_NOT_ALLOWED, message)
}
