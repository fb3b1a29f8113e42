//! One HTTP request: limits, time, size, and what an unfinished one means.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, redirect};
use url::Url;

use crate::config::{Config, without_credentials};
use crate::error::Error;
use crate::limits::Limits;

/// The server's side of one request, any status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) struct Http {
    client: reqwest::Client,
    base: Url,
    limits: Limits,
    connect_timeout: Duration,
    max_response_bytes: u64,
    sent: AtomicU64,
}

impl Http {
    pub(crate) fn new(config: &Config) -> Result<Http, Error> {
        crate::install_crypto();
        // A total that ends while connecting could not be told from a lost answer.
        let connect_timeout = config.connect_timeout.min(config.timeout / 2);
        let client = reqwest::Client::builder()
            // A redirected POST becomes a GET, and credentials must not follow to another host.
            .redirect(redirect::Policy::none())
            .connect_timeout(connect_timeout)
            .timeout(config.timeout)
            .user_agent(&config.user_agent)
            .build()
            .map_err(|error| Error::BadCall {
                call: "connect".to_owned(),
                message: format!("no HTTP client can be made from this configuration: {}", chain(&error)),
            })?;
        Ok(Http {
            client,
            base: base_of(&config.url),
            limits: Limits::new(config.max_concurrency, config.rate),
            connect_timeout,
            max_response_bytes: config.max_response_bytes,
            sent: AtomicU64::new(0),
        })
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// The address for messages.
    pub(crate) fn shown_url(&self) -> String {
        let shown = without_credentials(&self.base);
        shown.as_str().trim_end_matches('/').to_owned()
    }

    /// Requests sent so far, repetitions and logins included.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Goes over to `https` on the same host, as the server asks.
    pub(crate) fn use_https(&mut self, location: &Url) {
        self.base = base_of(location);
    }

    /// Sends and reads the whole answer. Redirects and the statuses that only proxies and web servers give
    /// (413, 429, 502, 503, 504) are errors; every other status is the protocol's to judge.
    pub(crate) async fn send(&self, call: &str, request: RequestBuilder) -> Result<Answer, Error> {
        let answer = self.send_raw(call, request).await?;
        match answer.status {
            status @ (413 | 429 | 502 | 503 | 504) => {
                Err(Error::Http { call: call.to_owned(), status, retry_after: retry_after(&answer.headers) })
            }
            300..=399 => Err(self.redirected(call, &answer)),
            _ => Ok(answer),
        }
    }

    pub(crate) async fn send_raw(&self, call: &str, request: RequestBuilder) -> Result<Answer, Error> {
        let _permit = self.limits.wait_turn().await;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let response = request.send().await.map_err(|error| self.unsent_or_unknown(call, &error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = self.read_body(call, response).await?;
        Ok(Answer { status, headers, body })
    }

    async fn read_body(&self, call: &str, response: Response) -> Result<Bytes, Error> {
        let too_large = || Error::TooLarge { call: call.to_owned(), limit_bytes: self.max_response_bytes };
        let announced = response.content_length().unwrap_or(0);
        if announced > self.max_response_bytes {
            return Err(too_large());
        }
        let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0));
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.unsent_or_unknown(call, &error))?;
            if (body.len() + chunk.len()) as u64 > self.max_response_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// The line between "did not leave" and "nobody knows": only a connection that was never made is certain.
    fn unsent_or_unknown(&self, call: &str, error: &reqwest::Error) -> Error {
        let call = call.to_owned();
        let url = self.shown_url();
        if error.is_builder() {
            return Error::BadCall {
                call,
                message: format!("the request cannot be built: {}", chain(error)),
            };
        }
        if !error.is_connect() {
            let cause = if error.is_timeout() { "no answer in time".to_owned() } else { chain(error) };
            return Error::UnknownOutcome { call, cause };
        }
        if error.is_timeout() {
            return Error::Timeout { call, url, after: self.connect_timeout };
        }
        let cause = chain(error);
        if is_tls(error) { Error::Tls { call, url, cause } } else { Error::Connect { call, url, cause } }
    }

    fn redirected(&self, call: &str, answer: &Answer) -> Error {
        let found = match self.location(answer) {
            Some(target) if target.origin() == self.base.origin() => {
                format!("it redirects to {}, its own page. Check the path of the address.", target.path())
            }
            Some(target) => {
                let target = target.origin().ascii_serialization();
                format!("it redirects to {target}. If that is your Odoo, use that address.")
            }
            None => "it redirects to an unreadable address.".to_owned(),
        };
        Error::NotOdoo { call: call.to_owned(), url: self.shown_url(), found }
    }

    /// Where a redirect points.
    pub(crate) fn location(&self, answer: &Answer) -> Option<Url> {
        let location = answer.headers.get(LOCATION)?.to_str().ok()?;
        self.base.join(location).ok()
    }

    /// Whether a redirect only asks for `https` on the host that was asked.
    pub(crate) fn asks_for_https(&self, target: &Url) -> bool {
        self.base.scheme() == "http" && target.scheme() == "https" && target.host() == self.base.host()
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }
}

/// Cuts what belongs to the web client (`/web`, `/odoo`, `/jsonrpc`...) off a copied address; a path prefix of a
/// proxy stays.
fn base_of(url: &Url) -> Url {
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let kept: Vec<&str> = url
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .take_while(|part| !matches!(*part, "web" | "odoo" | "jsonrpc" | "xmlrpc" | "json"))
        .collect();
    let path = format!("/{}", kept.join("/"));
    base.set_path(&path);
    base
}

/// `Retry-After` in seconds or as an HTTP date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Duration::try_from(at.duration_since(jiff::Timestamp::now())).ok()
}

/// The error and its causes in one line, without the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !parts.last().is_some_and(|last| last.contains(&text)) {
            parts.push(text);
        }
        cause = error.source();
    }
    if parts.is_empty() { "the connection failed".to_owned() } else { parts.join(": ") }
}

fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if holds_tls_error(error) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// I/O errors wrap each other without being each other's `source`.
fn holds_tls_error(error: &(dyn StdError + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inside.is_some_and(|inside| holds_tls_error(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_copied_from_the_browser_becomes_the_server() {
        for (given, base) in [
            ("https://x.odoo.com", "https://x.odoo.com/"),
            ("https://x.odoo.com/web#action=12", "https://x.odoo.com/"),
            ("https://x.odoo.com/odoo/sales/3?debug=1", "https://x.odoo.com/"),
            ("http://h:8069/erp/web/login", "http://h:8069/erp"),
            ("http://h/xmlrpc/2", "http://h/"),
        ] {
            assert_eq!(base_of(&given.parse().unwrap()).as_str(), base);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let headers = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("soon")), None);
        assert!(retry_after(&headers("Wed, 21 Oct 2099 07:28:00 GMT")) > Some(Duration::from_secs(3600)));
        assert_eq!(retry_after(&headers("Wed, 21 Oct 2015 07:28:00 GMT")), None);
    }
}
