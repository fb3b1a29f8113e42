//! Accounts and API tokens: made, changed, removed.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{OperationError, Operator, Result, found, random_token, token_hash};
use crate::store::Role;

/// Least and most characters of a password. The most keeps a sign-in from costing more than its hash.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=200;

const NAME_CHARS: usize = 64;

/// What API tokens begin with, so that scanners for leaked secrets can know them.
const TOKEN_PREFIX: &str = "lsp_";

/// A token that was just made; nobody can read it again.
#[derive(Debug)]
pub struct NewToken {
    /// The token.
    pub token: SecretString,
}

/// Passwords that are checked at a time.
static CHECKS: Semaphore = Semaphore::const_new(2);

/// Takes as long as a real one, so that the time of an answer does not tell which accounts exist.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

impl Operator<'_> {
    /// Adds an account.
    pub async fn add_account(&self, name: &str, role: Role, password: &SecretString) -> Result<()> {
        check_name(name, "account")?;
        let hash = checked_hash(password).await?;
        let audit = self.audit("account.add", format!("account {name}"), json!({ "role": role.text() }));
        if self.store.add_account(name, role, &hash, &audit).await? {
            return Ok(());
        }
        Err(OperationError::Invalid(format!(
            "there is an account {name} already; `linkspan accounts password {name}` changes its password"
        )))
    }

    /// Changes an account's password and signs it out everywhere.
    pub async fn change_password(&self, name: &str, password: &SecretString) -> Result<()> {
        let hash = checked_hash(password).await?;
        let audit = self.audit("account.password", format!("account {name}"), Value::Null);
        found(self.store.change_password(name, &hash, &audit).await?, || no_account(name))
    }

    /// Removes an account and signs it out everywhere.
    pub async fn remove_account(&self, name: &str) -> Result<()> {
        let audit = self.audit("account.remove", format!("account {name}"), Value::Null);
        found(self.store.remove_account(name, &audit).await?, || no_account(name))
    }

    /// Makes an API token, which is shown once.
    pub async fn add_token(&self, name: &str, role: Role) -> Result<NewToken> {
        check_name(name, "token")?;
        let token = format!("{TOKEN_PREFIX}{}", random_token());
        let audit = self.audit("token.add", format!("token {name}"), json!({ "role": role.text() }));
        if self.store.add_api_token(name, role, &token_hash(&token), &audit).await? {
            return Ok(NewToken { token: token.into() });
        }
        Err(OperationError::Invalid(format!(
            "there is a token {name} already; `linkspan tokens remove {name}` makes it useless and frees the name"
        )))
    }

    /// Removes an API token; it is refused from then on.
    pub async fn remove_token(&self, name: &str) -> Result<()> {
        let audit = self.audit("token.remove", format!("token {name}"), Value::Null);
        found(self.store.remove_api_token(name, &audit).await?, || {
            format!("there is no token {name}; `linkspan tokens list` shows all")
        })
    }
}

/// Whether the password is the one of this hash; without a hash it takes as long and is wrong. A hash costs 20 MB and
/// some 20 ms of a processor, so it runs beside the other tasks, and few at a time: whoever floods the sign-in waits in
/// line and takes neither the machine's memory nor its processors.
pub async fn verify_password(password: SecretString, hash: Option<String>) -> bool {
    let known = hash.is_some();
    // It is never closed.
    let Ok(_turn) = CHECKS.acquire().await else { return false };
    let checked = tokio::task::spawn_blocking(move || {
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let Ok(hash) = PasswordHash::new(&hash) else { return false };
        let password = password.expose_secret();
        password.chars().count() <= *PASSWORD_CHARS.end()
            && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    });
    checked.await.unwrap_or(false) && known
}

async fn checked_hash(password: &SecretString) -> Result<String> {
    let chars = password.expose_secret().chars().count();
    if !PASSWORD_CHARS.contains(&chars) {
        return Err(OperationError::Invalid(format!(
            "the password has {chars} characters; use {} to {}, several words for instance",
            PASSWORD_CHARS.start(),
            PASSWORD_CHARS.end()
        )));
    }
    let password = password.clone();
    let hashed = tokio::task::spawn_blocking(move || hash(password.expose_secret())).await;
    hashed.ok().and_then(std::result::Result::ok).ok_or_else(|| {
        OperationError::Invalid("the password could not be hashed: too little memory?".to_owned())
    })
}

fn hash(password: &str) -> std::result::Result<String, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>())?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string())
}

/// Names stand in the audit and beside events: plain characters, so that none looks like another text.
fn check_name(name: &str, what: &str) -> Result<()> {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._@-".contains(c));
    if plain && (1..=NAME_CHARS).contains(&name.len()) {
        return Ok(());
    }
    Err(OperationError::Invalid(format!(
        "{name:?} cannot be the name of {}: use 1 to {NAME_CHARS} letters, digits, `.`, `_`, `@`, `-`",
        if what == "account" { "an account" } else { "a token" }
    )))
}

fn no_account(name: &str) -> String {
    format!("there is no account {name}; `linkspan accounts list` shows all")
}
