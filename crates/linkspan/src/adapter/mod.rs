//! Speaks the external system's API: authentication, paging, limits, errors.
//!
//! The way of a request: [`address`] fills in the definition's templates, [`limits`] says when it may go,
//! [`send`] adds credentials ([`auth`]) and sends it in the definition's [`format`], [`retry`] decides whether once more,
//! [`answer`] makes sure that what came is JSON, [`classify`] says what an error means. Lists are walked by [`walk`] over
//! [`paginate`], which says where the next page is, and [`guard`], which stops lists that never end.
//!
//! Nothing that leaves this folder (errors, [`Exchange`], [`Cursor`]) holds a secret: [`redact`].

mod address;
mod answer;
mod auth;
mod body;
mod classify;
mod error;
mod format;
mod guard;
mod headers;
mod html;
mod keeper;
mod limits;
mod login;
mod oauth;
mod oauth1;
mod observe;
mod page;
mod paginate;
mod param;
mod path;
mod redact;
mod retry;
mod send;
mod template;
mod token;
mod transport;
mod walk;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};

use crate::definition::model::{Definition, ErrorClass, Scalar};
use crate::definition::operation::{Method, Operation, ParamsIn};

pub use answer::Answer;
pub(crate) use body::{filled as fill_body, name as body_name, names_in as body_names, put as put_into};
pub use error::{AdapterError, Failure};
pub use keeper::{TokenKeeper, Turn};
pub use limits::{Ledger, Limits};
pub use observe::{Exchange, Observer};
pub use page::Page;
pub use paginate::Cursor;
pub use param::Param;
pub(crate) use path::find;
pub use retry::RetryPolicy;
pub use walk::Walk;
pub(crate) use xml::read as read_xml;

use address::Base;
use auth::Credentials;
use paginate::Position;
use param::Place;
use redact::Redactor;
use send::Request;

/// Longest time for a connection to be made; shorter when `http.timeout_ms` is.
const CONNECT_TIMEOUT_MS: u64 = 10_000;

/// Speaks the API of one backend. Clones are cheap and share connections and limits.
#[derive(Clone)]
pub struct Adapter(Arc<Shared>);

struct Shared {
    definition: Arc<Definition>,
    settings: BTreeMap<String, String>,
    base: Base,
    credentials: Credentials,
    redactor: Redactor,
    headers: HeaderMap,
    client: Client,
    limits: limits::Gate,
    observer: Option<Arc<dyn Observer>>,
    retry: RetryPolicy,
}

/// What an adapter shares with others, and how patient it is.
#[derive(Clone, Default)]
pub struct AdapterOptions {
    /// The backend's name: adapters of the same backend share its limits.
    pub backend: String,
    /// The process's limits.
    pub limits: Limits,
    /// Sees every exchange, redacted.
    pub observer: Option<Arc<dyn Observer>>,
    /// How often and how long a request is tried.
    pub retry: RetryPolicy,
    /// Keeps the tokens of logins, and refresh tokens that change with each use; without it they are lost with the process.
    pub tokens: Option<Arc<dyn TokenKeeper>>,
}

impl Adapter {
    /// An adapter for one backend. A setting or secret that is missing or cannot be sent is an error of class
    /// `config` that names it.
    pub fn new(
        definition: Arc<Definition>,
        settings: &BTreeMap<String, Scalar>,
        secrets: &BTreeMap<String, SecretString>,
        options: AdapterOptions,
    ) -> Result<Adapter, AdapterError> {
        let settings = with_defaults(&definition, settings);
        let base = Base::new(&definition.http.base_url, &settings)?;
        let keeper = options.tokens.map(|keeper| (keeper, options.backend.as_str()));
        let headers = headers::fixed(&definition, &settings, secrets)?;
        let credentials = Credentials::new(&definition, &settings, secrets, (&base, &headers), keeper)?;
        let wire_forms = credentials.wire_forms();
        // Each line of a webhook's secret is one.
        let known = secrets.values().map(ExposeSecret::expose_secret);
        let known = known.flat_map(|secret| [secret].into_iter().chain(secret.lines().map(str::trim)));
        let redactor = Redactor::new(known.chain(wire_forms.iter().map(String::as_str)));
        let client = client(&definition)?;
        let limits = options.limits.gate(&definition, &options.backend, &base.url);
        let (observer, retry) = (options.observer, options.retry);
        Ok(Adapter(Arc::new(Shared {
            definition,
            settings,
            base,
            credentials,
            redactor,
            headers,
            client,
            limits,
            observer,
            retry,
        })))
    }

    /// Gets one record by its id. A record that is not there is an error of class `gone`.
    pub async fn get(&self, operation: &str, id: &str) -> Result<Page, AdapterError> {
        let answer = self.call(operation, &[("id", id)], None).await?;
        let path = self.operation(operation)?.records.clone();
        Page::one(answer, path.unwrap_or_default())
    }

