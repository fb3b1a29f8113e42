//! Signatures over a time and the body, which cannot be replayed later: Standard Webhooks and Stripe's.

use axum::http::HeaderName;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::hmac::{Key, any_signs};
use super::{Incoming, Refused};
use crate::definition::webhooks::SignatureHash;

static ID: HeaderName = HeaderName::from_static("webhook-id");
static TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
pub(super) static SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// More signatures than a sender with a handful of keys sends; each costs a hash of the body.
const MAX_SIGNATURES: usize = 8;

/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
pub(super) struct StandardWebhooks {
    keys: Vec<Key>,
    tolerance_secs: u32,
}

impl StandardWebhooks {
    pub(super) fn new(secrets: &[&str], name: &str, tolerance_secs: u32) -> Result<Self, String> {
        let key = |secret: &&str| {
            let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
            // Anybody can sign with a key of nothing.
            let key = STANDARD.decode(encoded).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
                format!("the secret `{name}` is not `whsec_` and base64 as Standard Webhooks has it")
            })?;
            Key::new(SignatureHash::Sha256, &key)
        };
        Ok(Self { keys: secrets.iter().map(key).collect::<Result<_, _>>()?, tolerance_secs })
    }

    pub(super) fn check(&self, incoming: Incoming<'_>, now_secs: i64) -> Result<(), Refused> {
        let (id, time) = (incoming.header(&ID)?, incoming.header(&TIMESTAMP)?);
        let given = incoming.header(&SIGNATURE)?;
        let signed: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", incoming.body];
        let signatures = given.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
        any(signatures, &self.keys, &signed)?;
        recent(seconds(time)?, now_secs, self.tolerance_secs)
    }
}

/// <https://docs.stripe.com/webhooks#verify-manually>
pub(super) struct Stripe {
    header: HeaderName,
    keys: Vec<Key>,
    tolerance_secs: u32,
}

impl Stripe {
    pub(super) fn new(header: HeaderName, secrets: &[&str], tolerance_secs: u32) -> Result<Self, String> {
        // The secret as it stands, `whsec_` included.
        let keys = secrets.iter().map(|secret| Key::new(SignatureHash::Sha256, secret.as_bytes()));
        Ok(Self { header, keys: keys.collect::<Result<_, _>>()?, tolerance_secs })
    }

    pub(super) fn header(&self) -> &HeaderName {
        &self.header
    }

    pub(super) fn check(&self, incoming: Incoming<'_>, now_secs: i64) -> Result<(), Refused> {
        let given = incoming.header(&self.header)?;
        let parts = || given.split(',').filter_map(|part| part.trim().split_once('='));
        let time = parts().find(|(key, _)| *key == "t").map(|(_, time)| time).ok_or(Refused::Wrong)?;
        let signatures = parts().filter(|(key, _)| *key == "v1").filter_map(|(_, one)| hex::decode(one).ok());
        any(signatures, &self.keys, &[time.as_bytes(), b".", incoming.body])?;
        recent(seconds(time)?, now_secs, self.tolerance_secs)
    }
}

fn any(signatures: impl Iterator<Item = Vec<u8>>, keys: &[Key], signed: &[&[u8]]) -> Result<(), Refused> {
    let found =
        signatures.take(MAX_SIGNATURES).fold(false, |found, one| found | any_signs(keys, signed, &one));
    if found { Ok(()) } else { Err(Refused::Wrong) }
}

/// Judged after the signature: who does not know the secret does not learn what our clock says.
pub(super) fn recent(time_secs: i64, now_secs: i64, tolerance_secs: u32) -> Result<(), Refused> {
    if time_secs.abs_diff(now_secs) <= u64::from(tolerance_secs) { Ok(()) } else { Err(Refused::Stale) }
}

fn seconds(time: &str) -> Result<i64, Refused> {
    time.parse().map_err(|_| Refused::Wrong)
}
