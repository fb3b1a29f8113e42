//! A server that answers what a test says and remembers what it was asked, and an adapter for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use linkspan::adapter::{Adapter, AdapterError, AdapterOptions, RetryPolicy};
use linkspan::definition::model::{Definition, Scalar};
use sandbox::serve::{Cut, Running, serve};
use secrecy::SecretString;

/// What the server was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A query parameter, decoded.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
    }

    pub(super) fn number(&self, name: &str) -> u64 {
        self.query(name).and_then(|value| value.parse().ok()).unwrap_or_default()
    }
}

/// A running server and its diary.
pub(super) struct Shop {
    server: Running,
    diary: Arc<Mutex<Vec<Asked>>>,
}

impl Shop {
    /// A server on a free port that answers what `answer` gives.
    pub(super) async fn start<A>(answer: A) -> Shop
    where
        A: Fn(&Asked) -> Result<Response<Body>, Cut> + Send + Sync + 'static,
    {
        let diary = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&diary));
        let server = serve(0, move |request: Request<Body>| {
            let (answer, diary) = (Arc::clone(&answer), Arc::clone(&kept));
            async move {
                let asked = read(request).await;
                diary.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
                answer(&asked)
            }
        });
        Shop { server: server.await.expect("a free port"), diary }
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.diary.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The targets that were asked for, in order.
    pub(super) fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.target).collect()
    }

    /// The same with their methods.
    pub(super) fn calls(&self) -> Vec<String> {
        self.asked().iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect()
    }
}

/// An API that takes the tokens `token-<n>` that `takes` says.
pub(super) fn with_token(asked: &Asked, takes: impl Fn(usize) -> bool) -> Result<Response<Body>, Cut> {
    let number = asked.header("authorization").strip_prefix("Bearer token-").and_then(|n| n.parse().ok());
    match number.is_some_and(takes) {
        true => json(r#"{"id": 7}"#),
        false => answer(401, &[], "{}"),
    }
}

async fn read(request: Request<Body>) -> Asked {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    Asked {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

pub(super) fn json(text: impl Into<String>) -> Result<Response<Body>, Cut> {
    answer(200, &[("content-type", "application/json")], text)
}

pub(super) fn answer(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<String>,
) -> Result<Response<Body>, Cut> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Ok(response.body(Body::from(body.into())).expect("a response"))
}

/// The head of a definition; `auth`, `http`, `operations` and what else a test needs come behind.
const HEAD: &str = r#"
schema = 1
entities = {}
[connector]
id = "acme"
title = "Acme"
type = "ecommerce"
version = "1.0.0"
[settings]
store_url = { type = "url", title = "Store URL" }
[secrets]
consumer_key = { title = "Key" }
consumer_secret = { title = "Secret" }
"#;

pub(super) const BASIC: &str = r#"
[auth]
kind = "basic"
username = "consumer_key"
password = "consumer_secret"
[http]
base_url = "{store_url}/api"
error_code = "code"
error_message = "message"
"#;

/// The definition with `text` behind [`HEAD`].
pub(super) fn definition(text: &str) -> Arc<Definition> {
    Arc::new(toml::from_str(&format!("{HEAD}{text}")).expect("a definition"))
}

pub(super) const KEY: &str = "ck_0123/456+789";
pub(super) const SECRET: &str = "cs_abc def&ghi=";

/// Tries quickly and does not wait for long.
pub(super) fn quick() -> AdapterOptions {
    let retry = RetryPolicy {
        attempts: 4,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(500),
    };
    AdapterOptions { backend: "main".to_owned(), retry, ..AdapterOptions::default() }
}

pub(super) fn adapter(store_url: &str, text: &str) -> Adapter {
    try_adapter(store_url, text, quick()).expect("an adapter")
}

pub(super) fn try_adapter(
    store_url: &str,
    text: &str,
    options: AdapterOptions,
) -> Result<Adapter, AdapterError> {
    let settings = BTreeMap::from([("store_url".to_owned(), Scalar::Text(store_url.to_owned()))]);
    let secrets = BTreeMap::from([
        ("consumer_key".to_owned(), SecretString::from(KEY)),
        ("consumer_secret".to_owned(), SecretString::from(SECRET)),
    ]);
    Adapter::new(definition(text), &settings, &secrets, options)
}
