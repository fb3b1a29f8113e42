//! Sends one request once: credentials, redirects, time, and the cap on the answer's size.

use std::borrow::Cow;
use std::time::Duration;

use bytes::BytesMut;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::Adapter;
use super::address::{self, Elsewhere};
use super::answer::{Answer, without_byte_order_mark};
use super::auth::Unsigned;
use super::error::AdapterError;
use super::param::Param;
use super::transport::{self, Fate};
use super::{body, classify, format, headers};
use crate::definition::model::{ErrorClass, Format};
use crate::definition::operation::{Operation, Repeat};

/// Redirects that are followed before the request is given up.
const REDIRECTS: usize = 5;

/// A request, ready but for its credentials.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    pub(super) name: &'a str,
    pub(super) operation: &'a Operation,
    pub(super) method: Method,
    pub(super) url: Url,
    /// Headers of this call alone.
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
}

impl Request<'_> {
    /// The headers of every request, and those of this call.
    pub(super) fn with_headers(&self, fixed: &HeaderMap) -> HeaderMap {
        let mut headers = fixed.clone();
        headers.extend(self.headers.clone());
        headers
    }

    /// Takes an idempotency key along, if the operation has a place for one: this, or one that no other request has.
    pub(super) fn carry(&mut self, key: Option<&str>) -> Result<(), AdapterError> {
        let Some(place) = &self.operation.idempotency_key else { return Ok(()) };
        let key = &*key.map_or_else(|| Cow::Owned(super::new_idempotency_key()), Cow::Borrowed);
        if let Some(header) = &place.header {
            headers::add(&mut self.headers, header, key)?;
        }
        if let Some(path) = &place.body {
            let param = Param::new(path, key);
            self.body = body::with_params(self.body.take(), [&param]).map_err(AdapterError::config)?;
        }
        Ok(())
    }

    /// Whether twice is the same as once, whoever sends it and whenever.
    pub(super) fn repeats(&self) -> bool {
        matches!(self.operation.repeat, Repeat::Safe | Repeat::Idempotent)
    }

    /// Whether it may be sent again as it is when its answer was lost.
    pub(super) fn may_go_again(&self) -> bool {
        self.repeats() || self.operation.idempotency_key.is_some()
    }
}

/// A request without a usable answer.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) fate: Fate,
    pub(super) error: AdapterError,
}

impl Failed {
    fn answered(error: AdapterError) -> Failed {
        Failed { fate: Fate::Answered, error }
    }
}

impl Adapter {
    /// Sends the request and follows redirects on the same server. The answer may be an error answer.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Answer, Failed> {
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.send_signed(request, &url).await?;
            match self.redirected(request, &url, &answer).map_err(Failed::answered)? {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        Err(Failed::answered(
            AdapterError::config(format!("The server redirected {REDIRECTS} times and then once more."))
                .hint(format!(
                    "Open the address in a browser and set `{}` to where it leads.",
                    self.base().setting
                )),
        ))
    }

    /// Sends it once more with another token when the one that went along was refused: it may have ended early.
    async fn send_signed(&self, request: &Request<'_>, to: &Url) -> Result<Answer, Failed> {
        let (answer, token) = self.send_to(request, to.clone()).await?;
        let is_refused = || classify::refuses_token(self.definition(), request, &answer);
        let Some(token) = token.filter(|_| is_refused()) else { return Ok(answer) };
        self.credentials().forget(&token).await;
        self.send_to(request, to.clone()).await.map(|(answer, _)| answer)
    }

    /// The answer, and the token that went along with the request.
    async fn send_to(
        &self,
        request: &Request<'_>,
        from: Url,
    ) -> Result<(Answer, Option<SecretString>), Failed> {
        let mut url = from.clone();
        let mut headers = request.with_headers(self.headers());
        let format = self.definition().http.format;
        let written = request.body.as_ref().map(|body| format::written(format, body)).transpose();
        let written = written.map_err(|reason| {
            let error = format!("What `{}` would send cannot be written: {reason}.", request.name);
            Failed { fate: Fate::NotSent, error: AdapterError::new(ErrorClass::Data, error) }
        })?;
        if written.is_some() {
            let kind = HeaderValue::from_static(format::content_type(format));
            headers.entry(CONTENT_TYPE).or_insert(kind);
        }
        let form = written.as_deref().filter(|_| format == Format::Form);
        let unsigned = Unsigned { method: &request.method, url: &mut url, headers: &mut headers, form };
        let token = self
            .credentials()
            .sign(self.client(), unsigned)
            .await
            .map_err(|error| Failed { fate: Fate::NotSent, error: self.at_token_server(error) })?;
        if let Some(token) = &token {
            self.redactor().learn(token.expose_secret());
        }
        let mut builder = self.client().request(request.method.clone(), url.clone());
        if let Some(written) = written {
            builder = builder.body(written);
        }
        let limit = Duration::from_millis(self.definition().http.timeout_ms);
        let exchange = async {
            let response = builder.headers(headers).send().await.map_err(|error| self.lost(&error, &url))?;
            self.read(request, from, response).await
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(done) => done.map(|answer| (answer, token)),
            Err(_) => Err(Failed {
                fate: Fate::Lost,
                error: AdapterError::new(
                    ErrorClass::Transient,
                    format!(
                        "{} did not send its whole answer within {} seconds.",
                        address::origin(&url),
                        limit.as_secs_f64()
                    ),
                )
                .hint("If this stays, ask for smaller pages or raise `http.timeout_ms`."),
            }),
        }
    }

