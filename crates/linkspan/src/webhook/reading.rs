//! What a delivery is about: its own id, its topic, and the record that it names. Only now its body is parsed.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{HeaderMap, HeaderName};
use pyexpr::Json;
use sha2::{Digest, Sha256};

use super::events::Events;
use crate::definition::webhooks::{Place, Webhooks};
use crate::mapping::{Found, Path};
use crate::store::RecordKey;

/// Ids and topics are part of indexes, which have a limit in PostgreSQL.
const MAX_NAME_CHARS: usize = 200;

/// Longest id of a record.
const MAX_RECORD_CHARS: usize = 500;

/// Where things stand in a backend's deliveries.
#[derive(Debug)]
pub(super) struct Reader {
    delivery: Option<Spot>,
    /// Where the events of a delivery stand; `None`: it is one.
    each: Option<Events>,
    topic: Option<Spot>,
    topics: BTreeMap<String, What>,
    /// Entities that this backend syncs.
    entities: Vec<String>,
}

#[derive(Debug)]
enum Spot {
    Header(HeaderName),
    Path(Path),
}

#[derive(Debug)]
enum What {
    Import { entity: String, id: Path },
    Ignore,
}

/// What a delivery is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) delivery: Option<String>,
    pub(super) topic: String,
    pub(super) meaning: Meaning,
}

/// What a delivery means for us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// These records are to be imported; what else there is to say of a list of events.
    Import { records: Vec<RecordKey>, besides: Option<String> },
    /// Nothing; why.
    Nothing(String),
    /// It should mean something, but cannot be read; why.
    Unreadable(String),
}

impl Reader {
    pub(super) fn new(webhooks: &Webhooks, entities: &[String]) -> Result<Reader, String> {
        let mut topics = BTreeMap::new();
        for (name, topic) in &webhooks.topics {
            let what = match (&topic.import, &topic.id) {
                (Some(entity), Some(id)) => What::Import { entity: entity.clone(), id: Path::parse(id)? },
                _ => What::Ignore,
            };
            topics.insert(name.clone(), what);
        }
        Ok(Reader {
            each: webhooks.each.as_deref().map(Events::parse).transpose()?,
            delivery: webhooks.delivery_id.as_ref().map(Spot::new).transpose()?,
            topic: webhooks.topic.as_ref().map(Spot::new).transpose()?,
            topics,
            entities: entities.to_vec(),
        })
    }

    /// Reads a delivery whose signature is right.
    pub(super) fn read(&self, headers: &HeaderMap, body: &[u8]) -> Subject {
        let mut parsed = Parsed { body, json: None };
        let mut at = |spot: &Option<Spot>| match spot {
            Some(Spot::Header(name)) => {
                headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            }
            Some(Spot::Path(path)) => parsed.get().ok().and_then(|json| text_at(json, path)),
            None => None,
        };
        let delivery = at(&self.delivery).filter(|id| !id.is_empty()).map(fitting);
        if let Some(each) = self.each.as_ref().filter(|_| matches!(self.topic, Some(Spot::Path(_)))) {
            let (topic, meaning) = match events(each, &mut parsed) {
                Ok(events) => (self.topics_of(&events), self.of_events(None, &events)),
                Err(reason) => (String::new(), Meaning::Unreadable(reason)),
            };
            return Subject { delivery, topic, meaning };
        }
        let topic = at(&self.topic).map(fitting).unwrap_or_default();
        let in_body = matches!(self.topic, Some(Spot::Path(_)));
        let meaning = match parsed.get() {
            Err(reason) if in_body => Meaning::Unreadable(reason.clone()),
            _ => self.meaning(&topic, &mut parsed),
        };
        Subject { delivery, topic, meaning }
    }

    /// What a stored delivery means by now: the definition may have changed.
    pub(super) fn meaning_of(&self, topic: &str, body: &[u8]) -> Meaning {
        self.meaning(topic, &mut Parsed { body, json: None })
    }

    fn meaning(&self, topic: &str, parsed: &mut Parsed<'_>) -> Meaning {
        if let Some(each) = &self.each {
            let of_all = matches!(self.topic, Some(Spot::Header(_))).then_some(topic);
            return match events(each, parsed) {
                Ok(events) => self.of_events(of_all, &events),
                Err(reason) => Meaning::Unreadable(reason),
            };
        }
        match self.what(topic).and_then(|(entity, id)| {
            let json = parsed.get().map_err(|reason| Fails::Unreadable(reason.clone()))?;
            record_at(json, entity, id)
        }) {
            Ok(record) => Meaning::Import { records: vec![record], besides: None },
            Err(Fails::Nothing(why)) => Meaning::Nothing(why),
            Err(Fails::Unreadable(why)) => Meaning::Unreadable(why),
        }
    }

