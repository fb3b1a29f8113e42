//! Every route of the API with who may use it and what it takes and gives; the OpenAPI description is made of this.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::problem::wrong_method;
use super::{acts, reads};
use crate::dashboard::inspect::{Connections, Inspection};
use crate::dashboard::pages::record::RecordStory;
use crate::dashboard::{Access, Dashboard};
use crate::store::{DeadLetter, Delivery, JobView};

/// Makes the schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One route.
pub struct Endpoint {
    /// `GET`, `POST` or `PUT`.
    pub method: Method,
    /// Behind [`super::BASE`].
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What it does, in a sentence.
    pub summary: &'static str,
    pub(super) query: Option<SchemaOf>,
    pub(super) body: Option<SchemaOf>,
    pub(super) answer: SchemaOf,
    pub(super) handler: MethodRouter<Dashboard>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Endpoint {
    fn new<A: JsonSchema, H: Handler<T, Dashboard>, T: 'static>(
        method: Method,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        let (filter, access) = match method {
            Method::GET => (MethodFilter::GET, Access::Viewer),
            Method::PUT => (MethodFilter::PUT, Access::Operator),
            _ => (MethodFilter::POST, Access::Operator),
        };
        let handler = on(filter, handler).fallback(wrong_method);
        Self { method, path, access, summary, query: None, body: None, answer: schema::<A>, handler }
    }

    fn query<Q: JsonSchema>(self) -> Self {
        Self { query: Some(schema::<Q>), ..self }
    }

    fn body<B: JsonSchema>(self) -> Self {
        Self { body: Some(schema::<B>), ..self }
    }

    fn for_access(self, access: Access) -> Self {
        Self { access, ..self }
    }
}

fn get<A: JsonSchema, T: 'static>(
    path: &'static str,
    summary: &'static str,
    handler: impl Handler<T, Dashboard>,
) -> Endpoint {
    Endpoint::new::<A, _, T>(Method::GET, path, summary, handler)
}

fn post<T: 'static>(
    path: &'static str,
    summary: &'static str,
    handler: impl Handler<T, Dashboard>,
) -> Endpoint {
    Endpoint::new::<acts::Done, _, T>(Method::POST, path, summary, handler)
}

fn put<T: 'static>(
    path: &'static str,
    summary: &'static str,
    handler: impl Handler<T, Dashboard>,
) -> Endpoint {
    Endpoint::new::<acts::Done, _, T>(Method::PUT, path, summary, handler)
}

/// The table. A look asks both servers, so it is an operator's.
pub fn endpoints() -> Vec<Endpoint> {
    [reading(), acting()].into_iter().flatten().collect()
}

fn reading() -> Vec<Endpoint> {
    vec![
        get::<Value, _>("/openapi.json", "This description.", reads::openapi).for_access(Access::Anyone),
        get::<reads::Overview, _>(
            "/overview",
            "How every entity and channel is, and the alerts.",
            reads::overview,
        ),
        get::<reads::Found, _>("/search", "The records that a text may mean.", reads::search)
            .query::<reads::SearchQuery>(),
        get::<RecordStory, _>(
            "/records/{backend}/{entity}/{record}",
            "One record: why it is where it is, and what happened to it.",
            reads::record,
        ),
        get::<Inspection, _>(
            "/records/{backend}/{entity}/{record}/look",
            "What both sides hold now.",
            reads::look,
        )
        .for_access(Access::Operator),
        get::<reads::Letters, _>("/dead-letters", "Dead letters, newest first.", reads::dead_letters)
            .query::<reads::LetterQuery>(),
        get::<reads::Causes, _>("/dead-letters/causes", "Open dead letters by cause.", reads::causes),
        get::<DeadLetter, _>("/dead-letters/{id}", "One dead letter.", reads::dead_letter),
        get::<reads::Jobs, _>("/jobs", "Jobs, newest first.", reads::jobs).query::<reads::JobQuery>(),
        get::<JobView, _>("/jobs/{id}", "One job.", reads::job),
        get::<reads::Events, _>("/events", "What happened to records, newest first.", reads::events)
            .query::<reads::EventQuery>(),
        get::<reads::Deliveries, _>("/deliveries", "Webhooks as they came, newest first.", reads::deliveries)
            .query::<reads::DeliveryQuery>(),
        get::<Delivery, _>("/deliveries/{id}", "One webhook.", reads::delivery),
        get::<reads::Backends, _>("/backends", "The backends of the configuration.", reads::backends),
        get::<reads::BackendState, _>("/backends/{backend}", "A backend and how it is.", reads::backend),
        get::<reads::Differences, _>(
            "/backends/{backend}/differences",
            "What the stage `shadow` would change, field by field.",
            reads::differences,
        )
        .query::<reads::DifferenceQuery>(),
        get::<reads::Channels, _>("/channels", "Channels and what is in them.", reads::channels),
        get::<reads::Audit, _>("/audit", "Who did what, newest first.", reads::audit)
            .query::<reads::AuditQuery>(),
    ]
}

