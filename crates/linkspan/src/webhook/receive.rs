//! `POST /webhooks/{backend}`.
//!
//! | status | meaning |
//! |---|---|
//! | 200 | it is on disk, it was before, or it was a ping: the header `Linkspan-Delivery` says which. Also for what imports nothing or cannot be read: the sender cannot do better, and systems such as WooCommerce switch webhooks off that are refused a few times |
//! | 401 | the signature is wrong, missing or too old; nothing is stored |
//! | 403 | it comes from an address that the configuration does not allow |
//! | 404 | there is no such backend, or it takes no webhooks |
//! | 405 | it is no POST, and no ping |
//! | 408 | the body came too slowly |
//! | 413 | the body is too large |
//! | 503 | it could not be stored, or not be checked: `Retry-After` says when to send it again |

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tracing::Instrument;

use super::inbox::{Inbox, Stored, Unavailable};
use super::reading::{Meaning, fingerprint};
use super::receivers::{Receiver, Receivers, Registered};
use super::refusals::Refusals;
use super::verify::{Incoming, Refused};
use crate::http_server::Peer;
use crate::http_server::body::{BodyError, BodyLimits};
use crate::store::redact::Redactor;
use crate::store::{BodyEncoding, DeliveryState, NewDelivery, correlation};
use crate::telemetry;

/// Seconds after which a delivery that could not be stored should come again.
const RETRY_AFTER_SECS: &str = "30";

/// Tells what became of an accepted delivery: the answer's body is empty, because some senders (Xero) insist on that.
const OUTCOME: header::HeaderName = header::HeaderName::from_static("linkspan-delivery");

/// Some systems send tokens by webhook; what imports nothing is kept without them.
static UNUSED: LazyLock<Redactor> = LazyLock::new(|| Redactor::new([], []));

/// What webhooks are received with; a clone is the same.
#[derive(Clone, Debug)]
pub struct Reception {
    receivers: Arc<Receivers>,
    inbox: Inbox,
    refusals: Refusals,
    limits: BodyLimits,
}

impl Reception {
    /// Receives for these backends, into this inbox. A body has at most `max_bytes` and `timeout` to arrive.
    pub fn new(
        receivers: Arc<Receivers>,
        inbox: Inbox,
        refusals: Refusals,
        (max_bytes, timeout): (u64, Duration),
    ) -> Reception {
        Reception { receivers, inbox, refusals, limits: BodyLimits::new(max_bytes, timeout) }
    }
}

/// The route `POST /webhooks/{backend}`; a GET is for challenges only.
pub fn router(reception: Reception) -> Router {
    Router::new().route("/webhooks/{backend}", post(receive).get(receive)).with_state(reception)
}

async fn receive(
    State(reception): State<Reception>,
    Path(backend): Path<String>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let answer = match reception.receivers.get(&backend) {
        Some(Registered::Ready(receiver)) => reception.take(receiver, request).await,
        Some(Registered::Without(reason)) => {
            Answer::new("without_webhooks", StatusCode::NOT_FOUND, format!("{reason}\n"))
        }
        Some(Registered::Broken(reason)) => {
            tracing::error!(backend, reason, "a webhook could not be checked");
            Answer::new(
                "broken",
                StatusCode::SERVICE_UNAVAILABLE,
                "this backend is not in order; see its log\n",
            )
        }
        None => Answer::new("unknown_backend", StatusCode::NOT_FOUND, "there is no such backend\n"),
    };
    // Anybody may make up names; they are no labels.
    let label = if reception.receivers.get(&backend).is_some() { backend } else { String::new() };
    metrics::counter!("linkspan_webhook_requests_total", "backend" => label.clone(), "outcome" => answer.outcome)
        .increment(1);
    metrics::histogram!("linkspan_webhook_answer_seconds", "backend" => label)
        .record(started.elapsed().as_secs_f64());
    answer.into_response()
}

/// What is answered, and how it is counted.
struct Answer {
    outcome: &'static str,
    status: StatusCode,
    text: String,
}

impl Answer {
    fn new(outcome: &'static str, status: StatusCode, text: impl Into<String>) -> Answer {
        Answer { outcome, status, text: text.into() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
        match self.status {
            StatusCode::OK => {
                headers.insert(OUTCOME, header::HeaderValue::from_static(self.outcome));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER_SECS));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, header::HeaderValue::from_static("POST"));
            }
            _ => {}
        }
        response
    }
}

