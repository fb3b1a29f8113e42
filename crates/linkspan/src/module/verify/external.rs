//! What stands in for the external system while a module is verified.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Method, Request, Response, header};
use sandbox::Fault;
use sandbox::serve::{Cut, Running as Serving, serve};
use sandbox::shop::{Kind, RunningShop, Shop, ShopSpec};
use serde::Deserialize;
use serde_json::{Value, json};

use super::VerifyError;
use super::module::Module;
use crate::adapter::fill_body;
use crate::definition;
use crate::definition::auth::Auth;
use crate::definition::model::Definition;
use crate::module::stand_in;

/// The other side.
#[derive(Debug, Clone)]
pub enum External {
    /// The exchanges that the module's tests replay: `tests/data/*.json`.
    Recorded,
    /// A WooCommerce shop of believable data, in this process.
    Shop,
    /// A server that runs already, which is used as it is.
    Url(String),
}

/// A stand-in that runs; it stops when this is dropped.
pub(super) enum Running {
    Recorded { serving: Serving, recording: Arc<Recording> },
    Shop(RunningShop),
    Url(String),
}

/// A file of `tests/data`: one record's exchanges.
#[derive(Debug, Deserialize)]
struct Case {
    exchanges: Vec<Exchange>,
}

/// What was asked and answered.
#[derive(Debug, Deserialize)]
struct Exchange {
    method: String,
    /// With or without a query; the query has to be the same only where one is recorded.
    path: String,
    /// What the request's body has, where several are told apart by it.
    sent: Option<Value>,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

/// What the recorded stand-in answers from.
pub(super) struct Recording {
    exchanges: Vec<Exchange>,
    /// The module's definition, for what was not recorded: empty lists, and an echo of what is sent.
    definition: Option<Definition>,
    made: AtomicU64,
    refuses: AtomicBool,
}

impl External {
    /// Starts it; nothing to start where a module has recorded nothing.
    pub(super) async fn start(&self, module: &Module) -> Result<Option<Running>, VerifyError> {
        let cannot = || VerifyError::io("the stand-in for the external system cannot start");
        match self {
            External::Url(url) => Ok(Some(Running::Url(url.clone()))),
            External::Shop => {
                let spec = ShopSpec { products: 40, customers: 15, orders: 60, ..ShopSpec::default() };
                let shop = Shop::generate(&spec).start(0).await.map_err(cannot())?;
                Ok(Some(Running::Shop(shop)))
            }
            External::Recorded => {
                let exchanges = recorded(&module.folder.join("tests/data"))?;
                if exchanges.is_empty() {
                    return Ok(None);
                }
                let definition = definition::load(&module.folder.join("connector.toml")).ok();
                let recording = Arc::new(Recording {
                    exchanges,
                    definition: definition.map(|loaded| loaded.definition),
                    made: AtomicU64::new(0),
                    refuses: AtomicBool::new(false),
                });
                let shared = Arc::clone(&recording);
                let serving = serve(0, move |request| {
                    let recording = Arc::clone(&shared);
                    async move { recording.answer(request).await }
                });
                Ok(Some(Running::Recorded { serving: serving.await.map_err(cannot())?, recording }))
            }
        }
    }
}

impl Running {
    /// Its address.
    pub(super) fn url(&self) -> String {
        match self {
            Running::Recorded { serving, .. } => serving.url(),
            Running::Shop(shop) => shop.url(),
            Running::Url(url) => url.clone(),
        }
    }

    /// Fields of the backend that it wants: the sandbox shop has keys.
    pub(super) fn credentials(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Running::Shop(_) => &[("username", "ck_sandbox"), ("password", "cs_sandbox")],
            Running::Recorded { .. } | Running::Url(_) => &[],
        }
    }

    /// Whether it answers who asks for an OAuth token, at any path.
    pub(super) fn gives_tokens(&self) -> bool {
        matches!(self, Running::Recorded { .. })
    }

    /// The currencies that it sells in, which a new Odoo does not use until somebody says so.
    pub(super) fn currencies(&self) -> BTreeSet<String> {
        match self {
            Running::Shop(shop) => {
                let orders =
                    shop.ids(Kind::Order).into_iter().filter_map(|id| shop.shop().get(Kind::Order, id));
                let sold = orders.filter_map(|order| order["currency"].as_str().map(str::to_owned));
                sold.chain([shop.shop().settings().currency]).collect()
            }
            Running::Recorded { .. } | Running::Url(_) => BTreeSet::new(),
        }
    }

    /// From now on every request is refused as with a wrong key, or no more; false where it cannot be told to.
    pub(super) fn refuse(&self, refuses: bool) -> bool {
        match self {
            Running::Recorded { recording, .. } => {
                recording.refuses.store(refuses, Ordering::Relaxed);
                true
            }
            Running::Shop(shop) if refuses => {
                let refusal = Fault::Status { status: 401, retry_after_secs: None };
                shop.faults().add("", refusal, u32::MAX);
                true
            }
            Running::Shop(shop) => {
                shop.faults().clear();
                true
            }
            Running::Url(_) => false,
        }
    }
}

fn recorded(folder: &Path) -> Result<Vec<Exchange>, VerifyError> {
    let mut exchanges = Vec::new();
    let Ok(listed) = std::fs::read_dir(folder) else { return Ok(exchanges) };
    let mut files: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    for file in files {
        let text =
            std::fs::read(&file).map_err(VerifyError::io(format!("cannot read {}", file.display())))?;
        let case: Case = serde_json::from_slice(&text).map_err(|error| {
            VerifyError::Options(format!("{} holds no recorded exchanges: {error}", file.display()))
        })?;
        exchanges.extend(case.exchanges);
    }
    Ok(exchanges)
}

