//! Sees to it that the external system sends webhooks: one subscription for each topic that imports something, or one for
//! all where the other side knows no topics. Vendors switch them off in silence after a few failures, so this is done again
//! and again.
//!
//! A subscription is ours when it leads to our address, or when we made it. Others are left alone: they may belong to
//! another installation.

use std::collections::BTreeMap;

use pyexpr::Json;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::verify::lines;
use crate::adapter::{Adapter, AdapterError};
use crate::definition::webhooks::{Subscriptions, Topic, Webhooks};
use crate::mapping::{Found, Path};
use crate::store::{Store, StoreError, Subscription, SubscriptionState};

/// The topic of a subscription that brings all of them.
const ALL_TOPICS: &str = "*";

/// What is wanted of the external system.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The backend.
    pub backend: &'a str,
    /// Where the external system reaches us, `https://sync.example.com`.
    pub public_url: &'a str,
    /// Entities that are synced; topics of others are not wanted.
    pub entities: &'a [String],
    /// What the deliveries are to be signed with; its first line is given to new subscriptions.
    pub secret: Option<&'a SecretString>,
    /// Give the secret to those that are in order too: it was changed.
    pub renew_secret: bool,
}

impl Wanted<'_> {
    /// The address that webhooks of the backend are delivered to.
    pub fn address(&self) -> String {
        super::receivers::address(self.public_url, self.backend)
    }
}

/// Why subscriptions could not be looked after at all.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The definition does not say how.
    #[error(
        "the connector does not say how its webhooks are subscribed to; make them by hand on the other side, with the \
         address {address}"
    )]
    NotDescribed {
        /// The address to deliver to.
        address: String,
    },
    /// Deliveries could not be told from forgeries.
    #[error(
        "backend `{backend}` has no secret `{secret}` for its webhooks to be signed with; give it under \
         `[backends.{backend}.secrets]`: a long random text, such as `openssl rand -hex 32` makes"
    )]
    NoSecret {
        /// The backend.
        backend: String,
        /// Name of the secret.
        secret: String,
    },
    /// The external system could not be asked.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compares the subscriptions that the external system has with those that are wanted, makes what is missing, repairs
/// what does not deliver, deletes what is there twice, and remembers how each topic stands. A topic that could not be
/// helped gets an alert; the others go on. Doing it again changes nothing.
pub async fn ensure(
    adapter: &Adapter,
    webhooks: &Webhooks,
    wanted: &Wanted<'_>,
    store: &Store,
) -> Result<Vec<Subscription>, SubscribeError> {
    let Some(how) = &webhooks.subscriptions else {
        return Err(SubscribeError::NotDescribed { address: wanted.address() });
    };
    if how.secret.is_some() && wanted.secret.is_none_or(|secret| lines(secret).is_empty()) {
        forget_unwanted(store, wanted.backend, &[]).await?;
        let (backend, secret) = (wanted.backend.to_owned(), webhooks.verify.secret().to_owned());
        return Err(SubscribeError::NoSecret { backend, secret });
    }
    let known = store.list_subscriptions(Some(wanted.backend)).await?;
    let made_by_us: BTreeMap<String, String> =
        known.into_iter().filter_map(|one| Some((one.topic, one.remote_id?))).collect();
    let remotes = list(adapter, how).await?;
    let keeper = Keeper { adapter, how, wanted, address: wanted.address() };
    let is_wanted =
        |topic: &&Topic| topic.import.as_ref().is_some_and(|import| wanted.entities.contains(import));
    let mut topics: Vec<&str> =
        webhooks.topics.iter().filter(|(_, topic)| is_wanted(topic)).map(|(name, _)| name.as_str()).collect();
    if how.topic.is_none() && !topics.is_empty() {
        topics = vec![ALL_TOPICS];
    }
    let (mut rows, mut was_there) = (Vec::new(), Vec::new());
    for topic in topics {
        let is_ours = |remote: &&Remote| {
            remote.topic == topic
                && (remote.address == keeper.address || made_by_us.get(topic) == Some(&remote.id))
        };
        let ours: Vec<&Remote> = remotes.iter().filter(is_ours).collect();
        rows.push(keeper.keep(topic, &ours).await);
        was_there.push(!ours.is_empty());
    }
    let made = rows
        .iter_mut()
        .zip(was_there)
        .filter(|(row, was_there)| !was_there && row.state == SubscriptionState::Active);
    keeper.find_again(made.map(|(row, _)| row).collect()).await?;
    for row in &rows {
        tell(store, row).await?;
    }
    forget_unwanted(store, wanted.backend, &rows).await?;
    store.save_subscriptions(wanted.backend, &rows).await?;
    Ok(rows)
}

