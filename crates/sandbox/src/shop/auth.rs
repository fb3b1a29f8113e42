//! Who asks, and whether they may.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::answer::{Answer, Refusal, refuse};
use super::oauth;
use super::route::Request;
use super::spec::{ApiKey, Permission};
use super::state::State;

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// No key, an unknown key, or a key that does not count here.
    Nobody,
    /// The key of an administrator.
    Administrator,
    /// The key of a mere customer.
    Customer,
}

/// Finds the caller by Basic credentials or by keys in the query, or over plain http by a signature.
///
/// An unknown key is nobody, as without key; a wrong secret, a missing permission and whatever is wrong with a signature
/// are errors of their own.
pub(crate) fn caller(state: &State, request: &Request) -> Result<Caller, Refusal> {
    let key = match state.settings.keys_over_plain_http {
        true => by_secret(state, request),
        false => by_signature(state, request),
    };
    let Some(key) = key? else { return Ok(Caller::Nobody) };
    may(key, request.reads()).map_err(|message| Box::new(signed_in(authentication_error(message))))?;
    Ok(if key.administrator { Caller::Administrator } else { Caller::Customer })
}

fn by_secret<'s>(state: &'s State, request: &Request) -> Result<Option<&'s ApiKey>, Refusal> {
    let Some((name, secret)) = basic(&request.headers).or_else(|| in_query(&request.query)) else {
        return Ok(None);
    };
    let Some(key) = state.keys.iter().find(|key| key.key == name) else { return Ok(None) };
    match key.secret == secret {
        true => Ok(Some(key)),
        false => {
            let answer = authentication_error("Consumer secret is invalid.");
            Err(Box::new(answer.with("Vary", "Origin")))
        }
    }
}

fn by_signature<'s>(state: &'s State, request: &Request) -> Result<Option<&'s ApiKey>, Refusal> {
    let code = "woocommerce_rest_authentication_missing_parameter";
    let signer = oauth::signer(request).map_err(|message| Box::new(Answer::error(401, code, &message)))?;
    let Some(signer) = signer else { return Ok(None) };
    let refused = |message: &str| Box::new(authentication_error(message));
    let key = state.keys.iter().find(|key| key.key == signer);
    let key = key.ok_or_else(|| refused("Consumer key is invalid."))?;
    oauth::check(request, &key.secret, &state.nonces).map_err(refused)?;
    Ok(Some(key))
}

fn may(key: &ApiKey, reads: bool) -> Result<(), &'static str> {
    match (key.permission, reads) {
        (Permission::Read, false) => Err("The API key provided does not have write permissions."),
        (Permission::Write, true) => Err("The API key provided does not have read permissions."),
        _ => Ok(()),
    }
}

fn authentication_error(message: &str) -> Answer {
    Answer::error(401, "woocommerce_rest_authentication_error", message)
}

/// Answers to a known user must not be cached.
pub(crate) fn signed_in(answer: Answer) -> Answer {
    answer
        .with("Expires", "Wed, 11 Jan 1984 05:00:00 GMT")
        .with("Cache-Control", "no-cache, must-revalidate, max-age=0, no-store, private")
}

/// Refuses everyone but administrators: 401 without user, 403 with one who lacks the rights.
pub(crate) fn demand_administrator(caller: Caller, method: &str, single: bool) -> Result<(), Refusal> {
    let status = match caller {
        Caller::Administrator => return Ok(()),
        Caller::Nobody => 401,
        Caller::Customer => 403,
    };
    let (code, message) = match (method, single) {
        ("GET" | "HEAD", false) => ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
        ("GET" | "HEAD", true) => ("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource."),
        ("POST", false) => {
            ("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources.")
        }
        ("DELETE", _) => {
            ("woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource.")
        }
        _ => ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    };
    refuse::<()>(status, code, message).map_err(|answer| match (caller, method) {
        (Caller::Nobody, "GET" | "HEAD") => Box::new(answer.with("Vary", "Origin")),
        (Caller::Nobody, _) => answer,
        _ => Box::new(signed_in(*answer)),
    })
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(key, secret)| (key.to_owned(), secret.to_owned()))
}

fn in_query(query: &[(String, String)]) -> Option<(String, String)> {
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Some((value("consumer_key")?, value("consumer_secret")?))
}
