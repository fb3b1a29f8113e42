//! Stored deliveries once more: after an outage of Odoo, or after the definition learnt a topic.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::reading::Meaning;
use super::receivers::{Receivers, Registered};
use crate::store::{Delivery, NewAudit, RecordKey, Replay, Result, Store};

/// What became of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Deliveries whose records are imported again.
    pub replayed: usize,
    /// Those that were left.
    pub left: Vec<NotReplayed>,
}

/// A delivery that cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotReplayed {
    /// Its number.
    pub id: i64,
    /// Why, in a sentence.
    pub reason: String,
}

/// Imports the records of these deliveries again, as the definition understands them now. The signature is not asked
/// for again: it was right when they were stored. `actor` is who wants it, for the audit.
pub async fn replay(store: &Store, receivers: &Receivers, ids: &[i64], actor: &str) -> Result<Replayed> {
    let (mut replays, mut outcome) = (Vec::new(), Replayed::default());
    for &id in ids {
        let meant = match store.delivery(id).await? {
            Some(delivery) => meaning(receivers, &delivery),
            None => Err(format!("There is no webhook {id}; it may be older than webhooks are kept.")),
        };
        match meant {
            Ok(records) => replays.push(Replay { id, records }),
            Err(reason) => outcome.left.push(NotReplayed { id, reason }),
        }
    }
    if !replays.is_empty() {
        let numbers: Vec<String> = replays.iter().map(|replay| replay.id.to_string()).collect();
        let audit = NewAudit {
            actor: actor.to_owned(),
            action: "webhook.replay",
            target: format!("webhook {}", numbers.join(", ")),
            details: None,
        };
        outcome.replayed = store.replay_deliveries(&replays, &audit).await?;
    }
    Ok(outcome)
}

fn meaning(receivers: &Receivers, delivery: &Delivery) -> std::result::Result<Vec<RecordKey>, String> {
    let receiver = match receivers.get(&delivery.backend) {
        Some(Registered::Ready(receiver)) => receiver,
        Some(Registered::Without(reason) | Registered::Broken(reason)) => {
            return Err(format!("Not now: {reason}."));
        }
        None => return Err(format!("The configuration has no backend {} any more.", delivery.backend)),
    };
    let body = match delivery.body_encoding.as_str() {
        "base64" => STANDARD
            .decode(&delivery.body)
            .map_err(|error| format!("Its stored body is damaged: {error}."))?,
        _ => delivery.body.clone().into_bytes(),
    };
    match receiver.meaning_of(&delivery.topic, &body) {
        Meaning::Import { records, .. } => Ok(records),
        Meaning::Nothing(reason) | Meaning::Unreadable(reason) => Err(reason),
    }
}
