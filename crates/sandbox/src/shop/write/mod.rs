//! Requests that change something: one file per resource, batches here.

pub(crate) mod category;
pub(crate) mod coupon;
pub(crate) mod customer;
mod fields;
pub(crate) mod order;
mod order_lines;
pub(crate) mod product;
mod refund;
mod setting;
pub(crate) mod slug;

use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, no_route, refuse};
use super::kind::Kind;
use super::present::{View, api_url, present};
use super::query;
use super::route::{Request, Route, one, respond, unknown};
use super::state::State;
use super::webhooks;

/// The fields of a record or of a request's body.
pub(crate) type Fields = Map<String, Value>;

/// More in one batch is refused as a whole.
const MAX_BATCH: usize = 100;

/// Answers a request that changes something.
pub(crate) fn write(state: &mut State, request: &Request) -> Answer {
    let mut change = None;
    let checked = respond(state, request, |route| {
        change = Some(route);
        Ok(Answer::json(200, &Value::Null))
    });
    // Only a request that passed route, key and rights gets as far as its work.
    let Some(route) = change else { return checked };
    let mut answer = work(state, route, request).unwrap_or_else(|answer| *answer);
    answer.headers.extend(checked.headers);
    answer
}

fn work(state: &mut State, route: Route, request: &Request) -> Result<Answer, Refusal> {
    let body = match request.json()? {
        Value::Object(body) => body,
        _ => Fields::new(),
    };
    let force = request.param("force").is_some_and(query::truthy);
    let view = query::view(&request.query);
    match (&*request.method, route) {
        ("POST", Route::List(kind)) => created(state, kind, None, &body, &view),
        ("POST", Route::Variations(parent)) => created(state, Kind::Variation, Some(parent), &body, &view),
        ("POST", Route::Refunds(order)) => {
            let id = refund::create(state, order, &body)?;
            // The real one forgets to fill in the order's id here.
            let path = format!("orders/(?P<order_id>[\\d]+)/refunds/{id}");
            let shown = show(state, Kind::Refund, id, &view)?;
            Ok(Answer::json(201, &shown).with("Location", api_url(&state.settings, &path)))
        }
        ("PUT" | "POST" | "PATCH", Route::One(kind, id)) => {
            let kind = real_kind(state, kind, id);
            update(state, kind, id, &body)?;
            Ok(Answer::json(200, &written(state, kind, id, &view)?))
        }
        ("PUT" | "POST" | "PATCH", Route::Variation(_, id)) => {
            update(state, Kind::Variation, id, &body)?;
            Ok(Answer::json(200, &written(state, Kind::Variation, id, &view)?))
        }
        ("DELETE", Route::One(kind, id)) => delete(state, real_kind(state, kind, id), id, force),
        ("DELETE", Route::Variation(_, id)) => delete(state, Kind::Variation, id, force),
        ("POST" | "PUT" | "PATCH", Route::Batch(kind)) => batch(state, kind, None, &body),
        ("POST" | "PUT" | "PATCH", Route::VariationBatch(parent)) => {
            batch(state, Kind::Variation, Some(parent), &body)
        }
        ("POST", Route::Webhooks) => webhooks::write(state, None, request, &body),
        ("PUT" | "POST" | "PATCH" | "DELETE", Route::Webhook(id)) => {
            webhooks::write(state, Some(id), request, &body)
        }
        ("PUT" | "POST" | "PATCH", Route::Other) => setting::update(state, &request.path, &body),
        _ => Err(no_route()),
    }
}

/// A variation may be written through `/products/<id>` too.
fn real_kind(state: &State, kind: Kind, id: u64) -> Kind {
    if kind == Kind::Product && state.get(Kind::Variation, id).is_some() { Kind::Variation } else { kind }
}

fn created(
    state: &mut State,
    kind: Kind,
    parent: Option<u64>,
    body: &Fields,
    view: &View,
) -> Result<Answer, Refusal> {
    let id = create(state, kind, parent, body)?;
    let path = match parent {
        // The real one forgets to fill in the parent's id here, as it does for refunds.
        Some(_) => format!("products/(?P<product_id>[\\d]+)/variations/{id}"),
        None => format!("{}/{id}", kind.path()),
    };
    let shown = written(state, kind, id, view)?;
    Ok(Answer::json(201, &shown).with("Location", api_url(&state.settings, &path)))
}

fn create(state: &mut State, kind: Kind, parent: Option<u64>, body: &Fields) -> Result<u64, Refusal> {
    match kind {
        Kind::Product => product::create(state, body),
        Kind::Variation => product::create_variation(state, parent.unwrap_or(0), body),
        Kind::Customer => customer::create(state, body),
        Kind::Category => category::create(state, body),
        Kind::Order => order::create(state, body),
        Kind::Coupon => coupon::create(state, body),
        Kind::Refund => Err(no_route()),
    }
}

fn update(state: &mut State, kind: Kind, id: u64, body: &Fields) -> Result<(), Refusal> {
    if state.get(kind, id).is_none() {
        return unknown(kind, 400);
    }
    match kind {
        Kind::Product | Kind::Variation => product::update(state, kind, id, body),
        Kind::Customer => customer::update(state, id, body),
        Kind::Category => category::update(state, id, body),
        Kind::Order => order::update(state, id, body),
        Kind::Coupon => coupon::update(state, id, body),
        Kind::Refund => Err(no_route()),
    }
}

fn show(state: &State, kind: Kind, id: u64, view: &View) -> Result<Value, Refusal> {
    Ok(present(state, kind, one(state, kind, id)?, view))
}

