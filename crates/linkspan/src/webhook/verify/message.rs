//! An HMAC over more than the body: a text with places for the method, the address, the time and the body.

use axum::http::HeaderName;

use super::hmac::Signature;
use super::signed_time::recent;
use super::{Incoming, Refused};
use crate::epoch;

/// A piece of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The same in every delivery.
    Text(String),
    /// `{method}`.
    Method,
    /// `{url}`.
    Url,
    /// `{time}`.
    Time,
    /// `{body}`.
    Body,
}

impl Piece {
    /// The pieces of a `message`. The error says what is wrong with it.
    pub fn parse(message: &str) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        let mut rest = message;
        while let Some((text, behind)) = rest.split_once('{') {
            if !text.is_empty() {
                pieces.push(Piece::Text(text.to_owned()));
            }
            let (name, behind) = behind.split_once('}').ok_or("a `{` is not closed")?;
            pieces.push(match name {
                "method" => Piece::Method,
                "url" => Piece::Url,
                "time" => Piece::Time,
                "body" => Piece::Body,
                other => return Err(format!("`{{{other}}}` is nothing that can be signed")),
            });
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        if pieces.contains(&Piece::Body) { Ok(pieces) } else { Err("`{body}` is not signed".to_owned()) }
    }
}

/// A signature over a message.
pub(super) struct MessageSignature {
    pub(super) signature: Signature,
    pub(super) pieces: Vec<Piece>,
    /// The header that carries the time.
    pub(super) time: Option<HeaderName>,
    pub(super) tolerance_secs: u32,
    /// The address that deliveries are sent to, without a query.
    pub(super) address: Option<String>,
}

impl MessageSignature {
    pub(super) fn check(&self, incoming: Incoming<'_>, now_secs: i64) -> Result<(), Refused> {
        let time = self.time.as_ref().map(|header| incoming.header(header)).transpose()?;
        let mut parts: Vec<&[u8]> = Vec::with_capacity(self.pieces.len() + 2);
        for piece in &self.pieces {
            parts.push(match piece {
                Piece::Body => incoming.body,
                Piece::Text(text) => text.as_bytes(),
                Piece::Method => incoming.method.as_str().as_bytes(),
                Piece::Url => self.address.as_deref().unwrap_or_default().as_bytes(),
                Piece::Time => time.unwrap_or_default().as_bytes(),
            });
            if let (Piece::Url, Some(query)) = (piece, incoming.query) {
                parts.extend([&b"?"[..], query.as_bytes()]);
            }
        }
        self.signature.check(incoming, &parts)?;
        let Some(time) = time else { return Ok(()) };
        let time: i64 = time.parse().map_err(|_| Refused::Wrong)?;
        let moment = epoch::moment(time).map_err(|_| Refused::Stale)?;
        recent(moment.as_second(), now_secs, self.tolerance_secs)
    }
}
