//! The server around a shop.

use axum::body::Body;
use axum::http::{Request, Response};
use tokio::task::JoinHandle;

use super::answer::Answer;
use super::misbehave::Misbehaviour;
use super::present::site;
use super::route::{self, Request as ShopRequest};
use super::{Kind, Shop, query, spoil, write};
use crate::serve::{Cut, Running, serve};
use crate::{Fault, Faults};

/// Bodies above this are refused, as a web server in front of a shop does.
const MAX_BODY_BYTES: usize = 16 << 20;

/// A shop that listens; it stops when this is dropped.
#[derive(Debug)]
pub struct RunningShop {
    shop: Shop,
    running: Running,
    courier: JoinHandle<()>,
}

impl Drop for RunningShop {
    fn drop(&mut self) {
        self.courier.abort();
    }
}

impl RunningShop {
    /// `http://127.0.0.1:<port>`, the store URL.
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// The shop itself, to look into it and to change it.
    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    /// Faults to plan.
    pub fn faults(&self) -> Faults {
        self.shop.faults()
    }

    /// The requests that came in, as method and path with query, in order.
    pub fn requests(&self) -> Vec<(String, String)> {
        self.shop.requests()
    }

    /// All ids of a kind.
    pub fn ids(&self, kind: Kind) -> Vec<u64> {
        self.shop.ids(kind)
    }
}

pub(super) async fn start(shop: Shop, port: u16) -> std::io::Result<RunningShop> {
    let served = shop.clone();
    let running = serve(port, move |request| {
        let shop = served.clone();
        async move { handle(&shop, request).await }
    })
    .await?;
    let url = running.url();
    shop.change_settings(|settings| {
        settings.site_url.get_or_insert(url);
    });
    let courier = tokio::spawn(shop.clone().courier());
    Ok(RunningShop { shop, running, courier })
}

async fn handle(shop: &Shop, request: Request<Body>) -> Result<Response<Body>, Cut> {
    let target = request.uri().path_and_query().map(|target| target.as_str().to_owned()).unwrap_or_default();
    shop.note_request(request.method().as_str(), &target);
    let fault = shop.0.faults.take(&format!("{} {target}", request.method()));
    let mut cut_after = false;
    match fault {
        Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
        Some(Fault::CutBeforeWork) => return Err(Cut),
        Some(Fault::CutAfterWork) => cut_after = true,
        Some(Fault::Status { status, retry_after_secs }) => {
            let mut answer = Answer::json(status, &serde_json::json!({}));
            if let Some(secs) = retry_after_secs {
                answer = answer.with("Retry-After", secs.to_string());
            }
            return Ok(answer.into_response(site(&shop.settings())));
        }
        Some(Fault::HtmlPage { status }) => {
            let page = "<!DOCTYPE html>\n<html><head><title>One moment</title></head><body>Please wait.</body></html>";
            return Ok(Answer::html(status, page).into_response(site(&shop.settings())));
        }
        Some(Fault::SerializationFailure | Fault::SessionExpired) | None => {}
    }
    let response = respond(shop, request, &target).await;
    if cut_after { Err(Cut) } else { Ok(response) }
}

async fn respond(shop: &Shop, request: Request<Body>, target: &str) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return Answer::html(413, "<html><body>Request Entity Too Large</body></html>").into_response("");
    };
    let query = parts.uri.query().unwrap_or_default();
    let request = ShopRequest {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body: body.to_vec(),
    };
    let misbehaviour = shop.0.misbehaviours.take(&format!("{} {target}", request.method));
    match misbehaviour {
        None => {
            let answer = answer(shop, &request);
            answer.into_response(site(&shop.state().settings))
        }
        Some(what) => misbehave(shop, request, &what, target),
    }
}

fn answer(shop: &Shop, request: &ShopRequest) -> Answer {
    if !request.reads() {
        let answer = write::write(&mut shop.state_mut(), request);
        shop.0.courier.wake.notify_one();
        return answer;
    }
    let mut answer = route::read(&shop.state(), &shop.0.lists, request);
    if request.method == "HEAD" {
        answer.body.clear();
    }
    answer
}

fn misbehave(shop: &Shop, mut request: ShopRequest, what: &Misbehaviour, target: &str) -> Response<Body> {
    let settings = shop.settings();
    if let Some(response) = spoil::instead(what, &request, target, site(&settings)) {
        return response;
    }
    let mut own = answer(shop, &request);
    if matches!(what, Misbehaviour::EndlessPages | Misbehaviour::SamePage) {
        let asked = query::number(&request.query, "page").unwrap_or(1);
        spoil::bend(&mut request, what, spoil::pages(&own));
        own = answer(shop, &request);
        request.query.retain(|(name, _)| name != "page");
        request.query.push(("page".to_owned(), asked.to_string()));
    }
    let answer = spoil::after(what, &request, own);
    if let Misbehaviour::DeleteAfter { kind, id } = what {
        shop.delete(*kind, *id);
    }
    let body = answer.body.clone();
    let response = answer.into_response(site(&settings));
    match what {
        Misbehaviour::SlowDrip { bytes, pause } => spoil::drip(response, body, *bytes, *pause),
        _ => response,
    }
}
