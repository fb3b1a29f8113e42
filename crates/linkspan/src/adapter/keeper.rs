//! Tokens that outlive a process and are shared by several: those of logins, and refresh tokens that change with each use.
//!
//! What leaves this process is sealed with a key that only the configuration's secrets give, so whoever reads the store
//! reads no token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use futures::future::BoxFuture;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::error::AdapterError;

/// Where sealed tokens are kept, and where processes agree on who asks for new ones. Errors are sentences.
pub trait TokenKeeper: Send + Sync {
    /// Waits until nobody else has the turn for `name`; the turn ends by itself when its holder is gone.
    fn begin<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Turn, String>>;

    /// Keeps `sealed`, if there is any, and ends the turn.
    fn end<'a>(&'a self, turn: &'a Turn, sealed: Option<&'a str>) -> BoxFuture<'a, Result<(), String>>;
}

/// The right to ask for a token.
#[derive(Debug)]
pub struct Turn {
    /// Whose tokens.
    pub name: String,
    /// Who has the turn, unlike anybody else's.
    pub holder: String,
    /// Grows with each turn.
    pub fence: i64,
    /// What is kept.
    pub sealed: Option<String>,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptTokens {
    pub(super) access: String,
    /// Milliseconds since 1970.
    pub(super) good_until: i64,
    /// Empty where there is none.
    pub(super) refresh: String,
}

/// Seals the tokens that came of one client and one first refresh token, or of one login: `secret` and `of`. With another of
/// either nothing opens, and the new one counts.
pub(super) struct Seal(LessSafeKey);

impl Seal {
    pub(super) fn new(secret: &SecretString, of: &SecretString) -> Result<Seal, AdapterError> {
        let salt = Salt::new(HKDF_SHA256, b"linkspan oauth2 tokens");
        let key = salt.extract(secret.expose_secret().as_bytes());
        let of = [of.expose_secret().as_bytes()];
        let key = key
            .expand(&of, &CHACHA20_POLY1305)
            .map_err(|_| AdapterError::config("No key can be made of the secrets."))?;
        Ok(Seal(LessSafeKey::new(UnboundKey::from(key))))
    }

    /// Nothing but a text of the greatest length cannot be sealed.
    pub(super) fn close(&self, tokens: &KeptTokens) -> Option<String> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut text = serde_json::to_vec(tokens).ok()?;
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(unique, Aad::empty(), &mut text).ok()?;
        Some(STANDARD_NO_PAD.encode([nonce.as_slice(), &text].concat()))
    }

    /// `None` for what was sealed with other secrets.
    pub(super) fn open(&self, sealed: &str) -> Option<KeptTokens> {
        let mut bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        serde_json::from_slice(self.0.open_in_place(nonce, Aad::empty(), text).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(client: &str, refresh: &str) -> Seal {
        Seal::new(&SecretString::from(client), &SecretString::from(refresh)).expect("a key")
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_secrets_only() {
        let tokens = KeptTokens { access: "a-1".to_owned(), good_until: 7, refresh: "r-2".to_owned() };
        let sealed = seal("client", "r-1").close(&tokens).expect("it can be sealed");
        assert!(!sealed.contains("a-1") && !sealed.contains("r-2"));
        let opened = seal("client", "r-1").open(&sealed).expect("it opens");
        assert_eq!((opened.access.as_str(), opened.good_until, opened.refresh.as_str()), ("a-1", 7, "r-2"));
        assert!(seal("other", "r-1").open(&sealed).is_none());
        assert!(seal("client", "r-9").open(&sealed).is_none());
        assert!(seal("client", "r-1").open("damaged").is_none());
        assert_ne!(sealed, seal("client", "r-1").close(&tokens).expect("it can be sealed"));
    }
}
