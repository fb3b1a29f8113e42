//! The client: one database, one user, shared limits, repetitions where they are safe.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tracing::Instrument as _;

use crate::config::{Config, Protocol};
use crate::connect;
use crate::error::Error;
use crate::http::Http;
use crate::protocol::session::Session;
use crate::protocol::{Call, json_rpc, json2, xml_rpc};
use crate::retry::{Repeat, wait_before_next};
use crate::version::Version;

/// A logged-in user of one Odoo database. Clones are cheap and share connection, limits and session.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    context: Arc<Map<String, Value>>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) http: Http,
    pub(crate) version: Version,
    pub(crate) protocol: Protocol,
    pub(crate) uid: i64,
    pub(crate) session: Session,
}

impl Client {
    /// Asks the server for its version, chooses the protocol and logs in.
    ///
    /// # Errors
    /// [`Error::NotOdoo`], [`Error::AccessDenied`], [`Error::WrongDatabase`], [`Error::ProtocolOff`], or what
    /// keeps a call from getting through.
    pub async fn connect(config: Config) -> Result<Client, Error> {
        let inner = connect::connect(config).await?;
        Ok(Client { inner: Arc::new(inner), context: Arc::default() })
    }

    /// What the server said about itself when the client connected.
    pub fn version(&self) -> &Version {
        &self.inner.version
    }

    /// Database id of the user (`res.users`).
    pub fn uid(&self) -> i64 {
        self.inner.uid
    }

    /// The protocol in use.
    pub fn protocol(&self) -> Protocol {
        self.inner.protocol
    }

    /// Name of the database.
    pub fn database(&self) -> &str {
        &self.inner.config.database
    }

    /// HTTP requests sent so far by all clones, logins and repetitions included.
    pub fn calls_made(&self) -> u64 {
        self.inner.http.sent()
    }

    /// A clone that adds `context` to every call (`lang`, `tz`, `allowed_company_ids`, `tracking_disable`...);
    /// keys given here replace those of this client.
    #[must_use]
    pub fn with_context(&self, context: Map<String, Value>) -> Client {
        let mut merged = (*self.context).clone();
        merged.extend(context);
        Client { inner: Arc::clone(&self.inner), context: Arc::new(merged) }
    }

    /// Calls a public method of a model, as `execute_kw` does. A method on records takes their ids as first
    /// argument. The result is JSON as Odoo gives it; `null` for `None`.
    ///
    /// Over JSON-2 positional arguments are named from a table of the known methods; a method outside it may have
    /// its record ids as the one positional argument, everything else goes into `kwargs`.
    ///
    /// `repeat` says whether the call may run twice: what cannot be known to have failed is only repeated if so.
    ///
    /// # Errors
    /// Any [`Error`]. After the last repetition the last error is returned.
    pub async fn call(
        &self,
        model: &str,
        method: &str,
        args: Vec<Value>,
        kwargs: Map<String, Value>,
        repeat: Repeat,
    ) -> Result<Value, Error> {
        let label = format!("{model}.{method}");
        let kwargs = self.with_call_context(kwargs);
        let call = Call { model, method, args: &args, kwargs: &kwargs, label: &label };
        let start = Instant::now();
        let span = tracing::info_span!("odoo", call = label);
        let result = repeated(&self.inner.config, repeat, || self.attempt(&call)).instrument(span).await;
        let failed = result.as_ref().err().map(Error::class);
        tracing::debug!(call = label, took_ms = start.elapsed().as_millis() as u64, ?failed, "odoo call");
        result
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Value, Error> {
        let Inner { config, http, version, protocol, uid, session } = &*self.inner;
        let result = match protocol {
            Protocol::Json2 => json2::call(http, config, version.series, call).await,
            Protocol::Session => session.call(http, config, call).await,
            Protocol::JsonRpc => json_rpc::call(http, config, *uid, call).await,
            Protocol::XmlRpc => xml_rpc::call(http, config, *uid, call).await,
        };
        match result {
            Err(error) => Err(clean(config, session.hide_id(error).await)),
            done => done,
        }
    }

    /// The wait before what lost a race is tried again, if it still is to be.
    pub(crate) fn wait_after_race(&self, attempt: u32) -> Option<Duration> {
        let race = Error::Serialization { call: String::new(), name: String::new() };
        wait_before_next(&race, Repeat::Never, attempt, self.inner.config.retries)
    }

    /// The client's context under the one given with the call.
    fn with_call_context(&self, mut kwargs: Map<String, Value>) -> Map<String, Value> {
        if self.context.is_empty() {
            return kwargs;
        }
        let mut merged = (*self.context).clone();
        if let Some(Value::Object(own)) = kwargs.remove("context") {
            merged.extend(own);
        }
        kwargs.insert("context".to_owned(), Value::Object(merged));
        kwargs
    }
}

// Not derived: a context may hold anything.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.inner.config)
            .field("version", &self.inner.version.text)
            .field("protocol", &self.inner.protocol)
            .field("uid", &self.inner.uid)
            .finish_non_exhaustive()
    }
}

/// Runs `attempt` until it succeeds, must not be repeated, or has been repeated often enough.
pub(crate) async fn repeated<T, F>(
    config: &Config,
    repeat: Repeat,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut number = 0;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(wait) = wait_before_next(&error, repeat, number, config.retries) else {
            return Err(error);
        };
        tracing::debug!(call = error.call(), class = ?error.class(), ?wait, "odoo call is repeated");
        tokio::time::sleep(wait).await;
        number += 1;
    }
}

/// Texts of an answer can quote the request: the secret is taken out of them, and their length is bounded.
pub(crate) fn clean(config: &Config, error: Error) -> Error {
    let secret = config.secret.expose_secret();
    error.with_texts(|text| hide(text, secret))
}

/// Replaces `secret` in `text`, also as JSON and XML write it, and shortens a long text.
pub(crate) fn hide(text: &mut String, secret: &str) {
    const LONGEST: usize = 4_000;
    let in_json = Value::from(secret).to_string();
    let in_xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // The longest form first: the plain secret may be a part of it.
    for form in [in_json.trim_matches('"'), &in_xml, secret] {
        if !form.is_empty() && text.contains(form) {
            *text = text.replace(form, "[secret]");
        }
    }
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push_str("...");
    }
}
