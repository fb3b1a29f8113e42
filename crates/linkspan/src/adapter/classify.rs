//! What an error answer means: the definition's rules first, then the HTTP status.

use std::time::Duration;

use pyexpr::Json;

use super::answer::{Answer, http_date};
use super::error::AdapterError;
use super::send::Request;
use super::{body, html, path};
use crate::definition::model::{Definition, ErrorClass, ErrorIf, ErrorRule, ErrorValue, Paths, Scalar};
use crate::definition::operation::Operation;

/// Longest `Retry-After` that is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The error for an answer that says it is one although its status is a success, as `http.error_if` or the operation's tells;
/// and whether it is sure that nothing was done. What an operation calls an error is a refusal, and so is what a rule knows.
/// GraphQL's `errors` alone may also come when something was done that could not be shown.
pub(super) fn disguised(
    definition: &Definition,
    operation: &Operation,
    answer: &Answer,
) -> Option<(AdapterError, bool)> {
    let places = [&operation.error_if, &definition.http.error_if];
    if places.iter().all(|place| place.is_none()) {
        return None;
    }
    let json = answer.json().ok()?;
    let [of_operation, of_all] = places.map(|place| said(place.as_ref()?, &json));
    let is_operations = of_operation.is_some();
    let sentence = of_operation.or(of_all)?;
    let mut told = Told::read(definition, answer);
    let rule = rule(definition, answer, &told);
    let is_refusal = is_operations || rule.is_some();
    told.message.get_or_insert(sentence);
    let mut error = AdapterError::new(ErrorClass::Data, told.sentence(answer));
    if let Some(rule) = rule {
        (error.class, error.hint) = (rule.class, rule.hint.clone());
    }
    error.code = told.code;
    error.retry_after = retry_after(answer);
    let is_sure = is_refusal && !matches!(error.class, ErrorClass::Transient | ErrorClass::Ambiguous);
    Some((error.status(answer.status), is_sure))
}

/// What an answer says of an error, if it is one.
fn said(error_if: &ErrorIf, answer: &Json<'_>) -> Option<String> {
    match error_if {
        ErrorIf::Has(place) => path::find(answer, place).filter(|said| says_something(said)).map(sentence_in),
        ErrorIf::Is(ErrorValue { path: place, is }) => {
            let found = path::find(answer, place)?;
            equals(found, is).then(|| format!("`{place}` is {found}"))
        }
    }
}

fn equals(json: &Json<'_>, scalar: &Scalar) -> bool {
    match (json, scalar) {
        (Json::Bool(found), Scalar::Boolean(expected)) => found == expected,
        (Json::Int(found), Scalar::Integer(expected)) => found == expected,
        (Json::Float(found), Scalar::Float(expected)) => found == expected,
        (Json::Str(found), Scalar::Text(expected)) => found == expected,
        _ => false,
    }
}

