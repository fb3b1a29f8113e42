//! The shop's records: made on demand from the catalog, with what was written since laid over it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::dates;
use super::generate::{Catalog, Head};
use super::kind::{Kind, Sequence};
use super::oauth::Nonces;
use super::spec::{ApiKey, Clock, Settings, ShopSpec};
use super::webhooks::{Webhooks, Written};

/// Everything that a request may look at or change.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) clock: Clock,
    pub(crate) webhooks: Webhooks,
    pub(crate) nonces: Nonces,
    catalog: Catalog,
    /// Records that were written, whether generated before or not.
    kept: HashMap<Kind, BTreeMap<u64, Value>>,
    gone: HashMap<Kind, BTreeSet<u64>>,
    next: Next,
    version: u64,
    last_stamp: i64,
    /// Records written since [`State::watch`] was called last.
    touched: BTreeSet<(Kind, u64)>,
}

/// The next free ids.
#[derive(Debug, Clone, Copy)]
struct Next {
    post: u64,
    user: u64,
    term: u64,
    item: u64,
    meta: u64,
}

impl State {
    pub(crate) fn new(spec: ShopSpec) -> State {
        let catalog = Catalog::new(&spec);
        let (post, user, term) = catalog.next_ids();
        let next = Next { post, user, term, item: catalog.next_item_id(), meta: 1 };
        State {
            settings: spec.settings,
            keys: spec.keys,
            clock: spec.clock,
            webhooks: Webhooks::default(),
            nonces: Nonces::default(),
            catalog,
            kept: HashMap::new(),
            gone: HashMap::new(),
            next,
            version: 0,
            last_stamp: 0,
            touched: BTreeSet::new(),
        }
    }

    /// Grows with every write; a list computed for one version is worthless for another.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The moment to stamp a change with; never before an earlier stamp.
    pub(crate) fn now(&mut self) -> i64 {
        self.last_stamp = self.last_stamp.max(self.clock.now());
        self.last_stamp
    }

    /// All ids of a kind, ascending, whatever their status.
    pub(crate) fn ids(&self, kind: Kind) -> Vec<u64> {
        let kept = self.kept.get(&kind);
        let gone = self.gone.get(&kind);
        let generated = self.catalog.ids(kind).filter(|id| !gone.is_some_and(|gone| gone.contains(id)));
        let Some(kept) = kept else { return generated.collect() };
        let mut ids: Vec<u64> = generated.collect();
        let generated = ids.len();
        ids.extend(kept.keys().filter(|&&id| !self.catalog.has(kind, id)));
        if ids.len() > generated {
            ids.sort_unstable();
        }
        ids
    }

    /// The record as the shop keeps it.
    pub(crate) fn get(&self, kind: Kind, id: u64) -> Option<Cow<'_, Value>> {
        if let Some(record) = self.kept.get(&kind).and_then(|kept| kept.get(&id)) {
            return Some(Cow::Borrowed(record));
        }
        if self.gone.get(&kind).is_some_and(|gone| gone.contains(&id)) {
            return None;
        }
        self.catalog.record(kind, id, &self.settings).map(Cow::Owned)
    }

    /// A copy of the record's fields, to change and [`State::put`] back.
    pub(crate) fn take(&self, kind: Kind, id: u64) -> Option<Map<String, Value>> {
        match self.get(kind, id)?.into_owned() {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// What filters look at, of an id that exists.
    pub(crate) fn head(&self, kind: Kind, id: u64) -> Option<Head> {
        if let Some(record) = self.kept.get(&kind).and_then(|kept| kept.get(&id)) {
            return Some(head_of(record));
        }
        self.catalog.head(kind, id).or_else(|| self.get(kind, id).map(|record| head_of(&record)))
    }

    /// Keeps a record under its id, new or not.
    pub(crate) fn put(&mut self, kind: Kind, id: u64, record: Map<String, Value>) {
        self.version += 1;
        self.touched.insert((kind, id));
        self.tell(kind, id, &record);
        self.kept.entry(kind).or_default().insert(id, Value::Object(record));
        self.gone.entry(kind).or_default().remove(&id);
        let next = self.next_of(kind.sequence());
        *next = (*next).max(id + 1);
    }

    /// Notes for webhooks how a record is about to be written.
    fn tell(&mut self, kind: Kind, id: u64, record: &Map<String, Value>) {
        if self.webhooks.is_empty() {
            return;
        }
        let is_trash = |status: Option<&str>| status == Some("trash");
        let before = self.get(kind, id).map(|before| is_trash(before["status"].as_str()));
        let now = is_trash(record.get("status").and_then(Value::as_str));
        let written = match before {
            None => Written::Created,
            Some(false) if now => Written::Trashed,
            Some(_) => Written::Updated,
        };
        self.webhooks.note(kind, id, written);
    }

    /// Forgets a record for good; says whether it was there.
    pub(crate) fn remove(&mut self, kind: Kind, id: u64) -> bool {
        self.version += 1;
        let kept = self.kept.entry(kind).or_default().remove(&id).is_some();
        if self.catalog.has(kind, id) {
            return self.gone.entry(kind).or_default().insert(id) || kept;
        }
        kept
    }

    /// The records written since the last call.
    pub(crate) fn watch(&mut self) -> BTreeSet<(Kind, u64)> {
        std::mem::take(&mut self.touched)
    }

    /// Options changed: every list may look different.
    pub(crate) fn touch(&mut self) {
        self.version += 1;
    }

    /// A fresh id.
    pub(crate) fn new_id(&mut self, kind: Kind) -> u64 {
        let next = self.next_of(kind.sequence());
        *next += 1;
        *next - 1
    }

    /// The id that the next record of this kind gets, if it is free.
    pub(crate) fn set_next_id(&mut self, kind: Kind, id: u64) {
        *self.next_of(kind.sequence()) = id;
    }

    /// A fresh id for a line of an order.
    pub(crate) fn new_item_id(&mut self) -> u64 {
        self.next.item += 1;
        self.next.item - 1
    }

    /// A fresh id for a meta entry.
    pub(crate) fn new_meta_id(&mut self) -> u64 {
        self.next.meta += 1;
        self.next.meta - 1
    }

    /// Lets the next order line have this id.
    pub(crate) fn set_next_item_id(&mut self, id: u64) {
        self.next.item = id;
    }

    fn next_of(&mut self, sequence: Sequence) -> &mut u64 {
        match sequence {
            Sequence::Post => &mut self.next.post,
            Sequence::User => &mut self.next.user,
            Sequence::Term => &mut self.next.term,
        }
    }
}

fn head_of(record: &Value) -> Head {
    let status = record["status"].as_str().unwrap_or_default().to_owned();
    Head {
        created: dates::stamped(record, "date_created").unwrap_or(0),
        modified: dates::stamped(record, "date_modified"),
        status: Cow::Owned(status),
    }
}

impl State {
    /// The record's SKU, cheaply; empty if it has none.
    pub(crate) fn sku(&self, kind: Kind, id: u64) -> Option<String> {
        if let Some(record) = self.kept.get(&kind).and_then(|kept| kept.get(&id)) {
            return record["sku"].as_str().map(str::to_owned);
        }
        self.catalog.sku(kind, id)
    }
}