impl Recording {
    /// The recorded answer of the same path and query, else of the same path, else what the definition leads to.
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Cut> {
        if self.refuses.load(Ordering::Relaxed) {
            return response(401, &json!({ "message": "the key is wrong" }), &BTreeMap::new());
        }
        let (parts, body) = request.into_parts();
        let whole = unsigned(parts.uri.path(), parts.uri.query().unwrap_or_default());
        let method = parts.method.as_str();
        let sent = axum::body::to_bytes(body, LARGEST).await.map_err(|_| Cut)?;
        if parts.method == Method::POST && url::form_urlencoded::parse(&sent).any(|(name, _)| name == GRANT) {
            return response(200, &stand_in::grant(), &BTreeMap::new());
        }
        let sent = stand_in::sent(self.definition.as_ref(), &sent);
        let find = |path: &str| {
            self.exchanges.iter().find(|exchange| {
                let fits = |wanted| sent.as_ref().is_some_and(|sent| stand_in::has(sent, wanted));
                exchange.method.eq_ignore_ascii_case(method)
                    && exchange.path.trim_start_matches('/') == path.trim_start_matches('/')
                    && exchange.sent.as_ref().is_none_or(fits)
            })
        };
        if let Some(found) = find(&whole).or_else(|| find(parts.uri.path())) {
            return response(found.status, &found.body, &found.headers);
        }
        match self.unrecorded(method, parts.uri.path(), sent) {
            Some((body, headers)) => response(200, &body, &headers),
            None => response(404, &json!({ "message": "no such exchange was recorded" }), &BTreeMap::new()),
        }
    }

    /// Lists are empty, what is sent comes back with an id, everything else is an empty object.
    fn unrecorded(
        &self,
        method: &str,
        path: &str,
        sent: Option<Value>,
    ) -> Option<(Value, BTreeMap<String, String>)> {
        let definition = self.definition.as_ref()?;
        if let Auth::Login(login) = &definition.auth
            && method.eq_ignore_ascii_case("POST")
            && fits(&login.path, path)
        {
            return Some((stand_in::login(login), BTreeMap::new()));
        }
        let operation = definition.operations.values().find(|operation| {
            let own = operation.body.as_ref().and_then(|own| fill_body(own, |_| None));
            let says = |own: &Value| sent.as_ref().is_some_and(|sent| stand_in::has(sent, own));
            format!("{:?}", operation.method).eq_ignore_ascii_case(method)
                && fits(&operation.path, path)
                && own.as_ref().is_none_or(says)
        })?;
        let records = match sent {
            Some(Value::Object(mut sent)) if operation.paginate.is_none() => {
                let id = 900_000 + self.made.fetch_add(1, Ordering::Relaxed);
                sent.entry("id").or_insert_with(|| json!(id));
                Value::Object(sent)
            }
            _ => stand_in::nothing(operation),
        };
        Some(stand_in::answer(operation, records))
    }
}

/// What a request for an OAuth token says, and no other.
const GRANT: &str = "grant_type";

/// What a webhook or an answer may have.
const LARGEST: usize = 16 * 1024 * 1024;

/// Path and query without what OAuth 1.0a signs them with, which is another each time.
fn unsigned(path: &str, query: &str) -> String {
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("oauth_")).collect();
    match kept.join("&") {
        empty if empty.is_empty() => path.to_owned(),
        kept => format!("{path}?{kept}"),
    }
}

/// Whether a path ends as an operation's does; `{id}` stands for any one part.
fn fits(template: &str, path: &str) -> bool {
    let wanted: Vec<&str> = template.split('/').filter(|part| !part.is_empty()).collect();
    let given: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let Some(start) = given.len().checked_sub(wanted.len()) else { return false };
    wanted.iter().zip(&given[start..]).all(|(wanted, given)| wanted.contains('{') || wanted == given)
}

fn response(status: u16, body: &Value, headers: &BTreeMap<String, String>) -> Result<Response<Body>, Cut> {
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type")) {
        response = response.header(name, value);
    }
    response.body(Body::from(body.to_string())).map_err(|_| Cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_recorded_comes_first_and_the_definition_tells_the_rest() {
        let text = r#"{"exchanges": [
            {"method": "GET", "path": "v3/orders", "status": 200, "body": [1]},
            {"method": "GET", "path": "v3/orders?page=2", "status": 203, "body": []}]}"#;
        let case: Case = serde_json::from_str(text).expect("a case");
        let definition = crate::connectors::text("woocommerce").expect("the shipped one");
        let checked = definition::parse(definition, "connector.toml", None).expect("a definition");
        let recording = Recording {
            exchanges: case.exchanges,
            definition: Some(checked.definition),
            made: AtomicU64::new(0),
            refuses: AtomicBool::new(false),
        };
        let ask = async |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
            recording.answer(request).await.expect("an answer").status().as_u16()
        };
        assert_eq!(ask("GET", "/v3/orders?page=2").await, 203);
        assert_eq!(ask("GET", "/v3/orders?page=2&oauth_nonce=1&oauth_version=1.0").await, 203);
        assert_eq!(ask("GET", "/v3/orders?page=1").await, 200);
        assert_eq!(ask("GET", "/wp-json/wc/v3/products/7").await, 200);
        assert_eq!(ask("GET", "/wp-json/wc/v3/unknown").await, 404);
        let grant = "client_id=a&grant_type=client_credentials";
        let request = Request::builder().method("POST").uri("/any/token").body(Body::from(grant));
        let answer = recording.answer(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
        recording.refuses.store(true, Ordering::Relaxed);
        assert_eq!(ask("GET", "/v3/orders").await, 401);
    }
}