fn alert_name(backend: &str, topic: &str) -> String {
    format!("subscription:{backend}/{topic}")
}

/// Takes back the alerts of topics that are not wanted any more.
async fn forget_unwanted(store: &Store, backend: &str, wanted: &[Subscription]) -> Result<(), StoreError> {
    let any = alert_name(backend, "");
    for alert in store.list_alerts(Some(backend), 1_000).await? {
        let topic = alert.name.strip_prefix(&any);
        if topic.is_some_and(|topic| wanted.iter().all(|row| row.topic != topic)) {
            store.clear_alert(&alert.name).await?;
        }
    }
    Ok(())
}

/// Raises the alert of a subscription that does not deliver, or takes it back.
async fn tell(store: &Store, row: &Subscription) -> Result<(), StoreError> {
    let name = alert_name(&row.backend, &row.topic);
    if row.state == SubscriptionState::Active {
        return store.clear_alert(&name).await.map(drop);
    }
    let why = row.message.as_deref().unwrap_or_default();
    let message = format!(
        "Webhooks of the topic {} do not arrive: {why} Until that is mended changes are found by polling only. When it \
         is, run `linkspan webhooks subscribe {}`.",
        row.topic, row.backend
    );
    tracing::warn!(backend = row.backend, topic = row.topic, why, "a subscription does not deliver");
    store.raise_alert(&name, &row.backend, &message).await
}

/// A subscription as the external system tells it.
#[derive(Debug)]
struct Remote {
    id: String,
    topic: String,
    address: String,
    delivers: bool,
}

async fn list(adapter: &Adapter, how: &Subscriptions) -> Result<Vec<Remote>, AdapterError> {
    let mut walk = adapter.list(&how.list, Vec::new(), None);
    let mut remotes = Vec::new();
    while let Some(page) = walk.next().await? {
        remotes.extend(page.records()?.iter().filter_map(|record| Remote::read(record, how)));
    }
    Ok(remotes)
}

impl Remote {
    /// None of what is no subscription of this shape.
    fn read(record: &Json<'_>, how: &Subscriptions) -> Option<Remote> {
        let text = |name: &str| record.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let id = id_of(record, &how.id)?;
        let delivers = match (&how.status, &how.active) {
            (Some(status), Some(active)) => {
                record.get(status).is_some_and(|found| serde_json::json!(found) == active.to_json())
            }
            _ => true,
        };
        let topic = how.topic.as_ref().map_or_else(|| ALL_TOPICS.to_owned(), |topic| text(topic));
        Some(Remote { id, topic, address: text(&how.address), delivers })
    }
}

fn id_of(record: &Json<'_>, path: &str) -> Option<String> {
    match Path::parse(path).ok()?.find(record) {
        Found::Value(Json::Str(text)) if !text.is_empty() => Some(text.to_string()),
        Found::Value(number @ Json::Int(_)) => Some(number.to_string()),
        _ => None,
    }
}

/// Keeps the subscriptions of one backend.
struct Keeper<'a> {
    adapter: &'a Adapter,
    how: &'a Subscriptions,
    wanted: &'a Wanted<'a>,
    address: String,
}

