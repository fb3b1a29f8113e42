//! Who may look at the dashboard and who may act on it: accounts, their web sessions, and tokens of programs.
//!
//! Only hashes are stored: of a password an argon2id string, of a session and of a token the SHA-256. Both tokens are
//! 256 random bits, so a fast hash is enough for them.

use schemars::JsonSchema;
use serde::Serialize;

use super::audit::{self, NewAudit};
use super::database::{Row, args, both};
use super::{Result, Store, StoreError, now_ms};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks and acts.
    Operator,
}

impl Role {
    /// The word in the database, on the command line and in JSON.
    pub fn text(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }

    fn from_text(text: String) -> Result<Self> {
        match text.as_str() {
            "viewer" => Ok(Self::Viewer),
            "operator" => Ok(Self::Operator),
            _ => Err(StoreError::Unexpected { column: "role", value: text }),
        }
    }
}

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The name to sign in with.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// When it was made.
    pub created_at: i64,
    /// When role or password was last changed.
    pub updated_at: i64,
}

/// A program that may use the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiToken {
    /// What it is called.
    pub name: String,
    /// What the program may do.
    pub role: Role,
    /// When it was made.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub used_at: Option<i64>,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// The account.
    pub account: String,
    /// What the account may do now; a changed role holds at once.
    pub role: Role,
    /// Stands in every form; a request without it was not made by our pages.
    pub csrf: String,
    /// When it ends.
    pub expires_at: i64,
}

const SESSION: &str = "SELECT s.account, a.role, s.csrf, s.expires_at FROM web_session s JOIN account a \
                       ON a.name = s.account WHERE s.token_hash = $1 AND s.expires_at > $2";

/// A token that is used all the time is written once a minute.
const USED: &str =
    "UPDATE api_token SET used_at = $2 WHERE name = $1 AND (used_at IS NULL OR used_at < $2 - 60000)";

