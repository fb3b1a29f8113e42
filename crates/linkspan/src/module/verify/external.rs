//! What stands in for the external system while a module is verified.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use sandbox::Fault;
use sandbox::serve::{Cut, Running as Serving, serve};
use sandbox::shop::{RunningShop, Shop, ShopSpec};
use serde::Deserialize;
use serde_json::Value;

use super::VerifyError;
use super::module::Module;

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
    Recorded { serving: Serving, refuses: Arc<AtomicBool> },
    Shop(RunningShop),
    Url(String),
}

/// One exchange of `tests/data`.
#[derive(Debug, Deserialize)]
struct Exchange {
    request: Asked,
    response: Answered,
}

#[derive(Debug, Deserialize)]
struct Asked {
    method: String,
    /// With or without a query; the query has to be the same only where one is recorded.
    path: String,
}

#[derive(Debug, Deserialize)]
struct Answered {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

fn ok() -> u16 {
    200
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
                let refuses = Arc::new(AtomicBool::new(false));
                let (exchanges, flag) = (Arc::new(exchanges), Arc::clone(&refuses));
                let serving = serve(0, move |request| {
                    let (exchanges, refuses) = (Arc::clone(&exchanges), flag.load(Ordering::Relaxed));
                    async move { answer(&exchanges, refuses, &request) }
                });
                Ok(Some(Running::Recorded { serving: serving.await.map_err(cannot())?, refuses }))
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

    /// From now on every request is refused as with a wrong key, or no more; false where it cannot be told to.
    pub(super) fn refuse(&self, refuses: bool) -> bool {
        match self {
            Running::Recorded { refuses: flag, .. } => {
                flag.store(refuses, Ordering::Relaxed);
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
        let more: Vec<Exchange> = serde_json::from_slice(&text).map_err(|error| {
            VerifyError::Options(format!("{} is no list of recorded exchanges: {error}", file.display()))
        })?;
        exchanges.extend(more);
    }
    Ok(exchanges)
}

/// The recorded answer: of the same path and query, else of the same path.
fn answer(exchanges: &[Exchange], refuses: bool, request: &Request<Body>) -> Result<Response<Body>, Cut> {
    let build = |status: u16, body: &Value, headers: &mut dyn Iterator<Item = (&String, &String)>| {
        let mut response =
            Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers.filter(|(name, _)| !name.eq_ignore_ascii_case("content-type")) {
            response = response.header(name, value);
        }
        response.body(Body::from(body.to_string())).map_err(|_| Cut)
    };
    if refuses {
        let body = serde_json::json!({ "message": "the key is wrong" });
        return build(StatusCode::UNAUTHORIZED.as_u16(), &body, &mut std::iter::empty());
    }
    let whole = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let same = |exchange: &&Exchange, path: &str| {
        exchange.request.method.eq_ignore_ascii_case(request.method().as_str())
            && exchange.request.path.trim_start_matches('/') == path.trim_start_matches('/')
    };
    let found = exchanges
        .iter()
        .find(|exchange| same(exchange, whole))
        .or_else(|| exchanges.iter().find(|exchange| same(exchange, request.uri().path())));
    match found {
        Some(Exchange { response, .. }) => {
            build(response.status, &response.body, &mut response.headers.iter())
        }
        None => {
            let body = serde_json::json!({ "message": "no such exchange was recorded" });
            build(StatusCode::NOT_FOUND.as_u16(), &body, &mut std::iter::empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_the_same_query_comes_before_that_of_the_same_path() {
        let text = r#"[
            {"request": {"method": "GET", "path": "/orders"}, "response": {"body": [1]}},
            {"request": {"method": "GET", "path": "/orders?page=2"}, "response": {"body": []}},
            {"request": {"method": "POST", "path": "orders"}, "response": {"status": 201, "body": {"id": 5}}}]"#;
        let exchanges: Vec<Exchange> = serde_json::from_str(text).expect("exchanges");
        let ask = |method: &str, path: &str, refuses| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
            answer(&exchanges, refuses, &request).expect("an answer").status().as_u16()
        };
        assert_eq!(ask("GET", "/orders?page=2", false), 200);
        assert_eq!(ask("GET", "/orders?page=1", false), 200);
        assert_eq!(ask("POST", "/orders", false), 201);
        assert_eq!(ask("GET", "/products", false), 404);
        assert_eq!(ask("GET", "/orders", true), 401);
    }
}