impl Keeper<'_> {
    /// Makes one of a topic's subscriptions deliver; the row says how it ended.
    async fn keep(&self, topic: &str, ours: &[&Remote]) -> Subscription {
        let is_right = |remote: &&&Remote| remote.delivers && remote.address == self.address;
        let best = ours.iter().find(is_right).or_else(|| ours.first()).copied();
        let done = match best {
            None => self.create(topic).await,
            Some(remote) if is_right(&&remote) && !self.wanted.renew_secret => {
                Ok((Some(remote.id.clone()), None))
            }
            Some(remote) => self.repair(topic, remote).await,
        };
        let known = best.map(|remote| remote.id.clone());
        let (state, remote_id, mut message) = match done {
            Ok((remote_id, message)) => (SubscriptionState::Active, remote_id, message),
            Err(error) if known.is_some() => (SubscriptionState::Dead, known.clone(), Some(error)),
            Err(error) => (SubscriptionState::Missing, None, Some(error)),
        };
        for twin in ours.iter().filter(|remote| Some(&remote.id) != known.as_ref()) {
            if let Err(error) = self.delete(&twin.id).await {
                message.get_or_insert(format!(
                    "Subscription {} of the same topic could not be deleted: {error}",
                    twin.id
                ));
            }
        }
        Subscription {
            backend: self.wanted.backend.to_owned(),
            topic: topic.to_owned(),
            remote_id,
            state,
            message,
            checked_at: jiff::Timestamp::now().as_millisecond(),
        }
    }

    async fn create(&self, topic: &str) -> Result<(Option<String>, Option<String>), String> {
        let mut body = self.body();
        if let Some(field) = &self.how.topic {
            body.insert(field.clone(), topic.into());
        }
        for (name, value) in &self.how.fields {
            body.insert(name.clone(), value.to_json());
        }
        let answer =
            self.adapter.call(&self.how.create, &[], Some(&self.wrapped(body))).await.map_err(say)?;
        let made = answer.json().map_err(say)?;
        let id = self.inner(&self.how.create, &made).and_then(|made| id_of(made, &self.how.id));
        Ok((id, Some("It was made.".to_owned())))
    }

    /// What was made and is not in the list, as the definition reads it, would be made anew with every check.
    async fn find_again(&self, made: Vec<&mut Subscription>) -> Result<(), AdapterError> {
        if made.is_empty() {
            return Ok(());
        }
        let remotes = list(self.adapter, self.how).await?;
        for row in made {
            let found =
                remotes.iter().find(|remote| remote.topic == row.topic && remote.address == self.address);
            if let Some(found) = found {
                row.remote_id = Some(found.id.clone());
                continue;
            }
            let undone = match &row.remote_id {
                Some(id) => self.delete(id).await.is_ok() && self.how.delete.is_some(),
                None => false,
            };
            let and = if undone { "It was deleted again" } else { "Delete it on the other side" };
            row.state = SubscriptionState::Missing;
            row.message = Some(format!(
                "It was made and is not in the list of `{}` with its topic and address. {and}, and check `id`, `topic` and \
                 `address` of `webhooks.subscriptions` in the definition.",
                self.how.list
            ));
        }
        Ok(())
    }

    async fn repair(&self, topic: &str, remote: &Remote) -> Result<(Option<String>, Option<String>), String> {
        let what = match (remote.delivers, remote.address == self.address) {
            (false, _) => "It was switched off and is on again.",
            (true, false) => "It led to another address and leads here now.",
            (true, true) => "It was given the secret.",
        };
        let is_switchable = self.how.switch_on.as_ref().is_none_or(|fields| !fields.is_empty());
        let Some(update) = self.how.update.as_ref().filter(|_| remote.delivers || is_switchable) else {
            self.delete(&remote.id).await?;
            let (id, _) = self.create(topic).await?;
            return Ok((id, Some(what.to_owned())));
        };
        let mut body = self.body();
        for (name, value) in self.how.switch_on.iter().flatten() {
            body.insert(name.clone(), value.to_json());
        }
        let body = self.wrapped(body);
        let answer = self.adapter.call(update, &[("id", &remote.id)], Some(&body)).await.map_err(say)?;
        // Some systems take the change and keep it off.
        let now = answer.json().ok();
        let now = now.as_ref().and_then(|now| Remote::read(self.inner(update, now)?, self.how));
        match now {
            Some(now) if !now.delivers => Err("The external system leaves it switched off.".to_owned()),
            _ => Ok((Some(remote.id.clone()), Some(what.to_owned()))),
        }
    }

    async fn delete(&self, id: &str) -> Result<(), String> {
        match &self.how.delete {
            Some(delete) => self.adapter.call(delete, &[("id", id)], None).await.map(drop).map_err(say),
            None => Ok(()),
        }
    }

    /// What every subscription of ours says, whatever its topic.
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert(self.how.address.clone(), self.address.as_str().into());
        // Where the status can be set it is, so that a new one does not wait to be switched on.
        if let (Some(status), Some(active), None) = (&self.how.status, &self.how.active, &self.how.switch_on)
        {
            body.insert(status.clone(), active.to_json());
        }
        let secret = self.wanted.secret.map(lines).unwrap_or_default();
        if let (Some(field), Some(secret)) = (&self.how.secret, secret.first()) {
            body.insert(field.clone(), (*secret).into());
        }
        body
    }

    fn wrapped(&self, body: Map<String, Value>) -> Value {
        match &self.how.wrap {
            Some(name) => Value::Object(Map::from_iter([(name.clone(), Value::Object(body))])),
            None => Value::Object(body),
        }
    }

    /// The subscription in an operation's answer.
    fn inner<'v, 'j>(&self, operation: &str, answer: &'v Json<'j>) -> Option<&'v Json<'j>> {
        let records = self.adapter.definition().operations.get(operation)?.records.as_deref();
        match records.or(self.how.wrap.as_deref()) {
            Some(path) => crate::adapter::find(answer, path),
            None => Some(answer),
        }
    }
}

fn say(error: AdapterError) -> String {
    error.to_string()
}
