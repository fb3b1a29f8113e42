//! From a request to its answer.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, no_route, refuse};
use super::auth;
use super::kind::Kind;
use super::list::{Lists, list};
use super::present::{View, present, site};
use super::query;
use super::root;
use super::state::State;
use super::webhooks;

const READS: &str = "GET";
const COLLECTION: &str = "GET, POST";
const SINGLE: &str = "GET, POST, PUT, PATCH, DELETE";

/// A request, taken apart.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn reads(&self) -> bool {
        matches!(&*self.method, "GET" | "HEAD" | "OPTIONS")
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The JSON body; no body is an empty object.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            let data = json!({ "status": 400, "json_error_code": 4, "json_error_message": "Syntax error" });
            let body =
                json!({ "code": "rest_invalid_json", "message": "Invalid JSON body passed.", "data": data });
            Box::new(Answer::json(400, &body))
        })
    }
}

/// The parts of a path below `/wp-json/wc/v3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    List(Kind),
    Batch(Kind),
    One(Kind, u64),
    Variations(u64),
    VariationBatch(u64),
    Variation(u64, u64),
    Refunds(u64),
    Refund(u64, u64),
    Webhooks,
    Webhook(u64),
    Index,
    Other,
}

/// Finds the route; `Other` are the small resources that [`root`] knows.
pub(crate) fn route(path: &str) -> Option<Route> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let id = |text: &str| text.parse::<u64>().ok();
    let kind = |text: &str| match text {
        "products" => Some(Kind::Product),
        "orders" => Some(Kind::Order),
        "customers" => Some(Kind::Customer),
        "coupons" => Some(Kind::Coupon),
        "refunds" => Some(Kind::Refund),
        _ => None,
    };
    Some(match &*parts {
        [] => Route::Index,
        ["products", "categories"] => Route::List(Kind::Category),
        ["products", "categories", "batch"] => Route::Batch(Kind::Category),
        ["products", "categories", term] => Route::One(Kind::Category, id(term)?),
        ["products", parent, "variations"] => Route::Variations(id(parent)?),
        ["products", parent, "variations", "batch"] => Route::VariationBatch(id(parent)?),
        ["products", parent, "variations", own] => Route::Variation(id(parent)?, id(own)?),
        ["orders", order, "refunds"] => Route::Refunds(id(order)?),
        ["orders", order, "refunds", own] => Route::Refund(id(order)?, id(own)?),
        ["webhooks"] => Route::Webhooks,
        ["webhooks", own] => Route::Webhook(id(own)?),
        [one] if kind(one).is_some() => Route::List(kind(one)?),
        [one, "batch"] if kind(one).is_some() => Route::Batch(kind(one)?),
        [one, own] if kind(one).is_some() => Route::One(kind(one)?, id(own)?),
        parts if root::knows(parts) => Route::Other,
        _ => return None,
    })
}

/// Methods that a route answers, as its `Allow` header says.
fn allow(route: Route) -> &'static str {
    match route {
        Route::List(Kind::Refund) | Route::Index | Route::Other => READS,
        Route::List(_) | Route::Variations(_) | Route::Refunds(_) | Route::Webhooks => COLLECTION,
        Route::Batch(_) | Route::VariationBatch(_) => "POST, PUT, PATCH",
        Route::One(..) | Route::Variation(..) | Route::Webhook(_) => SINGLE,
        Route::Refund(..) => "GET, DELETE",
    }
}

/// Answers a request that only reads.
pub(crate) fn read(state: &State, lists: &Lists, request: &Request) -> Answer {
    respond(state, request, |route| match route {
        Route::Index | Route::Other => root::read(state, request),
        Route::Webhooks => webhooks::read(state, None, request),
        Route::Webhook(id) => webhooks::read(state, Some(id), request),
        _ => get(state, lists, route, request),
    })
}

/// Checks route, key and rights, then lets `work` answer.
pub(crate) fn respond(
    state: &State,
    request: &Request,
    work: impl FnOnce(Route) -> Result<Answer, Refusal>,
) -> Answer {
    let Some(path) = request.path.strip_prefix("/wp-json") else { return outside(state, request) };
    let Some(path) = path.strip_prefix("/wc/v3") else { return root::index(state, path) };
    let checked = auth::caller(state, request);
    let caller = match checked {
        Ok(caller) => caller,
        Err(answer) => return *answer,
    };
    let allowed = |route: Route| root::allow(route, path).unwrap_or(allow(route));
    let Some(route) = route(path).filter(|route| allowed(*route).contains(allowed_as(&request.method)))
    else {
        return auth::signed_in(*no_route());
    };
    let single =
        matches!(route, Route::One(..) | Route::Variation(..) | Route::Refund(..) | Route::Webhook(_));
    if route != Route::Index
        && let Err(answer) = auth::demand_administrator(caller, &request.method, single)
    {
        return *answer;
    }
    if let Route::Variation(parent, id) = route
        && let Err(answer) = child(state, Kind::Variation, parent, id)
    {
        // Found out while rights are checked, so that no `Allow` is sent.
        return auth::signed_in(*answer);
    }
    let answer = work(route).unwrap_or_else(|answer| *answer);
    auth::signed_in(answer.with("Allow", allowed(route)))
}

