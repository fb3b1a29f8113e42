//! The secret itself goes along: in a header, in the query, as HTTP Basic or as a bearer token.

use axum::http::{HeaderName, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{Incoming, Refused};

/// A secret that goes along.
pub(super) struct Token {
    place: Place,
    /// Hashes are as long as each other, so that comparing them tells nothing, not even a length.
    accepted: Vec<[u8; 32]>,
}

enum Place {
    Header(HeaderName),
    Query(String),
    Basic,
    Bearer,
}

impl Token {
    pub(super) fn header(name: HeaderName, secrets: &[&str]) -> Self {
        Self::new(Place::Header(name), secrets.iter().map(|secret| (*secret).to_owned()))
    }

    pub(super) fn query(name: String, secrets: &[&str]) -> Self {
        Self::new(Place::Query(name), secrets.iter().map(|secret| (*secret).to_owned()))
    }

    pub(super) fn basic(username: &str, secrets: &[&str]) -> Self {
        Self::new(Place::Basic, secrets.iter().map(|secret| format!("{username}:{secret}")))
    }

    pub(super) fn bearer(secrets: &[&str]) -> Self {
        Self::new(Place::Bearer, secrets.iter().map(|secret| (*secret).to_owned()))
    }

    fn new(place: Place, secrets: impl Iterator<Item = String>) -> Self {
        Self { place, accepted: secrets.map(|secret| Sha256::digest(secret.as_bytes()).into()).collect() }
    }

    pub(super) fn carrier(&self) -> Option<&HeaderName> {
        match &self.place {
            Place::Header(name) => Some(name),
            Place::Query(_) => None,
            Place::Basic | Place::Bearer => Some(&header::AUTHORIZATION),
        }
    }

    pub(super) fn check(&self, incoming: Incoming<'_>) -> Result<(), Refused> {
        let given = match &self.place {
            Place::Header(name) => incoming.header(name)?.as_bytes().to_vec(),
            Place::Query(name) => incoming.query(name)?.into_bytes(),
            Place::Bearer => scheme(incoming, "bearer")?.as_bytes().to_vec(),
            Place::Basic => STANDARD.decode(scheme(incoming, "basic")?).map_err(|_| Refused::Wrong)?,
        };
        let given: [u8; 32] = Sha256::digest(given).into();
        let none = Choice::from(0);
        let found = self.accepted.iter().fold(none, |found, accepted| found | accepted.ct_eq(&given));
        if found.into() { Ok(()) } else { Err(Refused::Wrong) }
    }
}

/// What follows the scheme in `Authorization`.
fn scheme<'r>(incoming: Incoming<'r>, wanted: &str) -> Result<&'r str, Refused> {
    let mut values = incoming.headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next().ok_or(Refused::Missing)?.to_str().map_err(|_| Refused::Wrong)?;
    let (given, rest) = first.split_once(' ').ok_or(Refused::Wrong)?;
    let right = given.eq_ignore_ascii_case(wanted) && values.next().is_none();
    if right { Ok(rest.trim()) } else { Err(Refused::Wrong) }
}