impl Store {
    /// All accounts by name.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        let rows = self
            .database
            .read("list the accounts", both("SELECT * FROM account ORDER BY name"), args![])
            .await?;
        rows.iter().map(Account::from_row).collect()
    }

    /// Whether anybody can sign in.
    pub async fn has_account(&self) -> Result<bool> {
        let sql = both("SELECT 1 AS found FROM account LIMIT 1");
        Ok(!self.database.read("look for an account", sql, args![]).await?.is_empty())
    }

    /// Role and password hash of an account.
    pub async fn account_secret(&self, name: &str) -> Result<Option<(Role, String)>> {
        let sql = both("SELECT role, password_hash FROM account WHERE name = $1");
        let rows = self.database.read("read an account", sql, args![name]).await?;
        rows.first()
            .map(|row| Ok((Role::from_text(row.get("role")?)?, row.get("password_hash")?)))
            .transpose()
    }

    /// Adds an account; false when there is one of the name.
    pub async fn add_account(&self, name: &str, role: Role, hash: &str, audit: &NewAudit) -> Result<bool> {
        let sql = "INSERT INTO account (name, role, password_hash, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $4) ON CONFLICT (name) DO NOTHING";
        self.audited(&[(sql, args![name, role.text(), hash, now_ms()])], audit).await
    }

    /// Changes an account's password and signs it out everywhere; false when there is no such account.
    pub async fn change_password(&self, name: &str, hash: &str, audit: &NewAudit) -> Result<bool> {
        let change = "UPDATE account SET password_hash = $2, updated_at = $3 WHERE name = $1";
        let sign_out = "DELETE FROM web_session WHERE account = $1";
        let statements = [(change, args![name, hash, now_ms()]), (sign_out, args![name])];
        self.audited(&statements, audit).await
    }

    /// Removes an account and signs it out everywhere; false when there is no such account.
    pub async fn remove_account(&self, name: &str, audit: &NewAudit) -> Result<bool> {
        self.audited(&[("DELETE FROM account WHERE name = $1", args![name])], audit).await
    }

    /// Signs an account in: the session's hash, its CSRF token and its end. Ended sessions go on the way.
    pub async fn begin_web_session(
        &self,
        token_hash: &str,
        account: &str,
        csrf: &str,
        expires_at: i64,
    ) -> Result<()> {
        const ACTION: &str = "begin a web session";
        let insert = both(
            "INSERT INTO web_session (token_hash, account, csrf, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        );
        let now = now_ms();
        let mut tx = self.database.begin(ACTION).await?;
        let ended = both("DELETE FROM web_session WHERE expires_at <= $1");
        tx.session().execute(ACTION, ended, args![now]).await?;
        tx.session().execute(ACTION, insert, args![token_hash, account, csrf, now, expires_at]).await?;
        tx.commit(ACTION).await
    }

    /// The session with this hash, unless it has ended.
    pub async fn web_session(&self, token_hash: &str, now: i64) -> Result<Option<WebSession>> {
        let rows = self.database.read("read a web session", both(SESSION), args![token_hash, now]).await?;
        rows.first()
            .map(|row| {
                Ok(WebSession {
                    account: row.get("account")?,
                    role: Role::from_text(row.get("role")?)?,
                    csrf: row.get("csrf")?,
                    expires_at: row.get("expires_at")?,
                })
            })
            .transpose()
    }

    /// Signs out; false when nobody was signed in.
    pub async fn end_web_session(&self, token_hash: &str) -> Result<bool> {
        let sql = both("DELETE FROM web_session WHERE token_hash = $1");
        Ok(self.database.write("end a web session", sql, args![token_hash]).await? > 0)
    }

    /// All API tokens by name.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>> {
        let sql = both("SELECT * FROM api_token ORDER BY name");
        let rows = self.database.read("list the API tokens", sql, args![]).await?;
        rows.iter().map(ApiToken::from_row).collect()
    }

    /// Adds an API token; false when there is one of the name.
    pub async fn add_api_token(&self, name: &str, role: Role, hash: &str, audit: &NewAudit) -> Result<bool> {
        let sql = "INSERT INTO api_token (name, token_hash, role, created_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (name) DO NOTHING";
        self.audited(&[(sql, args![name, hash, role.text(), now_ms()])], audit).await
    }

    /// Removes an API token; false when there is none of the name.
    pub async fn remove_api_token(&self, name: &str, audit: &NewAudit) -> Result<bool> {
        self.audited(&[("DELETE FROM api_token WHERE name = $1", args![name])], audit).await
    }

    /// The API token with this hash, noted as used now.
    pub async fn use_api_token(&self, token_hash: &str) -> Result<Option<ApiToken>> {
        let sql = both("SELECT * FROM api_token WHERE token_hash = $1");
        let rows = self.database.read("read an API token", sql, args![token_hash]).await?;
        let Some(token) = rows.first().map(ApiToken::from_row).transpose()? else { return Ok(None) };
        let now = now_ms();
        if token.used_at.is_none_or(|used| used < now - 60_000) {
            self.database.write("note the use of an API token", both(USED), args![&token.name, now]).await?;
        }
        Ok(Some(token))
    }

    /// Runs statements in one transaction; when the first one touches a row, the action goes into the audit.
    pub(super) async fn audited(
        &self,
        statements: &[(&str, Vec<super::database::Arg>)],
        entry: &NewAudit,
    ) -> Result<bool> {
        let mut tx = self.database.begin(entry.action).await?;
        for (place, (sql, args)) in statements.iter().enumerate() {
            let touched = tx.session().execute(entry.action, both(sql), args.clone()).await?;
            if place == 0 && touched == 0 {
                return Ok(false);
            }
        }
        audit::write(&mut tx, entry).await?;
        tx.commit(entry.action).await?;
        Ok(true)
    }
}

impl Account {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            role: Role::from_text(row.get("role")?)?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl ApiToken {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            role: Role::from_text(row.get("role")?)?,
            created_at: row.get("created_at")?,
            used_at: row.get("used_at")?,
        })
    }
}