    /// What a list of events means, each of its own topic unless one is given for all.
    fn of_events(&self, topic: Option<&str>, events: &[&Json<'_>]) -> Meaning {
        let (mut records, mut unreadable, mut nothing) = (BTreeSet::new(), Vec::new(), None);
        for event in events {
            let own = || self.topic_of(event);
            let topic = topic.map_or_else(own, str::to_owned);
            match self.what(&topic).and_then(|(entity, id)| record_at(event, entity, id)) {
                Ok(record) => drop(records.insert(record)),
                Err(Fails::Unreadable(why)) => unreadable.push(why),
                Err(Fails::Nothing(why)) => drop(nothing.get_or_insert(why)),
            }
        }
        let besides = unreadable
            .first()
            .map(|first| format!("{} of {} events cannot be read: {first}", unreadable.len(), events.len()));
        if records.is_empty() {
            let nothing = || nothing.unwrap_or_else(|| "It tells of no event.".to_owned());
            return besides.map_or_else(|| Meaning::Nothing(nothing()), Meaning::Unreadable);
        }
        Meaning::Import { records: records.into_iter().collect(), besides }
    }

    /// The topics of events, for people.
    fn topics_of(&self, events: &[&Json<'_>]) -> String {
        let topics: BTreeSet<String> = events.iter().map(|event| self.topic_of(event)).collect();
        fitting(topics.into_iter().filter(|topic| !topic.is_empty()).collect::<Vec<_>>().join(", "))
    }

    fn topic_of(&self, event: &Json<'_>) -> String {
        match &self.topic {
            Some(Spot::Path(path)) => text_at(event, path).map(fitting).unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// What a topic imports, and where its id stands.
    fn what(&self, topic: &str) -> Result<(&str, &Path), Fails> {
        let (entity, id) = match self.topics.get(topic) {
            Some(What::Import { entity, id }) => (entity, id),
            Some(What::Ignore) => return Err(Fails::Nothing(format!("The topic {topic} is ignored."))),
            None if topic.is_empty() => {
                return Err(Fails::Nothing("It has no topic, so it imports nothing.".to_owned()));
            }
            None => {
                let why = format!("The definition has no topic {topic}, so it imports nothing.");
                return Err(Fails::Nothing(why));
            }
        };
        if !self.entities.contains(entity) {
            return Err(Fails::Nothing(format!("This backend does not sync {entity}.")));
        }
        Ok((entity, id))
    }
}

/// Why a topic or an event imports nothing.
enum Fails {
    Nothing(String),
    Unreadable(String),
}

fn events<'p>(each: &Events, parsed: &'p mut Parsed<'_>) -> Result<Vec<&'p Json<'p>>, String> {
    each.of(parsed.get().map_err(|reason| reason.clone())?)
}

/// The record that stands at `id`.
fn record_at(json: &Json<'_>, entity: &str, id: &Path) -> Result<RecordKey, Fails> {
    match text_at(json, id) {
        Some(record) if record.chars().count() > MAX_RECORD_CHARS => Err(Fails::Unreadable(format!(
            "The {entity}'s id at {} has more than {MAX_RECORD_CHARS} characters.",
            id.text()
        ))),
        Some(external_id) => Ok(RecordKey { entity: entity.to_owned(), external_id }),
        None => {
            let message = Path::parse("message").ok().and_then(|path| text_at(json, &path));
            let instead = message.map_or_else(String::new, |message| {
                let message: String = message.chars().take(MAX_RECORD_CHARS).collect();
                format!(" It says instead: {message} The record may have been deleted before this was sent.")
            });
            Err(Fails::Unreadable(format!(
                "There is neither text nor a whole number at {}, where the {entity}'s id should stand.{instead}",
                id.text()
            )))
        }
    }
}

impl Spot {
    fn new(place: &Place) -> Result<Spot, String> {
        match place {
            Place { header: Some(name), .. } => {
                name.parse().map(Spot::Header).map_err(|_| format!("`{name}` is no name of a header"))
            }
            Place { path, .. } => Path::parse(path.as_deref().unwrap_or_default()).map(Spot::Path),
        }
    }
}

/// A body that is parsed when it is needed, once.
struct Parsed<'b> {
    body: &'b [u8],
    json: Option<Result<Json<'b>, String>>,
}

impl<'b> Parsed<'b> {
    fn get(&mut self) -> Result<&Json<'b>, &String> {
        let body = self.body;
        let parse = || Json::parse(body).map_err(|error| format!("The body is no JSON: {error}."));
        self.json.get_or_insert_with(parse).as_ref()
    }
}

fn text_at(json: &Json<'_>, path: &Path) -> Option<String> {
    match path.find(json) {
        Found::Value(Json::Str(text)) if !text.is_empty() => Some(text.to_string()),
        Found::Value(number @ Json::Int(_)) => Some(number.to_string()),
        _ => None,
    }
}

/// The name as it is, or its hash when it is too long for an index.
fn fitting(name: String) -> String {
    if name.chars().count() <= MAX_NAME_CHARS { name } else { hex::encode(Sha256::digest(name.as_bytes())) }
}

/// What makes a second delivery with the same id a repeat: WooCommerce gives one id to all deliveries of a second.
pub(super) fn fingerprint(topic: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(topic.as_bytes());
    hash.update([0]);
    hash.update(body);
    hex::encode(&hash.finalize()[..16])
}