fn acting() -> Vec<Endpoint> {
    let test = Endpoint::new::<Connections, _, _>(
        Method::POST,
        "/backends/{backend}/test",
        "Asks both servers whether they know the credentials.",
        acts::test,
    );
    vec![
        post(
            "/records/{backend}/{entity}/{record}/import",
            "Fetches a record and brings it into Odoo.",
            acts::import,
        ),
        post("/dead-letters/{id}/retry", "Tries a dead letter again.", acts::retry),
        post(
            "/dead-letters/{id}/decide",
            "Settles a conflict, a field that both sides changed: a worker lets what one side has stay.",
            acts::decide,
        )
        .body::<acts::Decide>(),
        post("/dead-letters/{id}/dismiss", "Dismisses a dead letter: the record stays out.", acts::dismiss),
        put(
            "/dead-letters/{id}/payload",
            "Puts other data into a dead letter, for the next retry. The body is the whole external record.",
            acts::edit,
        )
        .body::<serde_json::Map<String, Value>>(),
        post("/dead-letters/retry", "Tries all open dead letters that match again.", acts::retry_all)
            .body::<acts::LetterChoice>(),
        post("/dead-letters/dismiss", "Dismisses all open dead letters that match.", acts::dismiss_all)
            .body::<acts::LetterChoice>(),
        post("/jobs/{id}/cancel", "Takes a waiting job out of the queue.", acts::cancel),
        post("/jobs/{id}/run", "Lets a waiting job run at once.", acts::run),
        post("/jobs/cancel", "Takes all waiting jobs that match out of the queue.", acts::cancel_all)
            .body::<acts::JobChoice>(),
        post("/jobs/run", "Lets all waiting jobs that match run at once.", acts::run_all)
            .body::<acts::JobChoice>(),
        post("/deliveries/{id}/replay", "Imports the record of a webhook again.", acts::replay),
        test,
        post("/backends/{backend}/poll", "Looks for changes now.", acts::poll).body::<acts::Poll>(),
        put(
            "/backends/{backend}/stages/{entity}/{direction}",
            "Sets the stage of an entity and direction.",
            acts::stage,
        )
        .body::<acts::NewStage>(),
        post(
            "/backends/{backend}/stages/{entity}/{direction}/allow",
            "Lets the next run make the changes that were held back.",
            acts::allow,
        ),
        post("/channels/{channel}/pause", "Pauses a channel; what runs goes on.", acts::pause)
            .body::<acts::Pause>(),
        post("/channels/{channel}/resume", "Lets a paused channel go on.", acts::resume),
        put("/channels/{channel}/capacity", "Sets how many jobs of a channel run at a time.", acts::resize)
            .body::<acts::Capacity>(),
    ]
}