    /// Calls an operation. `params` fill the `{name}`s of path and body; those that neither names go where the operation's
    /// `params_in` says. The answer's body is JSON or empty.
    pub async fn call(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, AdapterError> {
        self.called(operation, params, body, None).await
    }

    /// Calls an operation with an idempotency key of the caller's, which goes along where the operation has a place for
    /// one.
    pub async fn call_with_key(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        body: Option<&serde_json::Value>,
        key: &str,
    ) -> Result<Answer, AdapterError> {
        self.called(operation, params, body, Some(key)).await
    }

    async fn called(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        body: Option<&serde_json::Value>,
        key: Option<&str>,
    ) -> Result<Answer, AdapterError> {
        let params: Vec<Param> = params.iter().map(|(name, value)| Param::new(name, *value)).collect();
        let mut request = self.request(operation, &params, &[])?;
        if let Some(record) = body {
            let wrap = request.operation.wrap.as_deref();
            let whole = body::with_record(request.body.take(), wrap, record);
            request.body = Some(whole.map_err(|message| AdapterError::config(message).at(operation, ""))?);
        }
        request.carry(key).map_err(|error| error.at(operation, ""))?;
        self.perform(&request).await
    }

    /// Walks a list from its beginning, or from where a walk's cursor says. `params` go along with every page and must be
    /// the same as when the cursor was made.
    pub fn list(&self, operation: &str, params: Vec<Param>, start: Option<Cursor>) -> Walk {
        Walk::new(self.clone(), operation.to_owned(), params, start)
    }

    /// Calls the operation that the definition names for "test connection", of a list the first page; `None` when it names
    /// none.
    pub async fn verify(&self) -> Result<Option<Answer>, AdapterError> {
        let Some(operation) = self.definition().auth.verify() else { return Ok(None) };
        self.perform(&self.verification(operation)?).await.map(Some)
    }

    fn verification<'a>(&'a self, operation: &'a str) -> Result<Request<'a>, AdapterError> {
        let paginate = self.operation(operation)?.paginate.as_ref();
        self.request(operation, &[], &paginate::params(paginate, &Position::Start))
    }

    /// The definition it speaks for.
    pub fn definition(&self) -> &Definition {
        &self.0.definition
    }

    fn operation(&self, name: &str) -> Result<&Operation, AdapterError> {
        self.definition().operations.get(name).ok_or_else(|| {
            AdapterError::config(format!("The definition has no operation `{name}`.")).at(name, "")
        })
    }

    fn request<'a>(
        &'a self,
        name: &'a str,
        params: &[Param],
        paging: &[Param],
    ) -> Result<Request<'a>, AdapterError> {
        let operation = self.operation(name)?;
        let wrong = |error: AdapterError| error.at(name, "");
        let mut headers = HeaderMap::new();
        for header in params.iter().filter(|param| param.place == Place::Header) {
            headers::add(&mut headers, &header.name, &header.text()).map_err(wrong)?;
        }
        let params: Vec<&Param> = params.iter().filter(|param| param.place == Place::Request).collect();
        let known = |name: &str| {
            let param = params.iter().copied().chain(paging).find(|param| param.name == name);
            let setting = || Some(body::setting(self.definition(), name, self.0.settings.get(name)?));
            param.map(|param| param.value.clone()).or_else(setting)
        };
        let (of_address, of_body) = (address::names(operation), body::names(operation));
        let in_body = operation.params_in == ParamsIn::Body;
        let is_free = |param: &&Param| !of_address.contains(&param.name) && !of_body.contains(&param.name);
        let placed = params.iter().copied().chain(paging).filter(|param| in_body && is_free(param));
        let body = body::with_params(body::fixed(operation, known), placed)
            .map_err(|message| wrong(AdapterError::config(format!("The body of `{name}`: {message}."))))?;
        let is_asked = |param: &&Param| of_address.contains(&param.name) || (!in_body && is_free(param));
        let pair = |param: &Param| (param.name.clone(), param.text());
        let asked: Vec<_> = params.iter().copied().filter(is_asked).map(pair).collect();
        let paging: Vec<_> = paging.iter().filter(is_asked).map(pair).collect();
        let url = self.base().operation(operation, &asked, &self.0.settings, &paging);
        let url = url.map_err(wrong)?;
        Ok(Request { name, operation, method: method(operation.method), url, headers, body })
    }

    fn base(&self) -> &Base {
        &self.0.base
    }

    fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    fn redactor(&self) -> &Redactor {
        &self.0.redactor
    }

    fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    fn client(&self) -> &Client {
        &self.0.client
    }
}

/// Names the connector only: settings and secrets are nobody's business.
impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Adapter({})", self.definition().connector.id)
    }
}

/// A key that no other request has: a UUID, which some systems insist on.
pub fn new_idempotency_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The backend's settings as text, with the definition's defaults for those it does not give.
fn with_defaults(definition: &Definition, given: &BTreeMap<String, Scalar>) -> BTreeMap<String, String> {
    let defaults =
        definition.settings.iter().filter_map(|(name, setting)| Some((name, setting.default.as_ref()?)));
    defaults.chain(given).map(|(name, value)| (name.clone(), text(value))).collect()
}

fn text(value: &Scalar) -> String {
    match value {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Text(value) => value.clone(),
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn client(definition: &Definition) -> Result<Client, AdapterError> {
    // The first one wins; without any, reqwest panics.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let timeout_ms = definition.http.timeout_ms;
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS.min(timeout_ms)))
        .gzip(true)
        .build()
        .map_err(|error| {
            AdapterError::new(ErrorClass::Config, format!("The HTTP client could not be made: {error}."))
                .hint("Check that this machine has its usual root certificates installed.")
        })
}
