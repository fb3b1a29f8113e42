//! Sends a request until it is answered or giving up is right.

use std::time::{Duration, Instant};

use super::answer::Answer;
use super::error::AdapterError;
use super::observe::{Exchange, SHOWN_BYTES};
use super::send::{Failed, Request};
use super::transport::Fate;
use super::{Adapter, classify};
use crate::definition::model::ErrorClass;

/// How often and how long a request is tried before its error is given to the caller.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Times a request is sent at most. Default 4.
    pub attempts: u32,
    /// Wait before the second try; it doubles each time, and a random part of it is left out. Default 500 ms.
    pub first_wait: Duration,
    /// Time a call may spend waiting, for limits and between tries; a longer wait is given back as an error with
    /// `retry_after`. Default 60 s; a queue's worker should wait less and reschedule.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            attempts: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
        }
    }
}

impl Adapter {
    /// Sends the request and gives its answer if that is a success.
    pub(super) async fn perform(&self, request: &Request<'_>) -> Result<Answer, AdapterError> {
        let outcome = self.observed(request, 1).await;
        outcome.map_err(|failed| self.final_error(request, failed))
    }

    /// Sends the request once and tells the observer.
    async fn observed(&self, request: &Request<'_>, attempt: u32) -> Result<Answer, Failed> {
        let (at, started) = (jiff::Timestamp::now(), Instant::now());
        let sent = self.send(request).await;
        if let Some(observer) = &self.0.observer {
            observer.exchange(self.exchange(request, attempt, at, started.elapsed(), &sent));
        }
        let answer = sent?;
        if !(200..300).contains(&answer.status) {
            let error = classify::error(self.definition(), request.operation, &answer);
            return Err(Failed { fate: Fate::Answered, error });
        }
        answer.check_json().map_err(|error| Failed { fate: Fate::Answered, error })?;
        Ok(answer)
    }

    fn exchange(
        &self,
        request: &Request<'_>,
        attempt: u32,
        at: jiff::Timestamp,
        took: Duration,
        sent: &Result<Answer, Failed>,
    ) -> Exchange {
        let redactor = self.redactor();
        let answer = sent.as_ref().ok();
        let failed = sent.as_ref().err();
        Exchange {
            at,
            operation: request.name.to_owned(),
            attempt,
            method: request.method.to_string(),
            url: redactor.url(&request.url),
            request_headers: redactor.headers(self.headers()),
            request_body: request.body.as_ref().map(|body| redactor.excerpt(body, SHOWN_BYTES)),
            status: answer.map(|answer| answer.status).or(failed.and_then(|failed| failed.error.status)),
            response_headers: answer.map(|answer| redactor.headers(&answer.headers)).unwrap_or_default(),
            response_body: answer
                .map(|answer| redactor.excerpt(&answer.body, SHOWN_BYTES))
                .unwrap_or_default(),
            response_bytes: answer.map_or(0, |answer| answer.body.len() as u64),
            took,
            error: failed.map(|failed| redactor.text(&failed.error.message)),
        }
    }

    /// What the caller learns: where it happened, without secrets, and whether the request may have been
    /// carried out all the same.
    fn final_error(&self, request: &Request<'_>, failed: Failed) -> AdapterError {
        let Failed { fate, error } = failed;
        let mut error = error.at(request.name, &self.redactor().url(&request.url));
        let done_perhaps = match fate {
            Fate::NotSent => false,
            Fate::Lost => true,
            // A success that cannot be read, or a server that failed on the way.
            Fate::Answered => error.status.is_some_and(|status| status < 300 || status >= 500),
        };
        if done_perhaps && !request.repeats() {
            error.outcome_unknown = true;
            error.class = ErrorClass::Ambiguous;
        }
        error.message = self.redactor().text(&error.message);
        error.code = error.code.take().map(|code| self.redactor().text(&code));
        error
    }
}
