//! Asking an unknown server what it is, and choosing how to talk to it.

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::client::{Inner, clean, repeated};
use crate::config::{Config, Protocol, SessionUse, is_odoo_online};
use crate::error::Error;
use crate::http::Http;
use crate::protocol::session::Session;
use crate::protocol::{Call, json_rpc, json2, xml_rpc};
use crate::retry::Repeat;
use crate::version::{Series, Version};

pub(crate) async fn connect(config: Config) -> Result<Inner, Error> {
    let mut http = Http::new(&config)?;
    follow_https(&config, &mut http).await;
    let version = ask_version(&config, &http).await.map_err(|error| clean(&config, error))?;
    let session = Session::default();
    let mut first_error = None;
    for protocol in candidates(&config, version.series) {
        match log_in(&config, &http, &version, &session, protocol).await {
            Ok(uid) => {
                tracing::debug!(%version, %protocol, uid, "connected to Odoo");
                return Ok(Inner { config, http, version, protocol, uid, session });
            }
            // The remaining two check a secret alike: a second refusal is only one more failed login, and a few of
            // those lock the address out for a minute.
            Err(error @ Error::AccessDenied { .. }) if is_last_check(protocol) => {
                return Err(clean(&config, error));
            }
            Err(error) if another_may_work(&error) || protocol == Protocol::Json2 => {
                first_error = Some(better(first_error, error));
            }
            Err(error) => return Err(clean(&config, error)),
        }
    }
    let error = first_error.unwrap_or_else(|| Error::BadCall {
        call: "login".to_owned(),
        message: "no protocol fits this configuration".to_owned(),
    });
    Err(clean(&config, error))
}

/// A server that only redirects to `https` on the same host gets it, before any secret has left.
async fn follow_https(config: &Config, http: &mut Http) {
    if config.url.scheme() != "http" {
        return;
    }
    // Whatever else is wrong is found out, and named, by the version question.
    let Ok(answer) = http.send_raw("version", json_rpc::version_request(http)).await else { return };
    if let Some(target) = http.location(&answer).filter(|target| http.asks_for_https(target)) {
        http.use_https(&target);
    }
}

/// JSON-RPC first, the web client's routes where it is switched off, XML-RPC last. None needs a database or login.
async fn ask_version(config: &Config, http: &Http) -> Result<Version, Error> {
    let read = |answer: Value| {
        Version::from_answer(&answer).ok_or_else(|| Error::NotOdoo {
            call: "version".to_owned(),
            url: http.shown_url(),
            found: "it answers, but names no version. Check the address.".to_owned(),
        })
    };
    let first = match repeated(config, Repeat::Safe, || json_rpc::version(http)).await.and_then(read) {
        Err(error) if another_may_work(&error) => error,
        done => return done,
    };
    if let Ok(version) = json2::version(http).await.and_then(read) {
        return Ok(version);
    }
    if let Ok(version) = json_rpc::web_version(http).await.and_then(read) {
        return Ok(version);
    }
    if let Ok(version) = xml_rpc::version(http).await.and_then(read) {
        return Ok(version);
    }
    Err(match first {
        Error::ProtocolOff { call, .. } => Error::NotOdoo {
            call,
            url: http.shown_url(),
            found:
                "none of Odoo's addresses is there. Check the address, and that the proxy passes /jsonrpc or \
                    /xmlrpc/2."
                    .to_owned(),
        },
        other => other,
    })
}

/// The protocols to try, best first.
fn candidates(config: &Config, series: Series) -> Vec<Protocol> {
    if let Some(protocol) = config.protocol {
        return vec![protocol];
    }
    if config.session == SessionUse::Always {
        return vec![Protocol::Session];
    }
    let is_key = looks_like_api_key(config.secret.expose_secret());
    let mut protocols = Vec::with_capacity(3);
    // A URL with a proxy's user and password already uses the Authorization header.
    if is_key && series.major() >= 19 && config.url.username().is_empty() {
        protocols.push(Protocol::Json2);
    }
    // Trying a key there would count as a failed login, and a few of those lock the address out for a minute.
    if !is_key && config.session == SessionUse::Auto && !is_odoo_online(&config.url) {
        protocols.push(Protocol::Session);
    }
    protocols.extend([Protocol::JsonRpc, Protocol::XmlRpc]);
    protocols
}