fn says_something(said: &Json<'_>) -> bool {
    match said {
        Json::Null | Json::Bool(false) | Json::Int(0) => false,
        Json::Str(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(members) => members.iter().next().is_some(),
        _ => true,
    }
}

/// The `message` of an error or of the first of several; else the whole of it.
fn sentence_in(said: &Json<'_>) -> String {
    let one = said.as_array().and_then(<[Json<'_>]>::first).unwrap_or(said);
    let message = one.get("message").unwrap_or(one);
    message.as_str().map_or_else(|| message.to_string().chars().take(300).collect(), html::plain_text)
}

/// The error for an answer whose status is no success.
pub(super) fn error(definition: &Definition, operation: &Operation, answer: &Answer) -> AdapterError {
    let told = Told::read(definition, answer);
    let rule = rule(definition, answer, &told);
    let (mut class, mut hint) = by_status(operation, answer, &told, definition.http.error_code.is_some());
    if let Some(rule) = rule {
        // A page of the theme or of a proxy never means that a record is gone: records are archived for that.
        if !(rule.class == ErrorClass::Gone && answer.is_html()) {
            class = rule.class;
            hint = None;
        }
        hint = rule.hint.clone().or(hint);
    }
    if answer.status == 401 && answer.from.scheme() == "http" {
        let also = "The address starts with http://, and many systems accept credentials only over https://.";
        hint = Some(hint.map_or_else(|| also.to_owned(), |hint| format!("{hint} {also}")));
    }
    let mut error = AdapterError::new(class, told.sentence(answer));
    error.hint = hint;
    error.code = told.code;
    error.retry_after = retry_after(answer);
    answer.error(error)
}

/// What the answer itself says.
struct Told {
    code: Option<String>,
    message: Option<String>,
}

impl Told {
    fn read(definition: &Definition, answer: &Answer) -> Told {
        let Ok(json) = answer.json() else { return Told { code: None, message: None } };
        let found = |at: &String| path::find(&json, at);
        let text = |found: &Json<'_>| {
            let text = found.as_str().map_or_else(|| found.to_string(), html::plain_text);
            (!text.is_empty() && text != "null").then_some(text)
        };
        let places = definition.http.error_message.as_ref().map_or(&[][..], Paths::as_slice);
        let said = places.iter().filter_map(found).filter(|said| says_something(said));
        Told {
            code: definition.http.error_code.as_ref().and_then(found).and_then(text),
            message: said.filter_map(text).next(),
        }
    }

    fn sentence(&self, answer: &Answer) -> String {
        let status = answer.status;
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => {
                format!("The server answered {status} ({code}): {}", ended(message))
            }
            (None, Some(message)) => format!("The server answered {status}: {}", ended(message)),
            (Some(code), None) => format!("The server answered {status} ({code})."),
            (None, None) if answer.is_html() => {
                format!("The server answered {status} with a web page: {}.", html::describe(&answer.body))
            }
            (None, None) => match retry_after(answer) {
                Some(wait) => {
                    format!("The server answered {status} and asks to wait {} s.", wait.as_secs_f64().ceil())
                }
                None => format!("The server answered {status} without saying why."),
            },
        }
    }
}

/// Whether an answer turns a request away for its token, so that it may be sent again with another one: by its status, or
/// as a rule of the definition says, whatever the status. 403 alone speaks of rights, which another token has not either; a
/// server that failed may have done what it was asked.
pub(super) fn refuses_token(definition: &Definition, request: &Request<'_>, answer: &Answer) -> bool {
    if answer.status == 401 {
        return true;
    }
    let knows_auth = definition.errors.iter().any(|rule| rule.class == ErrorClass::Auth);
    if !knows_auth || (answer.status >= 500 && !request.may_go_again()) {
        return false;
    }
    if answer.status < 300 {
        let disguised = disguised(definition, request.operation, answer);
        return disguised.is_some_and(|(error, _)| error.class == ErrorClass::Auth);
    }
    answer.status >= 400
        && rule(definition, answer, &Told::read(definition, answer)).is_some_and(|rule| {
            rule.class == ErrorClass::Auth && (answer.status != 403 || rule.when.code.is_some())
        })
}

fn ended(sentence: &str) -> String {
    match sentence.ends_with(['.', '!', '?']) {
        true => sentence.to_owned(),
        false => format!("{sentence}."),
    }
}

/// The first rule that fits an answer.
fn rule<'d>(definition: &'d Definition, answer: &Answer, told: &Told) -> Option<&'d ErrorRule> {
    definition.errors.iter().find(|rule| applies(rule, answer.status, told.code.as_deref()))
}

fn applies(rule: &ErrorRule, status: u16, code: Option<&str>) -> bool {
    rule.when.status.is_none_or(|expected| expected == status)
        && rule.when.code.as_deref().is_none_or(|expected| Some(expected) == code)
}

/// The class by status, and what to look at.
fn by_status(
    operation: &Operation,
    answer: &Answer,
    told: &Told,
    api_names_codes: bool,
) -> (ErrorClass, Option<String>) {
    let from_api = !answer.is_html() && (told.code.is_some() || !api_names_codes);
    let (class, hint) = match answer.status {
        401 | 403 if answer.is_html() => (
            ErrorClass::Auth,
            "A firewall or a security plugin may refuse Linkspan; allow its requests to the API.",
        ),
        401 => (ErrorClass::Auth, "Check the credentials of this backend."),
        403 => (ErrorClass::Auth, "Check what these credentials may do in the external system."),
        404 | 410 if from_api && is_about_one(operation) => (ErrorClass::Gone, ""),
        404 | 410 => (
            ErrorClass::Config,
            "Check that the store address is right and that the API is switched on there.",
        ),
        408 | 425 | 429 => (ErrorClass::Throttled, ""),
        409 => (ErrorClass::Conflict, ""),
        501 | 505 => (ErrorClass::Config, "The external system does not support this request."),
        500..=599 => (ErrorClass::Transient, "Look into the external system's error log if this stays."),
        300..=399 => (ErrorClass::Config, "Check the store address."),
        // 400, 413, 422 and all others: this request will not do better the next time.
        _ => (ErrorClass::Data, ""),
    };
    (class, Some(hint.to_owned()).filter(|hint| !hint.is_empty()))
}

/// Whether an operation names the record that it is about.
fn is_about_one(operation: &Operation) -> bool {
    operation.path.contains('{') || body::names(operation).iter().any(|name| name == "id")
}

/// The wait that `Retry-After` asks for: seconds, or a date that is read against the server's own clock.
pub(super) fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.header("retry-after")?;
    // Shopify sends `2.0`.
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let wait = match seconds {
        Some(seconds) => seconds,
        None => {
            let now = answer.server_time().unwrap_or_else(jiff::Timestamp::now);
            Duration::try_from(http_date(text)?.duration_since(now)).unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(LONGEST_WAIT))
}
