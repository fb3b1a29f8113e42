//! Webhooks as the shop keeps them: `/webhooks`, and which of them hear of a write.
//!
//! A write is only noted; the body is made when [`courier`] sends it (recorded: three edits gave one delivery, with the
//! latest state). Permanent deletions are told to nobody (recorded).

pub(super) mod courier;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, refuse};
use super::dates;
use super::kind::Kind;
use super::present::{api_url, select};
use super::query;
use super::route::Request;
use super::spec::Settings;
use super::state::State;

/// Failures in a row that are forgiven; the next one disables the webhook (recorded).
const FORGIVEN: u32 = 6;

const RESOURCES: [&str; 4] = ["product", "order", "customer", "coupon"];
const EVENTS: [&str; 4] = ["created", "updated", "deleted", "restored"];

/// All webhooks, and what is to be sent.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    known: BTreeMap<u64, Webhook>,
    last_id: u64,
    /// What is to be sent, in order; the same is noted once.
    pending: VecDeque<Pending>,
}

/// A webhook.
#[derive(Debug, Clone)]
struct Webhook {
    name: String,
    status: String,
    topic: String,
    delivery_url: String,
    secret: String,
    failures: u32,
    created: i64,
    modified: Option<i64>,
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pending {
    /// The unsigned form that a new webhook, or one that failed, sends.
    Ping { webhook: u64 },
    /// A record, as it is by then.
    Record { webhook: u64, kind: Kind, id: u64 },
}

/// How a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Created,
    Updated,
    Trashed,
}

impl Webhooks {
    /// Whether nobody would hear of a write.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Notes a write for all webhooks that are to hear of it.
    pub(crate) fn note(&mut self, kind: Kind, id: u64, written: Written) {
        let resource = match kind {
            Kind::Product | Kind::Variation => "product",
            Kind::Order => "order",
            Kind::Customer => "customer",
            Kind::Coupon => "coupon",
            Kind::Category | Kind::Refund => return,
        };
        let events: &[&str] = match (kind, written) {
            // Orders and customers send both (recorded).
            (Kind::Order | Kind::Customer, Written::Created) => &["created", "updated"],
            // A variation has no event of its own (recorded).
            (Kind::Variation, _) | (_, Written::Updated) => &["updated"],
            (_, Written::Created) => &["created"],
            (_, Written::Trashed) => &["deleted"],
        };
        for event in events {
            let topic = format!("{resource}.{event}");
            let listening =
                self.known.iter().filter(|(_, webhook)| webhook.status == "active" && webhook.topic == topic);
            for (&webhook, _) in listening {
                let pending = Pending::Record { webhook, kind, id };
                if !self.pending.contains(&pending) {
                    self.pending.push_back(pending);
                }
            }
        }
    }

    /// The next thing to send.
    pub(super) fn take(&mut self) -> Option<Pending> {
        self.pending.pop_front()
    }

    /// Sets a webhook's status, as its owner does in the admin pages; says whether there is one.
    pub(super) fn set_status(&mut self, id: u64, status: &str) -> bool {
        self.known.get_mut(&id).map(|webhook| webhook.status = status.to_owned()).is_some()
    }

    /// Counts how a delivery ended: after too many failures the webhook is switched off without a word.
    fn ended(&mut self, id: u64, well: bool, now: i64) {
        let Some(webhook) = self.known.get_mut(&id) else { return };
        if well {
            webhook.failures = 0;
            return;
        }
        webhook.failures += 1;
        if webhook.failures > FORGIVEN {
            webhook.status = "disabled".to_owned();
            webhook.modified = Some(now);
        } else {
            self.pending.push_front(Pending::Ping { webhook: id });
        }
    }

    fn create(&mut self, body: &Map<String, Value>, now: i64) -> Result<u64, Refusal> {
        let topic = text(body, "topic").filter(|topic| is_topic(topic));
        let Some(delivery_url) = text(body, "delivery_url") else {
            let message = "Missing parameter(s): delivery_url";
            let data = json!({ "status": 400, "params": ["delivery_url"] });
            let body = json!({ "code": "rest_missing_callback_param", "message": message, "data": data });
            return Err(Box::new(Answer::json(400, &body)));
        };
        let Some(topic) = topic else {
            let message = "Webhook topic is required and must be valid.";
            return refuse(400, "woocommerce_rest_shop_webhook_invalid_topic", message);
        };
        self.last_id += 1;
        let default_name = || format!("Webhook created on {}", dates::text(now, 0));
        let webhook = Webhook {
            name: text(body, "name").unwrap_or_else(default_name),
            // What is asked for does not count here (recorded).
            status: "active".to_owned(),
            topic,
            delivery_url,
            secret: text(body, "secret").unwrap_or_else(|| format!("{:032x}", rand::random::<u128>())),
            failures: 0,
            created: now,
            modified: None,
        };
        self.known.insert(self.last_id, webhook);
        self.pending.push_back(Pending::Ping { webhook: self.last_id });
        Ok(self.last_id)
    }
}

