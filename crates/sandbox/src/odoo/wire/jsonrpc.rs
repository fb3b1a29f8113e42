//! `/jsonrpc`: the service endpoint, and the envelope that the web doors share. The status is always 200.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value as Json, json as object};

use super::perform::{Answer, perform};
use super::{Action, Incoming, Wire, json, not_found, page, respond};
use crate::odoo::accounts::{Door, SignIn};
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages::{self, say};
use crate::odoo::methods::Arguments;
use crate::odoo::server::Shared;
use crate::odoo::spec::Series;
use crate::serve::Cut;

pub(super) async fn answer(shared: &Shared, incoming: &Incoming) -> Result<Response<Body>, Cut> {
    let (id, mut params) = match request(shared, incoming) {
        Ok(request) => request,
        Err(response) => return Ok(*response),
    };
    let args = match params.remove("args") {
        Some(Json::Array(args)) => args,
        _ => Vec::new(),
    };
    let text = |key: &str| params.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (target, action) = service(shared, &text("service"), &text("method"), args);
    let answer = perform(shared, &target, action).await?;
    Ok(envelope(shared, id, answer))
}

/// The id and the params of a JSON-RPC request.
pub(super) type Request = (Json, Map<String, Json>);

/// Takes a JSON-RPC request apart, or gives the refusal of a body that is none.
pub(super) fn request(shared: &Shared, incoming: &Incoming) -> Result<Request, Box<Response<Body>>> {
    if incoming.method != axum::http::Method::POST || !incoming.is_json() {
        let late = shared.spec.series >= Series::V19;
        let status = if late { StatusCode::UNSUPPORTED_MEDIA_TYPE } else { StatusCode::BAD_REQUEST };
        return Err(Box::new(page(
            status,
            "<p>Request inferred type is not compatible with this route.</p>",
        )));
    }
    match serde_json::from_slice::<Json>(&incoming.body) {
        Ok(Json::Object(mut body)) => {
            let params = match body.remove("params") {
                Some(Json::Object(params)) => params,
                _ => Map::new(),
            };
            Ok((body.remove("id").unwrap_or(Json::Null), params))
        }
        _ => {
            let text = b"Invalid JSON data".to_vec();
            Err(Box::new(respond(StatusCode::BAD_REQUEST, "text/html; charset=utf-8", text)))
        }
    }
}

/// What a call of a service means; shared by JSON-RPC and XML-RPC.
pub(super) fn service(shared: &Shared, service: &str, method: &str, mut args: Vec<Json>) -> (String, Action) {
    match (service, method) {
        ("common", "version") => {
            ("common.version".to_owned(), Action::Known(Ok(version(shared.spec.series))))
        }
        ("common", "login" | "authenticate") => {
            ("common.authenticate".to_owned(), Action::Known(authenticate(shared, &args)))
        }
        ("object", "execute_kw" | "execute") => execute(shared, method, &mut args),
        _ => {
            let error = match service {
                "common" | "object" => Error::new(Class::Exception, format!("Method not found: {method}")),
                other => Error::new(Class::Key, other),
            };
            (format!("{service}.{method}"), Action::Known(Err(error)))
        }
    }
}

pub(super) fn version(series: Series) -> Json {
    let number = series.number();
    let server = format!("{number}.0");
    object!({
        "server_version": server,
        "server_version_info": [number, 0, 0, "final", 0, ""],
        "server_serie": server,
        "protocol_version": 1,
    })
}

/// The id of the user, or `false`: wrong credentials are no error here.
fn authenticate(shared: &Shared, args: &[Json]) -> Outcome<Json> {
    let text = |place: usize| args.get(place).and_then(Json::as_str).unwrap_or_default();
    check_database(shared, text(0))?;
    Ok(match shared.accounts.sign_in(text(1), text(2), Door::Call) {
        SignIn::In(user) => object!(user.id),
        SignIn::Refused | SignIn::SecondFactor => Json::Bool(false),
    })
}

pub(super) fn check_database(shared: &Shared, database: &str) -> Outcome<()> {
    if database == shared.spec.database {
        return Ok(());
    }
    let message = format!(
        "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  database \"{database}\" does not exist\n"
    );
    Err(Error::new(Class::UndefinedDatabase, message))
}

fn execute(shared: &Shared, kind: &str, args: &mut Vec<Json>) -> (String, Action) {
    let text = |place: usize| args.get(place).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (database, secret, model, method) = (text(0), text(2), text(3), text(4));
    let target = format!("{model}.{method}");
    let user = args.get(1).and_then(Json::as_u64).unwrap_or(0) as u32;
    if let Err(error) = check_database(shared, &database) {
        return (target, Action::Known(Err(error)));
    }
    if shared.accounts.user(user).is_none() {
        let id = user.to_string();
        let message = say(&shared.spec.lang, messages::MISSING, &["res.users", &id, &id]);
        return (target, Action::Known(Err(Error::new(Class::Missing, message))));
    }
    let SignIn::In(user) = shared.accounts.check(user, &secret, Door::Call) else {
        return (target, Action::Known(Err(denied(shared))));
    };
    let mut rest = args.split_off(args.len().min(5)).into_iter();
    let arguments = if kind == "execute" {
        Arguments { positional: rest.collect(), ..Arguments::default() }
    } else {
        let positional = match rest.next() {
            Some(Json::Array(positional)) => positional,
            _ => Vec::new(),
        };
        let named = match rest.next() {
            Some(Json::Object(named)) => named,
            _ => Map::new(),
        };
        Arguments { positional, named, json2: false }
    };
    (target, Action::Execute { user, model, method, arguments, wire: Wire::Service })
}

pub(super) fn denied(shared: &Shared) -> Error {
    Error::new(Class::AccessDenied, say(&shared.spec.lang, messages::ACCESS_DENIED, &[]))
}

/// Wraps an answer; a result of `None` has no `result` key.
pub(super) fn envelope(shared: &Shared, id: Json, answer: Answer) -> Response<Body> {
    let mut body = object!({ "jsonrpc": "2.0", "id": id });
    match answer {
        Answer::Response(response) => return response,
        Answer::Result(Ok(Json::Null)) => {}
        Answer::Result(Ok(result)) => body["result"] = result,
        Answer::Result(Err(error)) => {
            // These two are raised before the request is told apart.
            if matches!(error.class, Class::SessionExpired | Class::NoRoute) {
                body["id"] = Json::Null;
            }
            body["error"] = error_object(shared.spec.series, &error);
        }
    }
    json(StatusCode::OK, &body)
}

fn error_object(series: Series, error: &Error) -> Json {
    let general = if series >= Series::V19 { 0 } else { 200 };
    let (code, message) = match error.class {
        Class::SessionExpired => (100, "Odoo Session Expired"),
        Class::NotFound | Class::NoRoute => (404, "404: Not Found"),
        _ => (general, "Odoo Server Error"),
    };
    object!({ "code": code, "message": message, "data": error.to_json() })
}

/// The refusal of a route that this door does not have.
pub(super) fn no_route() -> Response<Body> {
    not_found()
}
