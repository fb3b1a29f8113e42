//! Keys that sign, the header that carries a signature, and the signature over the raw body.

use axum::http::HeaderName;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{Incoming, Refused};
use crate::definition::webhooks::{SignatureEncoding, SignatureHash};

/// A key that is ready to sign: the key itself is hashed once, not once for each delivery.
#[derive(Clone)]
pub(super) enum Key {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

impl Key {
    pub(super) fn new(hash: SignatureHash, key: &[u8]) -> Result<Key, String> {
        let failed = |_| "the secret cannot be used as a key".to_owned();
        Ok(match hash {
            SignatureHash::Sha1 => Key::Sha1(Hmac::new_from_slice(key).map_err(failed)?),
            SignatureHash::Sha256 => Key::Sha256(Hmac::new_from_slice(key).map_err(failed)?),
            SignatureHash::Sha512 => Key::Sha512(Hmac::new_from_slice(key).map_err(failed)?),
        })
    }

    /// Whether `signature` is this key's over all `parts`, one behind the other. Takes the same time for every
    /// signature of the right length.
    pub(super) fn signs(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        fn verify<M: Mac>(mut mac: M, parts: &[&[u8]], signature: &[u8]) -> bool {
            parts.iter().for_each(|part| mac.update(part));
            mac.verify_slice(signature).is_ok()
        }
        match self.clone() {
            Key::Sha1(mac) => verify(mac, parts, signature),
            Key::Sha256(mac) => verify(mac, parts, signature),
            Key::Sha512(mac) => verify(mac, parts, signature),
        }
    }
}

/// Whether any of the keys signs; all are tried, so that the time tells nothing of which one.
pub(super) fn any_signs(keys: &[Key], parts: &[&[u8]], signature: &[u8]) -> bool {
    keys.iter().fold(false, |found, key| found | key.signs(parts, signature))
}

/// The header that carries a signature, and how it is written there.
pub(super) struct SignatureHeader {
    pub(super) name: HeaderName,
    pub(super) encoding: SignatureEncoding,
    /// Text in front of it.
    pub(super) prefix: Option<String>,
}

impl SignatureHeader {
    fn read(&self, incoming: Incoming<'_>) -> Result<Vec<u8>, Refused> {
        let given = incoming.header(&self.name)?;
        let given = given.strip_prefix(self.prefix.as_deref().unwrap_or_default()).ok_or(Refused::Wrong)?;
        let signature = match self.encoding {
            SignatureEncoding::Base64 => STANDARD.decode(given).ok(),
            SignatureEncoding::Hex => hex::decode(given).ok(),
        };
        signature.ok_or(Refused::Wrong)
    }
}

/// An HMAC in a header.
pub(super) struct Signature {
    header: SignatureHeader,
    keys: Vec<Key>,
}

impl Signature {
    pub(super) fn new(
        hash: SignatureHash,
        header: SignatureHeader,
        secrets: &[&str],
    ) -> Result<Self, String> {
        let keys =
            secrets.iter().map(|secret| Key::new(hash, secret.as_bytes())).collect::<Result<_, _>>()?;
        Ok(Self { header, keys })
    }

    pub(super) fn header(&self) -> &HeaderName {
        &self.header.name
    }

    /// Whether it is made of all `parts`, one behind the other.
    pub(super) fn check(&self, incoming: Incoming<'_>, parts: &[&[u8]]) -> Result<(), Refused> {
        let signature = self.header.read(incoming)?;
        if any_signs(&self.keys, parts, &signature) { Ok(()) } else { Err(Refused::Wrong) }
    }
}
