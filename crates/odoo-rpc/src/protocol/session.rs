//! The web client's way: log in once, then send a cookie.
//!
//! Odoo checks the session token, not the password, on every call, which spares it a hash of a third of a second
//! whenever its caches were cleared. An API key opens no session, nor does a password with a second factor.

use reqwest::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{Call, json_rpc};
use crate::client::hide;
use crate::config::Config;
use crate::error::Error;
use crate::http::Http;

/// The cookie all clones share.
#[derive(Default)]
pub(crate) struct Session {
    current: Mutex<Current>,
}

#[derive(Default, Clone)]
struct Current {
    id: Option<SecretString>,
    /// Counts logins, so that of many calls that find the session expired one logs in.
    logins: u64,
}

impl Session {
    /// Logs in; `None` when login and password do not fit, or the server wants a second factor.
    pub(crate) async fn login(&self, http: &Http, config: &Config) -> Result<Option<i64>, Error> {
        let mut current = self.current.lock().await;
        log_in(http, config, &mut current).await
    }

    /// Calls, and logs in again once if the session has expired: an expired session did nothing.
    pub(crate) async fn call(&self, http: &Http, config: &Config, call: &Call<'_>) -> Result<Value, Error> {
        let before = self.current.lock().await.clone();
        match self.attempt(http, config, call, &before).await {
            Err(Error::SessionExpired { .. }) => {}
            done => return done,
        }
        let after = self.renewed(http, config, before.logins).await?;
        self.attempt(http, config, call, &after).await
    }

    /// Takes the session id out of an error's texts.
    pub(crate) async fn hide_id(&self, error: Error) -> Error {
        match self.current.lock().await.id.as_ref() {
            Some(id) => error.with_texts(|text| hide(text, id.expose_secret())),
            None => error,
        }
    }

    async fn renewed(&self, http: &Http, config: &Config, seen: u64) -> Result<Current, Error> {
        let mut current = self.current.lock().await;
        if current.logins == seen && log_in(http, config, &mut current).await?.is_none() {
            return Err(Error::AccessDenied {
                call: "login".to_owned(),
                message:
                    "the session ended and the server gives no new one. Check the password, and whether a \
                          second factor was switched on."
                        .to_owned(),
            });
        }
        Ok(current.clone())
    }

    async fn attempt(
        &self,
        http: &Http,
        config: &Config,
        call: &Call<'_>,
        with: &Current,
    ) -> Result<Value, Error> {
        let params = json!({
            "model": call.model, "method": call.method, "args": call.args, "kwargs": call.kwargs,
        });
        // The names in the path are for the server's log only.
        let mut request = http.post("/web/dataset/call_kw").json(&json_rpc::envelope(&params));
        if let Some(cookie) = with.id.as_ref().and_then(cookie) {
            request = request.header(COOKIE, cookie);
        }
        let answer = http.send(call.label, request).await?;
        // From 18 the server changes the id of a living session now and then; the old one soon ends.
        if let Some(id) = session_id(&answer.headers) {
            let mut current = self.current.lock().await;
            if current.logins == with.logins {
                current.id = Some(id);
            }
        }
        json_rpc::read(http, call.label, &config.database, &answer)
    }
}

async fn log_in(http: &Http, config: &Config, current: &mut Current) -> Result<Option<i64>, Error> {
    let params = json!({
        "db": config.database, "login": config.login, "password": config.secret.expose_secret(),
    });
    let request = http.post("/web/session/authenticate").json(&json_rpc::envelope(&params));
    let answer = http.send("login", request).await?;
    let info = match json_rpc::read(http, "login", &config.database, &answer) {
        Err(Error::AccessDenied { .. }) => return Ok(None),
        // The only AccessError of this route: the database is not there, or hidden by the server's dbfilter.
        Err(Error::Access { call, message }) => {
            return Err(Error::WrongDatabase { call, database: config.database.clone(), message });
        }
        other => other?,
    };
    let uid = info.get("uid").and_then(Value::as_i64);
    let id = session_id(&answer.headers);
    if uid.is_none() || id.is_none() {
        return Ok(None);
    }
    current.id = id;
    current.logins += 1;
    Ok(uid)
}

fn cookie(id: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("session_id={}", id.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn session_id(headers: &HeaderMap) -> Option<SecretString> {
    headers.get_all(SET_COOKIE).iter().find_map(|cookie| {
        let value = cookie.to_str().ok()?.strip_prefix("session_id=")?;
        let id = value.split(';').next().unwrap_or(value);
        (!id.is_empty()).then(|| SecretString::from(id))
    })
}
