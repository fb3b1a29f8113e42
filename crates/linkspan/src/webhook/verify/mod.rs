//! Whether a delivery comes from who it says: [`WebhookVerify`] made ready to be asked.
//!
//! Raw bytes are compared, before anything is parsed, in constant time, against every line of the secret. A missing
//! secret is never right.

mod hmac;
mod message;
mod signed_time;
mod token;

use axum::http::{HeaderMap, HeaderName, Method};
use secrecy::{ExposeSecret, SecretString};

use crate::definition::webhooks::{SignatureHash, WebhookVerify};
use hmac::{Signature, SignatureHeader};
use message::MessageSignature;
pub use message::Piece;
use signed_time::{StandardWebhooks, Stripe};
use token::Token;

/// A delivery as it came.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'r> {
    /// Its method.
    pub method: &'r Method,
    /// Its headers.
    pub headers: &'r HeaderMap,
    /// Its query, still encoded.
    pub query: Option<&'r str>,
    /// Its raw body.
    pub body: &'r [u8],
}

impl Incoming<'_> {
    /// The value of a header that is there once and is plain text.
    fn header(&self, name: &HeaderName) -> Result<&str, Refused> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next().ok_or(Refused::Missing)?;
        let one = if values.next().is_some() { None } else { first.to_str().ok() };
        one.ok_or(Refused::Wrong)
    }

    /// The value of a query parameter that is there once.
    pub(super) fn query(&self, name: &str) -> Result<String, Refused> {
        let pairs = url::form_urlencoded::parse(self.query.unwrap_or_default().as_bytes());
        let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let first = values.next().ok_or(Refused::Missing)?;
        if values.next().is_some() { Err(Refused::Wrong) } else { Ok(first) }
    }
}

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has no signature at all.
    Missing,
    /// Its signature is not the secret's.
    Wrong,
    /// Its signature is right, but made too long ago, or in the future.
    Stale,
}

impl Refused {
    /// The word in metrics and logs.
    pub fn text(self) -> &'static str {
        match self {
            Refused::Missing => "missing",
            Refused::Wrong => "wrong",
            Refused::Stale => "stale",
        }
    }
}

/// Checks the deliveries of one backend.
pub struct Verifier(Kind);

enum Kind {
    Body(Signature),
    Message(Box<MessageSignature>),
    Standard(StandardWebhooks),
    Stripe(Stripe),
    Token(Token),
}

impl Verifier {
    /// A verifier with the secret's value, of which every line is accepted; `username` is that of HTTP Basic, `address`
    /// the one that deliveries are sent to, if it is known. The error says what is wrong with the definition, the
    /// configuration or the secret, without repeating it.
    pub fn new(
        verify: &WebhookVerify,
        username: Option<&str>,
        address: Option<&str>,
        secret: &SecretString,
    ) -> Result<Self, String> {
        let secrets = lines(secret);
        if secrets.is_empty() {
            return Err(format!("the secret `{}` is empty", verify.secret()));
        }
        let signature = |hash, header: &str, encoding, prefix: &Option<String>| {
            let header = SignatureHeader { name: name(header)?, encoding, prefix: prefix.clone() };
            Signature::new(hash, header, &secrets)
        };
        Ok(Verifier(match verify {
            WebhookVerify::HmacSha256 { header, encoding, prefix, .. } => {
                Kind::Body(signature(SignatureHash::Sha256, header, *encoding, prefix)?)
            }
            WebhookVerify::HmacSha1 { header, encoding, prefix, .. } => {
                Kind::Body(signature(SignatureHash::Sha1, header, *encoding, prefix)?)
            }
            WebhookVerify::HmacSha512 { header, encoding, prefix, .. } => {
                Kind::Body(signature(SignatureHash::Sha512, header, *encoding, prefix)?)
            }
            WebhookVerify::HmacMessage {
                hash,
                header,
                encoding,
                prefix,
                message,
                time_header,
                tolerance_secs,
                ..
            } => {
                let pieces = Piece::parse(message)?;
                if pieces.contains(&Piece::Url) && address.is_none() {
                    return Err("the address is signed and nothing says which one it is: write `public_url` under [service]"
                        .to_owned());
                }
                Kind::Message(Box::new(MessageSignature {
                    signature: signature(*hash, header, *encoding, prefix)?,
                    pieces,
                    time: time_header.as_deref().map(name).transpose()?,
                    tolerance_secs: *tolerance_secs,
                    address: address.map(str::to_owned),
                }))
            }
            WebhookVerify::StandardWebhooks { tolerance_secs, secret } => {
                Kind::Standard(StandardWebhooks::new(&secrets, secret, *tolerance_secs)?)
            }
            WebhookVerify::Stripe { header, tolerance_secs, .. } => {
                Kind::Stripe(Stripe::new(name(header)?, &secrets, *tolerance_secs)?)
            }
            WebhookVerify::Basic { .. } => Kind::Token(Token::basic(username.unwrap_or_default(), &secrets)),
            WebhookVerify::Bearer { .. } => Kind::Token(Token::bearer(&secrets)),
            WebhookVerify::Token { header: Some(header), .. } => {
                Kind::Token(Token::header(name(header)?, &secrets))
            }
            WebhookVerify::Token { query, .. } => {
                Kind::Token(Token::query(query.clone().unwrap_or_default(), &secrets))
            }
        }))
    }

    /// Whether the delivery is the external system's; `now_secs` is the present, in seconds since 1970.
    pub fn check(&self, incoming: Incoming<'_>, now_secs: i64) -> Result<(), Refused> {
        match &self.0 {
            Kind::Body(signature) => signature.check(incoming, &[incoming.body]),
            Kind::Message(message) => message.check(incoming, now_secs),
            Kind::Standard(standard) => standard.check(incoming, now_secs),
            Kind::Stripe(stripe) => stripe.check(incoming, now_secs),
            Kind::Token(token) => token.check(incoming),
        }
    }

    /// The header that carries the signature; its value is stored nowhere.
    pub fn header(&self) -> Option<&HeaderName> {
        match &self.0 {
            Kind::Body(signature) => Some(signature.header()),
            Kind::Message(message) => Some(message.signature.header()),
            Kind::Standard(_) => Some(&signed_time::SIGNATURE),
            Kind::Stripe(stripe) => Some(stripe.header()),
            Kind::Token(token) => token.carrier(),
        }
    }
}

/// Says nothing of the secret.
impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

/// The lines of a secret's value.
pub(super) fn lines(secret: &SecretString) -> Vec<&str> {
    secret.expose_secret().lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn name(text: &str) -> Result<HeaderName, String> {
    text.parse().map_err(|_| format!("`{text}` is no name of a header"))
}