impl Reception {
    async fn take(&self, receiver: &Receiver, request: Request) -> Answer {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        if !receiver.lets_in(self.receivers.sender(peer, request.headers())) {
            return Answer::new("refused_address", StatusCode::FORBIDDEN, "not from this address\n");
        }
        let (parts, body) = request.into_parts();
        // Who shows no signature need not send a body, unless it may be a ping, which is short.
        let unsigned = self.is_unsigned(receiver, &parts);
        if unsigned && !receiver.has_pings() {
            return self.refusal(receiver, &parts, Refused::Missing);
        }
        let limits = if unsigned { self.limits.for_strangers() } else { self.limits.clone() };
        let body = match read(&limits, &parts, body).await {
            Ok(body) => body,
            Err(error) => return too_much(error),
        };
        let incoming = incoming(&parts, &body);
        let checked = receiver.check(incoming, jiff::Timestamp::now().as_second());
        if matches!(checked, Ok(()) | Err(Refused::Missing))
            && let Some(pong) = receiver.ping(incoming)
        {
            return Answer::new("ping", StatusCode::OK, pong.0);
        }
        match checked {
            Err(refused) => self.refusal(receiver, &parts, refused),
            Ok(()) if parts.method != Method::POST => {
                Answer::new("not_allowed", StatusCode::METHOD_NOT_ALLOWED, "webhooks are POSTs\n")
            }
            Ok(()) => self.store(receiver, &parts, &body).await,
        }
    }

    fn is_unsigned(&self, receiver: &Receiver, parts: &Parts) -> bool {
        receiver.check(incoming(parts, &[]), 0) == Err(Refused::Missing)
    }

    /// Where a POST of a stranger is refused, a challenge by GET is simply not known.
    fn refusal(&self, receiver: &Receiver, parts: &Parts, refused: Refused) -> Answer {
        if parts.method != Method::POST {
            return Answer::new("not_allowed", StatusCode::METHOD_NOT_ALLOWED, "webhooks are POSTs\n");
        }
        self.refusals.refused(receiver, refused);
        let outcome = match refused {
            Refused::Missing => "unsigned",
            Refused::Wrong => "wrong_signature",
            Refused::Stale => "stale_signature",
        };
        Answer::new(outcome, StatusCode::UNAUTHORIZED, "the signature is missing, wrong or too old\n")
    }

    async fn store(&self, receiver: &Receiver, parts: &Parts, body: &Bytes) -> Answer {
        let delivery = delivery(receiver, parts, body);
        let outcome = delivery.state.text();
        let correlation = delivery.correlation.clone();
        let span =
            tracing::info_span!("webhook", backend = receiver.backend(), topic = delivery.topic, correlation);
        telemetry::follow(&span, [correlation.as_str()]);
        let stored = self.inbox.store(delivery).instrument(span).await;
        if stored.is_ok() {
            self.refusals.accepted(receiver.backend());
        }
        match stored {
            Ok(Stored::New) => {
                tracing::debug!(backend = receiver.backend(), correlation, outcome, "webhook");
                Answer::new(outcome, StatusCode::OK, "")
            }
            Ok(Stored::Repeat) => Answer::new("repeated", StatusCode::OK, ""),
            Err(Unavailable::Busy) => Answer::new(
                "busy",
                StatusCode::SERVICE_UNAVAILABLE,
                "too many webhooks wait; send it again\n",
            ),
            Err(Unavailable::Failed) => Answer::new(
                "not_stored",
                StatusCode::SERVICE_UNAVAILABLE,
                "it could not be stored; send it again\n",
            ),
        }
    }
}

fn incoming<'r>(parts: &'r Parts, body: &'r [u8]) -> Incoming<'r> {
    Incoming { method: &parts.method, headers: &parts.headers, query: parts.uri.query(), body }
}

async fn read(limits: &BodyLimits, parts: &Parts, body: Body) -> Result<Bytes, BodyError> {
    limits.read(&parts.headers, body).await
}

fn too_much(error: BodyError) -> Answer {
    let outcome = match error {
        BodyError::TooLarge => "too_large",
        BodyError::TooSlow => "too_slow",
        BodyError::Busy => "busy",
        BodyError::Broken => "broken_off",
    };
    Answer::new(outcome, error.status(), format!("{error}\n"))
}

fn delivery(receiver: &Receiver, parts: &Parts, body: &Bytes) -> NewDelivery {
    let subject = receiver.read(&parts.headers, body);
    let (state, records, message) = match subject.meaning {
        Meaning::Import { records, besides } => (DeliveryState::Queued, records, besides),
        Meaning::Nothing(why) => (DeliveryState::Ignored, Vec::new(), Some(why)),
        Meaning::Unreadable(why) => (DeliveryState::Unreadable, Vec::new(), Some(why)),
    };
    let (body_encoding, written) = match std::str::from_utf8(body) {
        Ok(text) if !text.contains('\0') => {
            let is_unused = state == DeliveryState::Ignored;
            (BodyEncoding::Text, if is_unused { UNUSED.body(text) } else { text.to_owned() })
        }
        // PostgreSQL keeps neither other encodings nor NUL.
        _ => (BodyEncoding::Base64, STANDARD.encode(body)),
    };
    NewDelivery {
        backend: receiver.backend().to_owned(),
        delivery: subject.delivery,
        fingerprint: fingerprint(&subject.topic, body),
        topic: subject.topic,
        records,
        state,
        message,
        headers: receiver.kept_headers(&parts.headers),
        body: written,
        body_encoding,
        correlation: correlation(),
        received_at: jiff::Timestamp::now().as_millisecond(),
    }
}
