//! Tokens that outlive a process and are shared by several: those of logins, and refresh tokens that change with each use.
//!
//! What leaves this process is sealed with a key that only the configuration's secrets give, so whoever reads the store
//! reads no token.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use futures::future::BoxFuture;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::{digest, pbkdf2};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::error::AdapterError;

/// As OWASP's cheat sheet on password storage has it for this function.
const PASSWORD_ROUNDS: NonZeroU32 = NonZeroU32::new(210_000).unwrap();

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

/// Seals the tokens that came of one client and one first refresh token, or of one login. With another one of these nothing
/// opens, and the new one counts.
pub(super) struct Seal(LessSafeKey);

impl Seal {
    pub(super) fn new(
        client_secret: &SecretString,
        first_refresh: &SecretString,
    ) -> Result<Seal, AdapterError> {
        let salt = Salt::new(HKDF_SHA256, b"linkspan oauth2 tokens");
        let key = salt.extract(client_secret.expose_secret().as_bytes());
        let of = [first_refresh.expose_secret().as_bytes()];
        let key = key
            .expand(&of, &CHACHA20_POLY1305)
            .map_err(|_| AdapterError::config("No key can be made of the client's secret."))?;
        Ok(Seal(LessSafeKey::new(UnboundKey::from(key))))
    }

    /// People choose passwords: whoever has the store and tries some pays much for each. `of` is the rest of the login.
    pub(super) fn of_login(password: &SecretString, of: &[u8]) -> Result<Seal, AdapterError> {
        let mut key = [0; digest::SHA256_OUTPUT_LEN];
        let salt = [b"linkspan login".as_slice(), of].concat();
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA512,
            PASSWORD_ROUNDS,
            &salt,
            password.expose_secret().as_bytes(),
            &mut key,
        );
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key)
            .map_err(|_| AdapterError::config("No key can be made of the password."))?;
        Ok(Seal(LessSafeKey::new(key)))
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

    #[test]
    fn a_login_opens_what_the_same_login_sealed() {
        let of = |password: &str, of: &str| {
            Seal::of_login(&SecretString::from(password), of.as_bytes()).expect("a key")
        };
        let tokens = KeptTokens { access: "a-1".to_owned(), good_until: 7, refresh: String::new() };
        let sealed = of("pass", "https://one.example").close(&tokens).expect("it can be sealed");
        assert!(of("pass", "https://one.example").open(&sealed).is_some());
        assert!(of("pass", "https://two.example").open(&sealed).is_none());
        assert!(of("word", "https://one.example").open(&sealed).is_none());
    }
}