/// Odoo's API keys are 20 random bytes in hexadecimal.
fn looks_like_api_key(secret: &str) -> bool {
    secret.len() == 40 && secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

async fn log_in(
    config: &Config,
    http: &Http,
    version: &Version,
    session: &Session,
    protocol: Protocol,
) -> Result<i64, Error> {
    let uid = repeated(config, Repeat::Safe, || async {
        match protocol {
            Protocol::Json2 => json2_login(config, http, version).await.map(Some),
            Protocol::Session => session.login(http, config).await,
            Protocol::JsonRpc => json_rpc::login(http, config).await,
            Protocol::XmlRpc => xml_rpc::login(http, config).await,
        }
    })
    .await?;
    uid.ok_or_else(|| Error::AccessDenied { call: "login".to_owned(), message: refusal(protocol).to_owned() })
}

/// A key says by itself who the user is: that it is the configured one is checked, as the other protocols do.
async fn json2_login(config: &Config, http: &Http, version: &Version) -> Result<i64, Error> {
    let series = version.series;
    if series < Series::V19 {
        let message = format!("it is Odoo {version}, and JSON-2 came with 19.0. Leave the protocol open.");
        return Err(Error::ProtocolOff { call: "login".to_owned(), protocol: "JSON-2".to_owned(), message });
    }
    if !config.url.username().is_empty() {
        let message =
            "the address has a proxy's user name, which takes the place of the API key. Leave the protocol \
                       open."
                .to_owned();
        return Err(Error::BadCall { call: "login".to_owned(), message });
    }
    let empty = Map::new();
    let ask = |model, method, args, label| Call { model, method, args, kwargs: &empty, label };
    let context = json2::call(http, config, series, &ask("res.users", "context_get", &[], "login")).await;
    let context = context.map_err(|error| match error {
        // Without a database Odoo has no such route. The same 404 comes from a proxy that blocks it.
        Error::ProtocolOff { call, .. } => Error::WrongDatabase {
            call,
            database: config.database.clone(),
            message:
                "its /json/2 answers 404. Check the name, the server's dbfilter, and that the proxy passes \
                      /json/2."
                    .to_owned(),
        },
        other => other,
    })?;
    let uid = context.get("uid").and_then(Value::as_i64);
    let domain = match uid {
        Some(uid) => json!([["id", "=", uid]]),
        None => json!([["login", "=", config.login]]),
    };
    let args = [domain, json!(["login"])];
    let users = json2::call(http, config, series, &ask("res.users", "search_read", &args, "login")).await?;
    let user = users.get(0);
    let login = user.and_then(|user| user.get("login")?.as_str());
    match user.and_then(|user| user.get("id")?.as_i64()) {
        Some(uid) if login == Some(config.login.as_str()) => Ok(uid),
        _ => Err(Error::AccessDenied {
            call: "login".to_owned(),
            message: format!(
                "the API key belongs to the login {:?}, not to {:?}. Configure the login that made the key.",
                login.unwrap_or("of another user"),
                config.login
            ),
        }),
    }
}

fn refusal(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Session => {
            "login and password do not fit, or the user has a second factor: with one, use an API key \
             (Preferences > Account Security). An API key opens no session."
        }
        _ => {
            "login and secret do not fit. Check both; with a second factor only an API key works \
             (Preferences > Account Security), and keys expire."
        }
    }
}

/// A protocol that is off, or a secret of a kind it does not take, says nothing about the next one.
fn another_may_work(error: &Error) -> bool {
    matches!(
        error,
        Error::ProtocolOff { .. }
            | Error::NotOdoo { .. }
            | Error::BadResponse { .. }
            | Error::AccessDenied { .. }
            | Error::Http { status: 400..=499, .. }
    )
}

/// Whether no other protocol could take a secret that this one refused.
fn is_last_check(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::JsonRpc | Protocol::XmlRpc)
}

/// A refused login or a database that is not there says more than a missing protocol.
fn better(first: Option<Error>, next: Error) -> Error {
    match first {
        Some(first) if !matches!(next, Error::AccessDenied { .. } | Error::WrongDatabase { .. }) => first,
        _ => next,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str, secret: &str) -> Config {
        Config::new(url.parse().unwrap(), "db", "me", secret.into())
    }

    const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn the_best_protocol_for_secret_and_series_comes_first() {
        use Protocol::{Json2, JsonRpc, Session, XmlRpc};
        let own = "https://odoo.example.com";
        let online = "https://shop.odoo.com";
        for (url, secret, series, wanted) in [
            (own, "hunter2", Series::V16, vec![Session, JsonRpc, XmlRpc]),
            (own, "hunter2", Series::V19, vec![Session, JsonRpc, XmlRpc]),
            (own, KEY, Series::V18, vec![JsonRpc, XmlRpc]),
            (own, KEY, Series::V19, vec![Json2, JsonRpc, XmlRpc]),
            (own, KEY, Series::Other(21), vec![Json2, JsonRpc, XmlRpc]),
            (online, "hunter2", Series::V18, vec![JsonRpc, XmlRpc]),
        ] {
            assert_eq!(candidates(&config(url, secret), series), wanted, "{url} {series}");
        }
    }

    #[test]
    fn a_configured_protocol_is_the_only_one() {
        let mut config = config("https://odoo.example.com", KEY);
        config.session = SessionUse::Always;
        assert_eq!(candidates(&config, Series::V19), [Protocol::Session]);
        config.protocol = Some(Protocol::XmlRpc);
        assert_eq!(candidates(&config, Series::V19), [Protocol::XmlRpc]);
    }
}
