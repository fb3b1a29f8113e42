//! Answers in the bad shapes that [`Misbehaviour`] names.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode};
use futures::stream::{self, Stream};
use serde_json::json;

use super::answer::Answer;
use super::misbehave::Misbehaviour;
use super::query;
use super::route::Request;

/// Bytes per piece of a body without end.
const PIECE: usize = 64 * 1024;
const FATAL: &str = "<p>There has been a critical error on this website.</p><p><a href=\"https://wordpress.org/\
                     documentation/article/faq-troubleshooting/\">Learn more about troubleshooting WordPress.</a></p>";
const MAINTENANCE: &str = "Briefly unavailable for scheduled maintenance. Check back in a minute.";
const WARNING: &[u8] = b"<br />\n<b>Warning</b>:  Undefined array key \"missing_key\" in \
                         <b>/srv/shop/wp-content/mu-plugins/fixture.php</b> on line <b>11</b><br />\n";
const NEVER_CACHED: &str = "no-cache, must-revalidate, max-age=0";
const LONG_AGO: &str = "Wed, 11 Jan 1984 05:00:00 GMT";

/// Changes the request so that the list in it does not end.
pub(crate) fn bend(request: &mut Request, what: &Misbehaviour, pages: u64) {
    let page = match what {
        Misbehaviour::SamePage => 1,
        Misbehaviour::EndlessPages => {
            let page: u64 = request.param("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            page.saturating_sub(1) % pages.max(1) + 1
        }
        _ => return,
    };
    request.query.retain(|(name, _)| name != "page");
    request.query.push(("page".to_owned(), page.to_string()));
}

/// The answer that comes instead of the shop's own, for those that replace it.
pub(crate) fn instead(
    what: &Misbehaviour,
    request: &Request,
    target: &str,
    site: &str,
) -> Option<Response<Body>> {
    let accepts = request.headers.get("accept").and_then(|value| value.to_str().ok());
    let json = accepts.is_some_and(|accept| accept.contains("json"));
    Some(match what {
        Misbehaviour::FatalError => {
            let mut response = died(500, "internal_server_error", FATAL, json);
            // WordPress was up already and had sent its headers.
            let late = format!("{NEVER_CACHED}, no-store, private");
            let link = format!("<{site}/wp-json/>; rel=\"https://api.w.org/\"");
            for (name, value) in [("cache-control", &*late), ("link", &*link), ("x-robots-tag", "noindex")] {
                if let Ok(value) = HeaderValue::from_str(value) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Misbehaviour::DatabaseDown => {
            died(500, "wp_die", "<h1>Error establishing a database connection</h1>", json)
        }
        Misbehaviour::Maintenance => {
            let mut response = died(503, "wp_die", MAINTENANCE, json);
            response.headers_mut().insert("retry-after", HeaderValue::from_static("600"));
            response
        }
        Misbehaviour::InvalidUtf8 => bytes(b"[{\"id\":1,\"name\":\"caf\xe9 \xff\xfe\"}]".as_slice().into()),
        Misbehaviour::HugeBody { bytes: length } => bytes(Body::from_stream(huge(*length))),
        Misbehaviour::Redirect { to } => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::FOUND;
            if let Ok(value) = HeaderValue::from_str(&format!("{to}{target}")) {
                response.headers_mut().insert("location", value);
            }
            response
        }
        _ => return None,
    })
}

/// Changes the shop's own answer.
pub(crate) fn after(what: &Misbehaviour, request: &Request, mut answer: Answer) -> Answer {
    match what {
        Misbehaviour::EndlessPages | Misbehaviour::SamePage => {
            let asked = query::number(&request.query, "page").unwrap_or(1) + 1;
            answer.headers.retain(|(name, _)| *name != "Link");
            answer.with("Link", format!("<{}?page={asked}>; rel=\"next\"", request.path))
        }
        Misbehaviour::WrongTotals => {
            for (name, value) in &mut answer.headers {
                if name.starts_with("X-WP-Total") {
                    *value = (value.parse::<u64>().unwrap_or(0) / 10).to_string();
                }
            }
            answer.headers.retain(|(name, _)| *name != "Link");
            answer
        }
        Misbehaviour::PhpWarning => {
            let accepts = request.headers.get("accept").and_then(|value| value.to_str().ok());
            if !accepts.is_some_and(|accept| accept.contains("json")) {
                answer.body.splice(0..0, WARNING.iter().copied());
            }
            answer
        }
        _ => answer,
    }
}

/// The body in small pieces, each after a pause.
pub(crate) fn drip(
    response: Response<Body>,
    body: Vec<u8>,
    size: usize,
    pause: std::time::Duration,
) -> Response<Body> {
    let pieces: Vec<Bytes> = body.chunks(size.max(1)).map(Bytes::copy_from_slice).collect();
    let stream = stream::unfold(pieces.into_iter(), move |mut pieces| async move {
        let piece = pieces.next()?;
        tokio::time::sleep(pause).await;
        Some((Ok::<_, std::io::Error>(piece), pieces))
    });
    response.map(|_| Body::from_stream(stream))
}

fn died(status: u16, code: &str, message: &str, as_json: bool) -> Response<Body> {
    let page = format!(
        "<!DOCTYPE html>\n<html>\n<head><title>WordPress &rsaquo; Error</title></head>\n\
                        <body>{message}</body></html>"
    );
    let body =
        json!({ "code": code, "message": message, "data": { "status": status }, "additional_errors": [] });
    let answer = if as_json { Answer::json(status, &body) } else { Answer::html(status, &page) };
    let site = answer.clone().with("Expires", LONG_AGO).with("Cache-Control", NEVER_CACHED);
    let mut response = site.into_response("");
    // WordPress died before it came to these.
    for name in ["x-robots-tag", "link", "x-content-type-options"] {
        response.headers_mut().remove(name);
    }
    response
}

fn bytes(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert("content-type", json);
    response
}

/// `[{"id":1},{"id":1},...` up to a length.
fn huge(length: u64) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let record = b"{\"id\":1,\"name\":\"The same chair again\"},";
    let piece: Bytes = record.iter().copied().cycle().take(PIECE).collect::<Vec<u8>>().into();
    stream::unfold((0u64, piece), move |(sent, piece)| async move {
        if sent >= length {
            return None;
        }
        let size = (length - sent).min(PIECE as u64) as usize;
        let part = if sent == 0 { Bytes::from_static(b"[") } else { piece.slice(..size) };
        let sent = sent + part.len() as u64;
        Some((Ok(part), (sent, piece)))
    })
}

/// How many pages a list has, from the answer's own headers.
pub(crate) fn pages(answer: &Answer) -> u64 {
    let header = answer.headers.iter().find(|(name, _)| *name == "X-WP-TotalPages");
    header.and_then(|(_, value)| value.parse().ok()).unwrap_or(1)
}