    /// Without a token it is the request for one that failed.
    fn at_token_server(&self, error: AdapterError) -> AdapterError {
        match self.credentials().token_url() {
            Some(url) => error.at("", &self.redactor().url(url)),
            None => error,
        }
    }

    /// Reads the answer, never more of it than the definition allows.
    async fn read(&self, request: &Request<'_>, from: Url, mut response: Response) -> Result<Answer, Failed> {
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let url = self.redactor().url(&from);
        let cap = usize::try_from(self.definition().http.max_response_bytes).unwrap_or(usize::MAX);
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken_off(&error, body.len()))? {
            if chunk.len() > cap - body.len() {
                let error = AdapterError::config(format!(
                    "The answer is larger than {} ({cap} bytes).",
                    megabytes(cap)
                ))
                .hint("Ask for smaller pages, or raise `http.max_response_bytes` in the definition.");
                return Err(Failed::answered(error.status(status)));
            }
            body.extend_from_slice(&chunk);
        }
        let size = body.len() as u64;
        let (body, unreadable) =
            format::read(&self.definition().http, request.operation, without_byte_order_mark(body.freeze()));
        Ok(Answer {
            status,
            headers,
            body,
            size,
            unreadable,
            url,
            operation: request.name.to_owned(),
            from,
            repeats: request.repeats(),
        })
    }

    fn lost(&self, error: &reqwest::Error, url: &Url) -> Failed {
        let (fate, error) = transport::explain(error, url, &self.base().setting);
        Failed { fate, error }
    }

    fn broken_off(&self, error: &reqwest::Error, read: usize) -> Failed {
        let message = format!("The answer broke off after {read} bytes ({}).", transport::innermost(error));
        let error = AdapterError::new(ErrorClass::Transient, message).hint(
            "The server or a proxy in front of it stopped early; look into its error log if this stays.",
        );
        Failed { fate: Fate::Lost, error }
    }

    /// Where a redirect leads, if the answer is one. Only addresses on the same server are followed: credentials
    /// go along.
    fn redirected(
        &self,
        request: &Request<'_>,
        from: &Url,
        answer: &Answer,
    ) -> Result<Option<Url>, AdapterError> {
        let keeps_method = matches!(answer.status, 307 | 308);
        if !keeps_method && !matches!(answer.status, 301..=303) {
            return Ok(None);
        }
        let Some(target) = header_text(&answer.headers) else { return Ok(None) };
        let refuse = |message: String| AdapterError::config(message).status(answer.status);
        let setting = &self.base().setting;
        let next = self.base().same_server(from, target).map_err(|elsewhere| match elsewhere {
            Elsewhere::NoAddress => refuse("The server redirected to something that is no address.".to_owned()),
            Elsewhere::Https(to) => refuse(format!("The server redirects to {}.", address::origin(&to))).hint(format!(
                "Set `{setting}` to the address with https://; until then the credentials are sent unencrypted."
            )),
            Elsewhere::Other(to) => {
                refuse(format!("The server redirects to another address, {}, which was not followed.", address::origin(&to)))
                    .hint(format!("If that is the right shop, set `{setting}` to it; credentials are sent nowhere else."))
            }
        })?;
        if !keeps_method && !matches!(request.method, Method::GET | Method::HEAD) {
            return Err(refuse(format!(
                "The server redirected a {} with status {}, which would turn it into a GET.",
                request.method, answer.status
            ))
            .hint(format!("Check `{setting}` and the path of `{}`.", request.name)));
        }
        Ok(Some(next))
    }
}

fn header_text(headers: &HeaderMap) -> Option<&str> {
    headers.get(LOCATION)?.to_str().ok()
}

fn megabytes(bytes: usize) -> String {
    const MIB: usize = 1024 * 1024;
    match bytes >= MIB {
        true => format!("{} MiB", bytes / MIB),
        false => format!("{} KiB", bytes / 1024),
    }
}
