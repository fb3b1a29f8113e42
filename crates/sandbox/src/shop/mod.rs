//! A WooCommerce shop in process: what a connector meets there, on loopback.
//!
//! It answers as the recorded shop did (`fixtures/woocommerce`, and the test `replay`): the order of lists that cannot
//! be trusted, dates in shop time, totals that do not add up. Records come from a seed ([`Shop::generate`]) or are
//! given ([`Shop::from_records`]). Keys are accepted over plain http, see [`Settings::keys_over_plain_http`].
//!
//! The way of a request: [`route`] finds what is asked for, `auth` who asks, `list` or `present` make the answer from
//! `state`, which makes records on demand with `generate`.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a panic is how a test fails"))]

mod answer;
mod auth;
mod autop;
mod change;
mod dates;
mod derive;
mod dice;
mod generate;
mod kind;
mod list;
mod misbehave;
mod money;
mod oauth;
mod order_json;
mod present;
mod query;
mod root;
mod route;
mod running;
mod spec;
mod spoil;
mod state;
mod totals;
mod webhooks;
mod wire;
mod write;

pub use change::{ChangeSpec, Changed};
pub use kind::Kind;
pub use misbehave::Misbehaviour;
pub use running::RunningShop;
pub use spec::{ApiKey, Clock, Permission, Settings, ShopSpec, TaxRate};
pub use webhooks::courier::SentWebhook;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;

use crate::Faults;

/// A shop; clones are the same shop.
#[derive(Debug, Clone)]
pub struct Shop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: RwLock<state::State>,
    lists: list::Lists,
    faults: Faults,
    misbehaviours: misbehave::Plan,
    requests: Mutex<Vec<(String, String)>>,
    courier: Courier,
}

/// Whether webhooks go out by themselves, and those that went.
#[derive(Debug)]
struct Courier {
    runs: AtomicBool,
    /// One at a time sends, so that what went out first was written first.
    sends: tokio::sync::Mutex<()>,
    wake: tokio::sync::Notify,
    sent: Mutex<Vec<SentWebhook>>,
}

impl Shop {
    /// A shop full of believable records; the same spec gives the same records.
    pub fn generate(spec: &ShopSpec) -> Shop {
        Shop(Arc::new(Inner {
            state: RwLock::new(state::State::new(spec.clone())),
            lists: list::Lists::default(),
            faults: Faults::default(),
            misbehaviours: misbehave::Plan::default(),
            requests: Mutex::default(),
            courier: Courier {
                runs: AtomicBool::new(true),
                sends: tokio::sync::Mutex::default(),
                wake: tokio::sync::Notify::new(),
                sent: Mutex::default(),
            },
        }))
    }

    /// A shop with exactly these records, as an API answer shows them; each needs an `id`, others are left out.
    ///
    /// The counts of `spec` do not matter, its settings, keys and clock do.
    pub fn from_records(spec: &ShopSpec, records: impl IntoIterator<Item = (Kind, Value)>) -> Shop {
        let spec =
            ShopSpec { products: 0, customers: 0, orders: 0, categories: 0, bad_products: 0, ..spec.clone() };
        let shop = Shop::generate(&spec);
        for (kind, record) in records {
            shop.put(kind, record);
        }
        shop
    }

    /// Starts the server on `port` of 127.0.0.1; 0 takes a free one. It stops when the result is dropped.
    pub async fn start(self, port: u16) -> std::io::Result<RunningShop> {
        running::start(self, port).await
    }

    /// The record as the API shows it, or `None`.
    pub fn get(&self, kind: Kind, id: u64) -> Option<Value> {
        let state = self.state();
        let record = state.take(kind, id)?;
        let view = present::View { with_parent: true, ..present::View::default() };
        Some(present::present(&state, kind, record, &view))
    }

    /// Keeps a record under its `id` as it is, without any check; says whether it had an id.
    pub fn put(&self, kind: Kind, record: Value) -> bool {
        let (Some(id), Value::Object(record)) = (record["id"].as_u64(), record) else { return false };
        self.state_mut().put(kind, id, record);
        true
    }