/// The record as the answer to a write shows it: products in a richer and slightly different form.
fn written(state: &State, kind: Kind, id: u64, view: &View) -> Result<Value, Refusal> {
    let mut record = one(state, kind, id)?;
    if kind == Kind::Product {
        product::dress_written(&mut record, &state.settings);
    }
    if kind == Kind::Variation {
        record.entry("tax_class").and_modify(|class| {
            if class == "" {
                *class = "parent".into();
            }
        });
    }
    Ok(present(state, kind, record, &View { raw: true, ..view.clone() }))
}

/// Moves to the trash, or deletes for good with `force`; answers the record as it was.
fn delete(state: &mut State, kind: Kind, id: u64, force: bool) -> Result<Answer, Refusal> {
    let Some(record) = state.take(kind, id) else { return unknown(kind, 404) };
    let shown = written(state, kind, id, &View::default())?;
    if force {
        remove(state, kind, id);
        return Ok(Answer::json(200, &shown));
    }
    let name = match kind {
        Kind::Customer => "Customers",
        Kind::Category => "Terms",
        Kind::Variation | Kind::Refund => "Resources",
        Kind::Product | Kind::Order | Kind::Coupon => {
            trash(state, kind, id, record)?;
            return Ok(Answer::json(200, &shown));
        }
    };
    refuse(501, "woocommerce_rest_trash_not_supported", &format!("{name} do not support trashing."))
}

/// Deletes for good, with what hangs on the record.
fn remove(state: &mut State, kind: Kind, id: u64) {
    state.remove(kind, id);
    match kind {
        Kind::Product => {
            for variation in product::variations_of(state, id) {
                state.remove(Kind::Variation, variation);
            }
            order::forget_product(state, id);
        }
        Kind::Variation => order::forget_product(state, id),
        Kind::Customer => order::forget_customer(state, id),
        _ => {}
    }
}

fn trash(state: &mut State, kind: Kind, id: u64, mut record: Fields) -> Result<(), Refusal> {
    let post = if kind == Kind::Order { "shop_order" } else { "product" };
    if record.get("status").is_some_and(|status| status == "trash") {
        return refuse(
            410,
            "woocommerce_rest_already_trashed",
            &format!("The {post} has already been deleted."),
        );
    }
    let now = state.now();
    let status = record.get("status").and_then(Value::as_str).unwrap_or_default();
    let prefix = if kind == Kind::Order { "wc-" } else { "" };
    let slug = record.get("slug").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut meta = vec![
        ("_wp_trash_meta_status", format!("{prefix}{status}")),
        ("_wp_trash_meta_time", now.to_string()),
    ];
    if kind == Kind::Product {
        meta.push(("_wp_desired_post_slug", slug.clone()));
        record.insert("slug".into(), format!("{slug}__trashed").into());
    }
    fields::add_meta(state, &mut record, meta);
    record.insert("status".into(), "trash".into());
    if kind == Kind::Order {
        super::generate::pay(&mut record);
    }
    super::dates::stamp(&mut record, "date_modified", Some(now), state.settings.utc_offset_secs);
    state.put(kind, id, record);
    Ok(())
}

/// Items of a batch are not checked for types: what has a wrong one is as if it were not there.
fn lenient(kind: Kind, mut fields: Fields) -> Fields {
    if matches!(kind, Kind::Product | Kind::Variation) {
        fields.retain(|name, value| product::has_right_type(name, value));
    }
    fields
}

/// Creates, updates and deletes (for good) in one request; errors stand in their places inside a 200.
fn batch(state: &mut State, kind: Kind, parent: Option<u64>, body: &Fields) -> Result<Answer, Refusal> {
    let part = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (creates, updates, deletes) = (part("create"), part("update"), part("delete"));
    if creates.len() + updates.len() + deletes.len() > MAX_BATCH {
        let message = format!("Unable to accept more than {MAX_BATCH} items for this request.");
        return refuse(413, "woocommerce_rest_request_entity_too_large", &message);
    }
    let error = |id: u64, answer: &Answer| json!({ "id": id, "error": answer.envelope() });
    let view = View::default();
    let mut out = Fields::new();
    let mut put = |name: &str, results: Vec<Value>| {
        if !results.is_empty() {
            out.insert(name.to_owned(), results.into());
        }
    };
    let mut results = Vec::new();
    for item in creates {
        let fields = lenient(kind, item.as_object().cloned().unwrap_or_default());
        let done = create(state, kind, parent, &fields).and_then(|id| written(state, kind, id, &view));
        results.push(done.unwrap_or_else(|answer| error(0, &answer)));
    }
    put("create", std::mem::take(&mut results));
    for item in updates {
        let fields = lenient(kind, item.as_object().cloned().unwrap_or_default());
        let id = item["id"].as_u64().unwrap_or(0);
        let done = update(state, kind, id, &fields).and_then(|()| written(state, kind, id, &view));
        results.push(done.unwrap_or_else(|answer| error(id, &answer)));
    }
    put("update", std::mem::take(&mut results));
    for item in deletes {
        let id = item.as_u64().unwrap_or(0);
        let done = written(state, kind, id, &view);
        if done.is_ok() {
            remove(state, kind, id);
        }
        results.push(done.unwrap_or_else(|_| match unknown::<()>(kind, 404) {
            Err(answer) => error(id, &answer),
            Ok(()) => Value::Null,
        }));
    }
    put("delete", results);
    Ok(Answer::json(200, &Value::Object(out)))
}
