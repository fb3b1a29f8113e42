//! The ways into Odoo, one file each.

pub(crate) mod argument_names;
pub(crate) mod json2;
pub(crate) mod json_rpc;
pub(crate) mod session;
pub(crate) mod xml_rpc;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::{Answer, Http};

/// One call as the caller wrote it; `context` is already in `kwargs`.
pub(crate) struct Call<'a> {
    pub(crate) model: &'a str,
    pub(crate) method: &'a str,
    pub(crate) args: &'a [Value],
    pub(crate) kwargs: &'a Map<String, Value>,
    /// `model.method`, for messages.
    pub(crate) label: &'a str,
}

/// The error for an answer that is not in the protocol's form at all.
pub(crate) fn not_the_protocol(http: &Http, label: &str, protocol: &str, answer: &Answer) -> Error {
    let call = label.to_owned();
    if answer.status == 404 {
        let message =
            "the address is not there (404). It may be switched off by the hosting or the plan, or \
                       this is no Odoo."
                .to_owned();
        return Error::ProtocolOff { call, protocol: protocol.to_owned(), message };
    }
    if answer.status >= 400 {
        return Error::Http { call, status: answer.status, retry_after: None };
    }
    match describe_page(&answer.body) {
        Some(found) => Error::NotOdoo { call, url: http.shown_url(), found },
        None => Error::BadResponse {
            call,
            message: format!("{} bytes that are no {protocol} answer", answer.body.len()),
        },
    }
}

/// A web page by its title, other JSON as such, `None` for anything else.
fn describe_page(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    let start = text.trim_start();
    if start.starts_with('<') && !start.starts_with("<?xml") {
        let title = between(&text, "<title>", "</title>").map(str::trim).unwrap_or_default();
        return Some(format!(
            "it gave a web page (title: {title:?}). A login page of a proxy, a maintenance page, or the wrong address."
        ));
    }
    let is_json = start.starts_with(['{', '[']) && serde_json::from_slice::<Value>(body).is_ok();
    is_json.then(|| "it gave JSON of another program. Check the address.".to_owned())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let from = text.find(start)? + start.len();
    let length = text[from..].find(end)?;
    Some(&text[from..from + length])
}