impl Webhook {
    fn shown(&self, id: u64, settings: &Settings) -> Value {
        let (resource, event) = self.topic.split_once('.').unwrap_or_default();
        let mut shown = Map::new();
        shown.insert("id".into(), id.into());
        for (name, value) in [
            ("name", &*self.name),
            ("status", &self.status),
            ("topic", &self.topic),
            ("resource", resource),
            ("event", event),
        ] {
            shown.insert(name.into(), value.into());
        }
        shown.insert("hooks".into(), json!(hooks(&self.topic)));
        shown.insert("delivery_url".into(), self.delivery_url.as_str().into());
        dates::stamp(&mut shown, "date_created", Some(self.created), settings.utc_offset_secs);
        dates::stamp(&mut shown, "date_modified", self.modified, settings.utc_offset_secs);
        let links = json!({
            "self": [{ "href": api_url(settings, &format!("webhooks/{id}")) }],
            "collection": [{ "href": api_url(settings, "webhooks") }],
        });
        shown.insert("_links".into(), links);
        Value::Object(shown)
    }
}

/// Answers a request that reads: the list, or one.
pub(crate) fn read(state: &State, id: Option<u64>, request: &Request) -> Result<Answer, Refusal> {
    let fields = query::view(&request.query).fields;
    let picked = |value: Value| fields.as_ref().map_or(value.clone(), |fields| select(&value, fields));
    if let Some(id) = id {
        return Ok(Answer::json(200, &picked(one(state, id)?.shown(id, &state.settings))));
    }
    let status = request.param("status").filter(|status| *status != "all");
    let mut ids: Vec<u64> = state
        .webhooks
        .known
        .iter()
        .filter(|(_, webhook)| status.is_none_or(|status| webhook.status == status))
        .map(|(id, _)| *id)
        .collect();
    if request.param("order") != Some("asc") {
        ids.reverse();
    }
    let size =
        usize::try_from(query::number(&request.query, "per_page").unwrap_or(10)).unwrap_or(10).clamp(1, 100);
    let page = usize::try_from(query::number(&request.query, "page").unwrap_or(1)).unwrap_or(1).max(1);
    let shown: Vec<Value> = ids
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|id| picked(state.webhooks.known[id].shown(*id, &state.settings)))
        .collect();
    Ok(Answer::json(200, &Value::Array(shown))
        .with("X-WP-Total", ids.len().to_string())
        .with("X-WP-TotalPages", ids.len().div_ceil(size).to_string()))
}

/// Answers a request that changes something.
pub(crate) fn write(
    state: &mut State,
    id: Option<u64>,
    request: &Request,
    body: &Map<String, Value>,
) -> Result<Answer, Refusal> {
    let now = state.now();
    let Some(id) = id else {
        let id = state.webhooks.create(body, now)?;
        let shown = one(state, id)?.shown(id, &state.settings);
        return Ok(
            Answer::json(201, &shown).with("Location", api_url(&state.settings, &format!("webhooks/{id}")))
        );
    };
    one(state, id)?;
    if request.method == "DELETE" {
        if !request.param("force").is_some_and(query::truthy) {
            return refuse(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.");
        }
        let shown = one(state, id)?.shown(id, &state.settings);
        state.webhooks.known.remove(&id);
        return Ok(Answer::json(200, &shown));
    }
    update(state, id, body, now)?;
    Ok(Answer::json(200, &one(state, id)?.shown(id, &state.settings)))
}

fn update(state: &mut State, id: u64, body: &Map<String, Value>, now: i64) -> Result<(), Refusal> {
    let topic = text(body, "topic");
    if topic.as_ref().is_some_and(|topic| !is_topic(topic)) {
        let message = "Webhook topic must be valid.";
        return refuse(400, "woocommerce_rest_shop_webhook_invalid_topic", message);
    }
    let Some(webhook) = state.webhooks.known.get_mut(&id) else { return Ok(()) };
    let set = |field: &mut String, value: Option<String>| value.into_iter().for_each(|value| *field = value);
    set(&mut webhook.name, text(body, "name"));
    set(&mut webhook.topic, topic);
    set(&mut webhook.delivery_url, text(body, "delivery_url"));
    set(&mut webhook.secret, text(body, "secret"));
    if let Some(status) = text(body, "status") {
        // Who is switched on again starts anew.
        webhook.failures = 0;
        webhook.status = status;
    }
    webhook.modified = Some(now);
    Ok(())
}

fn one(state: &State, id: u64) -> Result<&Webhook, Refusal> {
    match state.webhooks.known.get(&id) {
        Some(webhook) => Ok(webhook),
        None => refuse(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID."),
    }
}

fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
    body.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_topic(topic: &str) -> bool {
    topic
        .split_once('.')
        .is_some_and(|(resource, event)| RESOURCES.contains(&resource) && EVENTS.contains(&event))
}

/// The plugin hooks that a topic listens to, as the answer lists them (recorded, where it was).
fn hooks(topic: &str) -> &'static [&'static str] {
    match topic {
        "product.updated" => &[
            "woocommerce_process_product_meta",
            "woocommerce_update_product",
            "woocommerce_update_product_variation",
        ],
        "product.created" => &[
            "woocommerce_process_product_meta",
            "woocommerce_new_product",
            "woocommerce_new_product_variation",
        ],
        "product.deleted" | "coupon.deleted" => &["wp_trash_post"],
        "product.restored" | "order.restored" | "coupon.restored" => &["untrashed_post"],
        "order.created" => &["woocommerce_new_order"],
        "order.updated" => &["woocommerce_update_order", "woocommerce_order_refunded"],
        "order.deleted" => &["wp_trash_post", "woocommerce_trash_order"],
        "customer.created" => &["user_register", "woocommerce_created_customer", "woocommerce_new_customer"],
        "customer.updated" => &["profile_update", "woocommerce_update_customer"],
        "coupon.created" => &["woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"],
        _ => &[],
    }
}
