//! The backends that webhooks may come for, each with what its definition and its secrets say.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use secrecy::SecretString;

use super::ping::{KnownPing, Pong};
use super::reading::{Meaning, Reader, Subject};
use super::verify::{Incoming, Refused, Verifier, lines};
use crate::config::{self, Config};
use crate::definition::model::Scalar;
use crate::definition::webhooks::{WebhookVerify, Webhooks};

/// Words in the names of headers whose values nobody should keep.
const HIDDEN_WORDS: [&str; 8] =
    ["signature", "secret", "token", "authorization", "cookie", "hmac", "api-key", "apikey"];

/// All backends, by name.
#[derive(Debug, Default)]
pub struct Receivers {
    by_name: BTreeMap<String, Registered>,
    /// Proxies whose `X-Forwarded-For` is believed.
    trusted_proxies: Vec<IpNet>,
}

/// What is known of a backend.
#[derive(Debug, Clone)]
pub enum Registered {
    /// Its webhooks can be verified.
    Ready(Arc<Receiver>),
    /// It takes no webhooks: its definition has none, or its secret is not given.
    Without(String),
    /// It should take some but cannot; why, and what to do.
    Broken(String),
}

impl Receivers {
    /// All backends of the configuration; reads the secrets that webhooks are signed with. One that is broken does
    /// not stop the others: [`Receivers::states`] tells of it.
    pub fn from_config(config: &Config) -> Receivers {
        let mut receivers = Receivers {
            trusted_proxies: config::networks(&config.service().trusted_proxies),
            ..Receivers::default()
        };
        for name in config.backend_names() {
            let registered = match config.backend(name) {
                Ok(backend) => Registered::of(&backend, config.service().public_url.as_deref()),
                Err(report) => Registered::Broken(format!("backend `{name}` cannot be used:\n{report}")),
            };
            receivers.by_name.insert(name.to_owned(), registered);
        }
        receivers
    }

    /// The same, believing what these proxies say of whom they saw.
    pub fn trusting(self, trusted_proxies: Vec<IpNet>) -> Receivers {
        Receivers { trusted_proxies, ..self }
    }

    /// Adds a backend, or replaces it.
    pub fn insert(&mut self, name: &str, registered: Registered) {
        self.by_name.insert(name.to_owned(), registered);
    }

    /// What is known of a backend.
    pub fn get(&self, name: &str) -> Option<&Registered> {
        self.by_name.get(name)
    }

    /// Every backend: name, `ready`, `without` or `broken`, and why it is not ready.
    pub fn states(&self) -> impl Iterator<Item = (&str, &'static str, Option<&str>)> {
        self.by_name.iter().map(|(name, registered)| match registered {
            Registered::Ready(_) => (name.as_str(), "ready", None),
            Registered::Without(reason) => (name.as_str(), "without", Some(reason.as_str())),
            Registered::Broken(reason) => (name.as_str(), "broken", Some(reason.as_str())),
        })
    }

    /// Who sent a request: the peer, or whom the trusted proxies in front of us saw.
    pub fn sender(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let trusted = |address: &IpAddr| {
            self.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()))
        };
        let peer = peer?.to_canonical();
        if !trusted(&peer) {
            return Some(peer);
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let seen: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        // Each proxy adds on the right whom it saw; the first that is none of ours is the sender.
        for address in seen.into_iter().rev() {
            let address: IpAddr = address.parse().ok()?;
            if !trusted(&address) {
                return Some(address.to_canonical());
            }
        }
        Some(peer)
    }
}

impl Registered {
    fn of(backend: &config::Backend, public_url: Option<&str>) -> Registered {
        let name = &backend.name;
        let Some(webhooks) = &backend.definition.webhooks else {
            return Registered::Without(format!("the connector of backend `{name}` has no webhooks"));
        };
        let mut secrets = BTreeMap::new();
        for wanted in wanted_secrets(webhooks) {
            match backend.secret(wanted) {
                Ok(Some(secret)) => drop(secrets.insert(wanted.to_owned(), secret)),
                // What may be missing is told below, by what needs it.
                Ok(None) => {}
                Err(error) => return Registered::Broken(error.to_string()),
            }
        }
        Registered::new(
            name,
            &Known {
                webhooks,
                settings: &backend.settings,
                secrets: &secrets,
                entities: &backend.entities,
                ips: &backend.webhook_ips,
                public_url,
            },
        )
    }

    /// A backend of this name.
    pub fn new(name: &str, known: &Known<'_>) -> Registered {
        let secret_name = known.webhooks.verify.secret();
        let Some(secret) = known.secrets.get(secret_name) else {
            return Registered::Without(format!(
                "backend `{name}` has no secret `{secret_name}` that webhooks are checked with; give it under \
                 `[backends.{name}.secrets]`"
            ));
        };
        match Receiver::new(name, known, secret) {
            Ok(receiver) => Registered::Ready(Arc::new(receiver)),
            Err(reason) => {
                Registered::Broken(format!("webhooks of backend `{name}` cannot be checked: {reason}"))
            }
        }
    }
}

