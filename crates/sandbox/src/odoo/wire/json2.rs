//! `/json/2/<model>/<method>` of 19.0: named arguments, bearer keys, HTTP statuses that mean something.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value as Json, json as object};

use super::jsonrpc::check_database;
use super::perform::{Answer, perform};
use super::{Action, Incoming, Wire, json, not_found, page};
use crate::odoo::error::{Class, Error};
use crate::odoo::methods::Arguments;
use crate::odoo::orm::User;
use crate::odoo::server::Shared;
use crate::odoo::spec::Series;
use crate::serve::Cut;

pub(super) fn version(shared: &Shared) -> Response<Body> {
    let series = shared.spec.series;
    if series < Series::V19 {
        return not_found();
    }
    let number = series.number();
    let body = object!({ "version_info": [number, 0, 0, "final", 0, ""], "version": format!("{number}.0") });
    json(StatusCode::OK, &body)
}

pub(super) async fn answer(shared: &Shared, incoming: &Incoming) -> Result<Response<Body>, Cut> {
    match shared.spec.series {
        Series::V16 | Series::V17 => return Ok(not_found()),
        // 18.0 has an experiment on all paths below `/json/`, for people who are signed in.
        Series::V18 => return Ok(sign_in_first(&incoming.path)),
        Series::V19 => {}
    }
    let mut parts = incoming.path.trim_start_matches("/json/2/").split('/');
    let (Some(model), Some(method), None) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(failure(StatusCode::NOT_FOUND, &wrong_path()));
    };
    if incoming.method != Method::POST {
        return Ok(failure(StatusCode::NOT_FOUND, &wrong_path()));
    }
    let user = match caller(shared, incoming) {
        Ok(user) => user,
        Err(response) => return Ok(*response),
    };
    let body = match body(incoming) {
        Ok(body) => body,
        Err(response) => return Ok(*response),
    };
    let target = format!("{model}.{method}");
    let action = action(user, model, method, body);
    Ok(match perform(shared, &target, action).await? {
        Answer::Response(response) => response,
        Answer::Result(Ok(result)) => json(StatusCode::OK, &result),
        Answer::Result(Err(error)) => failure(status(&error), &error),
    })
}

fn sign_in_first(path: &str) -> Response<Body> {
    let mut response = page(StatusCode::SEE_OTHER, "<h1>Redirecting...</h1>");
    let target = format!("/web/login?redirect={}", path.replace('/', "%2F"));
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

fn wrong_path() -> Error {
    Error::new(Class::NotFound, "Did you mean POST /json/2/<model>/<method>?")
}

fn caller(shared: &Shared, incoming: &Incoming) -> Result<User, Box<Response<Body>>> {
    let header = |name: &str| incoming.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(database) = header("x-odoo-database")
        && check_database(shared, database).is_err()
    {
        return Err(Box::new(not_found()));
    }
    let bearer = header("authorization").and_then(|value| value.split_once(' '));
    let key = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key.trim());
    let text = match key {
        None => "User not authenticated, use an API Key with a Bearer Authorization header.",
        Some(_) => "Invalid apikey",
    };
    key.and_then(|key| shared.accounts.by_key(key)).ok_or_else(|| {
        let mut response = failure(StatusCode::UNAUTHORIZED, &Error::new(Class::Unauthorized, text));
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        Box::new(response)
    })
}

/// The named arguments; a list counts as no arguments.
fn body(incoming: &Incoming) -> Result<Map<String, Json>, Box<Response<Body>>> {
    if !incoming.is_json() {
        let text = "<p>Request inferred type is not compatible with this route.</p>";
        return Err(Box::new(page(StatusCode::UNSUPPORTED_MEDIA_TYPE, text)));
    }
    match serde_json::from_slice(&incoming.body) {
        Ok(Json::Object(body)) => Ok(body),
        Ok(_) => Ok(Map::new()),
        Err(error) => {
            let error = Error::new(Class::BadRequest, format!("could not parse the body as json: {error}"));
            Err(Box::new(failure(StatusCode::BAD_REQUEST, &error)))
        }
    }
}

fn action(user: User, model: &str, method: &str, named: Map<String, Json>) -> Action {
    let arguments = Arguments { positional: Vec::new(), named, json2: true };
    Action::Execute { user, model: model.to_owned(), method: method.to_owned(), arguments, wire: Wire::Json2 }
}

fn status(error: &Error) -> StatusCode {
    match error.class {
        Class::User | Class::Validation | Class::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Access | Class::AccessDenied => StatusCode::FORBIDDEN,
        Class::SessionExpired => StatusCode::FORBIDDEN,
        Class::Missing | Class::NotFound => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn failure(status: StatusCode, error: &Error) -> Response<Body> {
    json(status, &error.to_json())
}