    /// Forgets a record for good, as a permanent deletion does; says whether it was there.
    pub fn delete(&self, kind: Kind, id: u64) -> bool {
        self.state_mut().remove(kind, id)
    }

    /// All ids of a kind, ascending: whatever their status, the administrator among the customers.
    pub fn ids(&self, kind: Kind) -> Vec<u64> {
        self.state().ids(kind)
    }

    /// The next record of this kind, and of those that share its counter, gets this id.
    pub fn set_next_id(&self, kind: Kind, id: u64) {
        self.state_mut().set_next_id(kind, id);
    }

    /// The next line of an order or a refund gets this id.
    pub fn set_next_line_id(&self, id: u64) {
        self.state_mut().set_next_item_id(id);
    }

    /// Sets what "now" is.
    pub fn set_clock(&self, clock: Clock) {
        self.state_mut().clock = clock;
    }

    /// The shop's options.
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// Changes the shop's options, as its owner does in the admin pages.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut state = self.state_mut();
        change(&mut state.settings);
        state.touch();
    }

    /// Faults to plan: targets read `GET /wp-json/wc/v3/products?page=1`.
    pub fn faults(&self) -> Faults {
        self.0.faults.clone()
    }

    /// The next `times` requests whose target contains `target`, after `skip` that go well, are answered wrongly.
    ///
    /// Targets read as those of [`Shop::faults`]; `u32::MAX` times is always.
    pub fn misbehave(&self, target: &str, what: Misbehaviour, skip: u32, times: u32) {
        self.0.misbehaviours.add(target, what, skip, times);
    }

    /// Edits some records, as a day in the shop does, and creates one of each kind that is asked for.
    pub fn change(&self, spec: &ChangeSpec) -> Changed {
        let changed = change::change(&mut self.state_mut(), spec);
        self.0.courier.wake.notify_one();
        changed
    }

    /// Spoils a product in one of six ways, by `number`: price "abc", no name, date 0000-00-00, name null...
    pub fn spoil_product(&self, id: u64, number: u64) -> bool {
        let mut state = self.state_mut();
        let Some(mut record) = state.take(Kind::Product, id) else { return false };
        generate::spoil(&mut record, number);
        state.put(Kind::Product, id, record);
        true
    }

    /// The requests that came in, as method and path with query, in order.
    pub fn requests(&self) -> Vec<(String, String)> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether webhooks go out by themselves, as they do unless told otherwise. Off, they wait for
    /// [`Shop::deliver_webhooks`].
    pub fn send_webhooks(&self, runs: bool) {
        self.0.courier.runs.store(runs, Ordering::Relaxed);
        self.0.courier.wake.notify_one();
    }

    /// Sends all webhooks that wait; gives those that went out. One that fails is not sent again (recorded).
    pub async fn deliver_webhooks(&self) -> Vec<SentWebhook> {
        let _turn = self.0.courier.sends.lock().await;
        let sent = webhooks::courier::deliver(self).await;
        self.0.courier.sent.lock().unwrap_or_else(PoisonError::into_inner).extend(sent.clone());
        sent
    }

    /// Every webhook that went out, in order.
    pub fn sent_webhooks(&self) -> Vec<SentWebhook> {
        self.0.courier.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets a webhook's status (`active`, `paused`, `disabled`), as its owner does; says whether there is one.
    pub fn set_webhook_status(&self, id: u64, status: &str) -> bool {
        self.state_mut().webhooks.set_status(id, status)
    }

    /// Sends webhooks as they come, for as long as the shop listens.
    async fn courier(self) {
        loop {
            self.0.courier.wake.notified().await;
            if self.0.courier.runs.load(Ordering::Relaxed) {
                self.deliver_webhooks().await;
            }
        }
    }

    fn note_request(&self, method: &str, target: &str) {
        let mut requests = self.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push((method.to_owned(), target.to_owned()));
    }

    fn state(&self) -> RwLockReadGuard<'_, state::State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, state::State> {
        self.0.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}