fn wanted_secrets(webhooks: &Webhooks) -> BTreeSet<&str> {
    let username = match &webhooks.verify {
        WebhookVerify::Basic { username, .. } => Some(username.as_str()),
        _ => None,
    };
    let of_pings = webhooks.ping.iter().filter_map(|ping| ping.secret.as_deref());
    [webhooks.verify.secret()].into_iter().chain(username).chain(of_pings).collect()
}

/// What a definition and a configuration say about a backend's webhooks.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The definition's part.
    pub webhooks: &'k Webhooks,
    /// The backend's settings.
    pub settings: &'k BTreeMap<String, Scalar>,
    /// At least the secrets that `webhooks` names.
    pub secrets: &'k BTreeMap<String, SecretString>,
    /// The entities that are synced.
    pub entities: &'k [String],
    /// Who may send; empty: anybody.
    pub ips: &'k [IpNet],
    /// Where the service is reached from outside.
    pub public_url: Option<&'k str>,
}

/// Takes the webhooks of one backend.
#[derive(Debug)]
pub struct Receiver {
    backend: String,
    /// Name of the secret that deliveries are signed with.
    secret_name: String,
    verifier: Verifier,
    pings: Vec<KnownPing>,
    reader: Reader,
    ips: Vec<IpNet>,
}

impl Receiver {
    fn new(name: &str, known: &Known<'_>, secret: &SecretString) -> Result<Receiver, String> {
        let &Known { webhooks, settings, secrets, entities, ips, public_url } = known;
        let username = match &webhooks.verify {
            WebhookVerify::Basic { username, .. } => Some(named(username, settings, secrets)?),
            _ => None,
        };
        let mut pings = Vec::new();
        for ping in &webhooks.ping {
            let secret = match &ping.secret {
                Some(name) => {
                    Some(secrets.get(name).ok_or_else(|| format!("the secret `{name}` is not given"))?)
                }
                None => None,
            };
            pings.push(KnownPing::new(ping, secret.map(lines))?);
        }
        let address = public_url.map(|url| address(url, name));
        Ok(Receiver {
            backend: name.to_owned(),
            secret_name: webhooks.verify.secret().to_owned(),
            verifier: Verifier::new(&webhooks.verify, username.as_deref(), address.as_deref(), secret)?,
            pings,
            reader: Reader::new(webhooks, entities)?,
            ips: ips.to_vec(),
        })
    }

    /// The backend's name.
    pub fn backend(&self) -> &str {
        &self.backend
    }

    /// Name of the secret that deliveries are signed with.
    pub(super) fn secret_name(&self) -> &str {
        &self.secret_name
    }

    /// Whether webhooks may come from this address.
    pub(super) fn lets_in(&self, sender: Option<IpAddr>) -> bool {
        self.ips.is_empty()
            || sender
                .is_some_and(|sender| self.ips.iter().any(|network| network.contains(&sender.to_canonical())))
    }

    /// Whether a request without a signature may be an answerable ping.
    pub(super) fn has_pings(&self) -> bool {
        !self.pings.is_empty()
    }

    pub(super) fn check(&self, incoming: Incoming<'_>, now_secs: i64) -> Result<(), Refused> {
        self.verifier.check(incoming, now_secs)
    }

    pub(super) fn ping(&self, incoming: Incoming<'_>) -> Option<Pong> {
        self.pings.iter().find_map(|ping| ping.answers(incoming))
    }

    pub(super) fn read(&self, headers: &HeaderMap, body: &[u8]) -> Subject {
        self.reader.read(headers, body)
    }

    pub(super) fn meaning_of(&self, topic: &str, body: &[u8]) -> Meaning {
        self.reader.meaning_of(topic, body)
    }

    /// The headers that are kept, as a JSON object.
    pub(super) fn kept_headers(&self, headers: &HeaderMap) -> String {
        let kept: BTreeMap<&str, String> = headers
            .iter()
            .filter(|(name, _)| !self.hides(name))
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        serde_json::json!(kept).to_string()
    }

    fn hides(&self, name: &HeaderName) -> bool {
        self.verifier.header() == Some(name)
            || *name == header::AUTHORIZATION
            || HIDDEN_WORDS.iter().any(|word| name.as_str().contains(word))
    }
}

/// Where the external system delivers the webhooks of a backend.
pub(super) fn address(public_url: &str, backend: &str) -> String {
    format!("{}/webhooks/{backend}", public_url.trim_end_matches('/'))
}

/// The value of the secret or setting `name`.
fn named(
    name: &str,
    settings: &BTreeMap<String, Scalar>,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<String, String> {
    if let Some(secret) = secrets.get(name) {
        return lines(secret)
            .first()
            .map(|line| (*line).to_owned())
            .ok_or_else(|| format!("the secret `{name}` is empty"));
    }
    match settings.get(name) {
        Some(Scalar::Text(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_json().to_string()),
        None => Err(format!("`{name}` is not given")),
    }
}
