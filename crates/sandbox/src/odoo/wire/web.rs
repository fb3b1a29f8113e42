//! The web client's own doors: cookie sessions.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde_json::{Map, Value as Json, json};

use super::jsonrpc::{check_database, denied, envelope, no_route, request, version};
use super::perform::{Answer, perform};
use super::{Action, Incoming, Wire};
use crate::odoo::accounts::{Door, SignIn};
use crate::odoo::error::{Class, Error};
use crate::odoo::messages::{self, say};
use crate::odoo::methods::Arguments;
use crate::odoo::orm::User;
use crate::odoo::server::Shared;
use crate::serve::Cut;

pub(super) async fn answer(shared: &Shared, incoming: &Incoming) -> Result<Response<Body>, Cut> {
    let route = incoming.path.trim_start_matches("/web/");
    let is_call = route == "dataset/call_kw"
        || route.starts_with("dataset/call_kw/")
        || route.starts_with("dataset/call_button");
    let known = [
        "session/authenticate",
        "session/get_session_info",
        "session/destroy",
        "webclient/version_info",
        "database/list",
    ];
    if !is_call && !known.contains(&route) {
        return Ok(no_route());
    }
    let (id, params) = match request(shared, incoming) {
        Ok(request) => request,
        Err(response) => return Ok(*response),
    };
    if route == "session/authenticate" {
        return sign_in(shared, id, &params).await;
    }
    let (target, action) = match route {
        "webclient/version_info" => {
            ("webclient.version_info".to_owned(), Action::Known(Ok(version(shared.spec.series))))
        }
        "database/list" => ("database.list".to_owned(), Action::Known(Ok(json!([shared.spec.database])))),
        _ => in_session(shared, incoming, route, params),
    };
    let answer = perform(shared, &target, action).await?;
    Ok(envelope(shared, id, answer))
}

async fn sign_in(shared: &Shared, id: Json, params: &Map<String, Json>) -> Result<Response<Body>, Cut> {
    let text = |key: &str| params.get(key).and_then(Json::as_str).unwrap_or_default();
    if let Some(missing) = ["db", "login", "password"].iter().find(|name| !params.contains_key(**name)) {
        let message = format!("Session.authenticate() missing 1 required positional argument: '{missing}'");
        return Ok(envelope(shared, id, Answer::Result(Err(Error::new(Class::Type, message)))));
    }
    let mut opened = None;
    let outcome = check_database(shared, text("db"))
        .map_err(|_| Error::new(Class::Access, "Database not found."))
        .and_then(|()| match shared.accounts.sign_in(text("login"), text("password"), Door::Session) {
            SignIn::Refused => Err(denied(shared)),
            SignIn::SecondFactor => Ok(json!({ "uid": null })),
            SignIn::In(user) => {
                let info = session_info(shared, &user);
                opened = Some(user.id);
                Ok(info)
            }
        });
    let answer = perform(shared, "session.authenticate", Action::Known(outcome)).await?;
    let accepted = matches!(answer, Answer::Result(Ok(_)));
    let mut response = envelope(shared, id, answer);
    if let Some(user) = opened.filter(|_| accepted) {
        let session = shared.accounts.open_session(user);
        let cookie = format!("session_id={session}; Max-Age=604800; HttpOnly; Path=/");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

fn session_info(shared: &Shared, user: &User) -> Json {
    let login = shared.accounts.login(user.id).unwrap_or_default();
    json!({
        "uid": user.id,
        "is_system": user.rights == crate::odoo::spec::Rights::Administrator,
        "is_admin": user.rights == crate::odoo::spec::Rights::Administrator,
        "user_context": { "lang": user.lang, "tz": false, "uid": user.id },
        "db": shared.spec.database,
        "server_version": format!("{}.0", shared.spec.series.number()),
        "server_version_info": [shared.spec.series.number(), 0, 0, "final", 0, ""],
        "name": login,
        "username": login,
        "user_companies": {
            "current_company": 1,
            "allowed_companies": { "1": { "id": 1, "name": "My Company", "sequence": 10 } },
        },
    })
}

fn in_session(
    shared: &Shared,
    incoming: &Incoming,
    route: &str,
    mut params: Map<String, Json>,
) -> (String, Action) {
    let mut take = |key: &str| params.remove(key).unwrap_or(Json::Null);
    let (model, method) = (take("model"), take("method"));
    let (model, method) =
        (model.as_str().unwrap_or_default().to_owned(), method.as_str().unwrap_or_default().to_owned());
    let target =
        if route.starts_with("dataset/") { format!("{model}.{method}") } else { route.replace('/', ".") };
    let session = incoming.cookie("session_id");
    let Some(user) = session.and_then(|session| shared.accounts.session(session)) else {
        let expired =
            Error::new(Class::SessionExpired, say(&shared.spec.lang, messages::SESSION_EXPIRED, &[]));
        return (target, Action::Known(Err(expired)));
    };
    let action = match route {
        "session/get_session_info" => Action::Known(Ok(session_info(shared, &user))),
        "session/destroy" => {
            session.into_iter().for_each(|session| shared.accounts.close_session(session));
            Action::Known(Ok(Json::Null))
        }
        _ => match (take("args"), take("kwargs")) {
            (Json::Array(positional), Json::Object(named)) => {
                let arguments = Arguments { positional, named, json2: false };
                Action::Execute { user, model, method, arguments, wire: Wire::Session }
            }
            (args, _) => {
                let missing = if args.is_array() { "kwargs" } else { "args" };
                let message =
                    format!("DataSet.call_kw() missing 1 required positional argument: '{missing}'");
                Action::Known(Err(Error::new(Class::Type, message)))
            }
        },
    };
    (target, action)
}