/// HEAD and OPTIONS are allowed wherever GET is.
fn allowed_as(method: &str) -> &str {
    if matches!(method, "HEAD" | "OPTIONS") { "GET" } else { method }
}

fn get(state: &State, lists: &Lists, route: Route, request: &Request) -> Result<Answer, Refusal> {
    let path = request.path.trim_start_matches("/wp-json/wc/v3/");
    match route {
        Route::List(kind) => list(state, lists, kind, kind.path(), &request.query, |view| View {
            with_parent: kind == Kind::Refund,
            ..view
        }),
        Route::Variations(_) => list(state, lists, Kind::Variation, path, &request.query, |view| view),
        Route::Refunds(order) => {
            one(state, Kind::Order, order)?;
            list(state, lists, Kind::Refund, path, &request.query, |view| view)
        }
        Route::One(Kind::Product, id) => {
            let view = query::view(&request.query);
            if let Some(record) = state.take(Kind::Variation, id) {
                let view = View { through_products: true, ..view };
                return Ok(Answer::json(200, &present(state, Kind::Variation, record, &view)));
            }
            Ok(Answer::json(200, &present(state, Kind::Product, one(state, Kind::Product, id)?, &view)))
        }
        Route::One(kind, id) => {
            let record = one(state, kind, id)?;
            Ok(Answer::json(200, &present(state, kind, record, &query::view(&request.query))))
        }
        Route::Variation(parent, id) => {
            let record = child(state, Kind::Variation, parent, id)?;
            Ok(Answer::json(200, &present(state, Kind::Variation, record, &query::view(&request.query))))
        }
        Route::Refund(order, id) => {
            let record = child(state, Kind::Refund, order, id)?;
            Ok(Answer::json(200, &present(state, Kind::Refund, record, &query::view(&request.query))))
        }
        Route::Batch(_)
        | Route::VariationBatch(_)
        | Route::Webhooks
        | Route::Webhook(_)
        | Route::Index
        | Route::Other => Err(no_route()),
    }
}

type Fields = serde_json::Map<String, Value>;

/// The record, or the 404 of its kind.
pub(crate) fn one(state: &State, kind: Kind, id: u64) -> Result<Fields, Refusal> {
    match state.take(kind, id) {
        Some(record) => Ok(record),
        None => unknown(kind, 404),
    }
}

fn child(state: &State, kind: Kind, parent: u64, id: u64) -> Result<Fields, Refusal> {
    match state.take(kind, id).filter(|record| record.get("parent_id") == Some(&parent.into())) {
        Some(record) => Ok(record),
        None => unknown(kind, 404),
    }
}

/// No record of this id: 404 when reading, 400 when writing.
pub(crate) fn unknown<T>(kind: Kind, status: u16) -> Result<T, Refusal> {
    let (code, message) = match kind {
        Kind::Product => ("woocommerce_rest_product_invalid_id", "Invalid ID."),
        Kind::Variation => ("woocommerce_rest_product_variation_invalid_id", "Invalid ID."),
        Kind::Order => ("woocommerce_rest_shop_order_invalid_id", "Invalid ID."),
        Kind::Coupon => ("woocommerce_rest_shop_coupon_invalid_id", "Invalid ID."),
        Kind::Customer => ("woocommerce_rest_invalid_id", "Invalid resource ID."),
        Kind::Refund => ("woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID."),
        Kind::Category => ("woocommerce_rest_term_invalid", "Resource does not exist."),
    };
    refuse(status, code, message)
}

/// Outside the API: the theme's page, or the API in the form for plain permalinks, which knows no keys.
fn outside(state: &State, request: &Request) -> Answer {
    if request.path == "/" && request.param("rest_route").is_some() {
        let denied = auth::demand_administrator(auth::Caller::Nobody, &request.method, false);
        let link = format!("<{}/index.php?rest_route=/>; rel=\"https://api.w.org/\"", site(&state.settings));
        return denied.map_or_else(|answer| answer.with("Link", link), |()| *no_route());
    }
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head>\n<title>Page not found &#8211; {}</title>\n</head>\n<body>\
         <a href=\"{}\">Home</a></body>\n</html>\n",
        state.settings.title,
        site(&state.settings)
    );
    auth::signed_in(Answer::html(404, &page))
}
