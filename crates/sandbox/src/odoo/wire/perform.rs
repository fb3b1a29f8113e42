//! One call: the planned fault, the transaction, the count.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value as Json;

use super::{Action, Wire, page, respond};
use crate::Fault;
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::load;
use crate::odoo::messages::{self, say};
use crate::odoo::methods::{self, Arguments};
use crate::odoo::orm::{Context, Env, User};
use crate::odoo::server::Shared;
use crate::odoo::spec::Series;
use crate::serve::Cut;

/// What goes back: a result for the door's envelope, or a response that a fault put in its place.
pub(crate) enum Answer {
    Result(Outcome<Json>),
    Response(Response<Body>),
}

/// Does what a request asks under the name `target` (`model.method`).
pub(super) async fn perform(shared: &Shared, target: &str, action: Action) -> Result<Answer, Cut> {
    shared.count(target);
    let fault = shared.faults.take(target);
    if let Some(Fault::Delay(delay)) = &fault {
        tokio::time::sleep(*delay).await;
    }
    match fault {
        None | Some(Fault::Delay(_)) => Ok(Answer::Result(run(shared, action))),
        Some(Fault::CutBeforeWork) => Err(Cut),
        Some(Fault::CutAfterWork) => {
            drop(run(shared, action));
            Err(Cut)
        }
        Some(Fault::Status { status, retry_after_secs }) => {
            Ok(Answer::Response(refusal(status, retry_after_secs)))
        }
        Some(Fault::HtmlPage { status }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            Ok(Answer::Response(page(status, "<h1>Something is in the way</h1>")))
        }
        Some(Fault::SerializationFailure) => Ok(Answer::Result(serialization_failure(action))),
        Some(Fault::SessionExpired) => {
            let lang = &shared.spec.lang;
            Ok(Answer::Result(Err(Error::new(
                Class::SessionExpired,
                say(lang, messages::SESSION_EXPIRED, &[]),
            ))))
        }
    }
}

fn refusal(status: u16, retry_after_secs: Option<u64>) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, "application/json", b"{}".to_vec());
    if let Some(secs) = retry_after_secs {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

/// `load` reports the database's refusal as one of its messages, other methods raise it.
fn serialization_failure(action: Action) -> Outcome<Json> {
    match action {
        Action::Execute { method, arguments, .. } if method == "load" => {
            let rows = arguments.positional.get(1).or_else(|| arguments.named.get("data"));
            Ok(load::serialization_failure(rows.and_then(Json::as_array).map_or(0, Vec::len)))
        }
        _ => Err(Error::new(Class::Serialization, "could not serialize access due to concurrent update\n")),
    }
}

fn run(shared: &Shared, action: Action) -> Outcome<Json> {
    match action {
        Action::Known(outcome) => outcome,
        Action::Execute { user, model, method, arguments, wire } => {
            execute(shared, user, &model, &method, arguments, wire)
        }
    }
}

/// One call is one transaction: all of it or nothing.
fn execute(
    shared: &Shared,
    user: User,
    model: &str,
    method: &str,
    arguments: Arguments,
    wire: Wire,
) -> Outcome<Json> {
    let mut database = shared.database();
    let Some(number) = database.schema.model(model) else {
        return Err(unknown_model(shared.spec.series, model, wire));
    };
    let context = Context::from_json(arguments.named.get("context"));
    let outcome =
        methods::call(&mut Env::new(&mut database, &shared.spec, user, context), number, method, arguments);
    let outcome = outcome.map_err(integrity_as_validation);
    match outcome {
        Ok(result) => {
            database
                .commit()
                .map_err(|error| Error::new(Class::Value, format!("the stand-in's file: {error}")))?;
            Ok(result)
        }
        Err(error) => {
            database.roll_back();
            Err(error)
        }
    }
}

fn unknown_model(series: Series, model: &str, wire: Wire) -> Error {
    match wire {
        Wire::Service => Error::new(Class::User, format!("Object {model} doesn't exist")),
        Wire::Session if series <= Series::V17 => Error::new(Class::Key, model),
        Wire::Session => Error::new(Class::NoRoute, NO_ROUTE),
        Wire::Json2 => Error::new(Class::NotFound, format!("the model '{model}' does not exist")),
    }
}

const NO_ROUTE: &str = "404 Not Found: The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";

/// What the database refuses reaches the caller as a validation error.
fn integrity_as_validation(error: Error) -> Error {
    match error.class {
        Class::NotNull | Class::ForeignKey | Class::Check => Error { class: Class::Validation, ..error },
        _ => error,
    }
}
