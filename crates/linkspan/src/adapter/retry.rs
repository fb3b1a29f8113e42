//! Sends a request until it is answered or giving up is right.

use std::time::Duration;

use rand::Rng as _;
use reqwest::Method;
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use super::answer::Answer;
use super::error::AdapterError;
use super::limits::Wait;
use super::observe::{Exchange, SHOWN_BYTES};
use super::send::{Failed, Request};
use super::transport::Fate;
use super::{Adapter, classify};
use crate::definition::model::ErrorClass;

/// Longest wait between two tries when the server does not say how long.
const LONGEST_STEP: Duration = Duration::from_secs(30);

/// Longest pause for everybody after a 503: unlike a 429 it may be over before it said.
const LONGEST_UNAVAILABLE: Duration = Duration::from_secs(60);

/// How often and how long a request is tried before its error is given to the caller.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Times a request is sent at most. Default 4.
    pub attempts: u32,
    /// Wait before the second try; it doubles each time, and up to half of it is left out at random. Default
    /// 500 ms.
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

impl RetryPolicy {
    /// The wait after the try with this number.
    fn step(&self, attempt: u32) -> Duration {
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(LONGEST_STEP);
        doubled.mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

/// One sending of a request.
#[derive(Debug, Clone, Copy)]
struct Try {
    number: u32,
    at: jiff::Timestamp,
    took: Duration,
}

impl Adapter {
    /// Sends the request and gives its answer if that is a success.
    pub(super) async fn perform(&self, request: &Request<'_>) -> Result<Answer, AdapterError> {
        let policy = &self.0.retry;
        let mut patience = policy.longest_wait;
        let mut attempt = 1;
        // Whether an earlier try may have been carried out: what becomes of a later one says nothing of it.
        let mut done_perhaps = false;
        loop {
            let asked = Instant::now();
            let entered = self.0.limits.enter(patience).await;
            let permit = entered.map_err(|wait| self.no_room(request, wait, done_perhaps))?;
            patience = patience.saturating_sub(asked.elapsed());
            let span = tracing::info_span!("request", operation = request.name, attempt);
            let outcome = self.observed(request, attempt).instrument(span).await;
            drop(permit);
            let failed = match outcome {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let wait = failed.error.retry_after.unwrap_or_else(|| policy.step(attempt));
            self.slow_down(&failed.error, wait);
            if attempt >= policy.attempts || wait > patience || !is_worth_repeating(request, &failed) {
                return Err(self.final_error(request, failed, done_perhaps));
            }
            done_perhaps |= may_be_done(request, &failed);
            sleep(wait).await;
            patience -= wait;
            attempt += 1;
        }
    }

    /// Whether the system answers what "test connection" asks, at the first try; false where the definition names nothing.
    pub(crate) async fn answers(&self) -> bool {
        let Some(operation) = self.definition().auth.verify() else { return false };
        let Ok(request) = self.verification(operation) else { return false };
        let permit = self.0.limits.enter(self.0.retry.longest_wait).await;
        permit.is_ok() && self.observed(&request, 1).await.is_ok()
    }

    /// Makes everybody who talks to this backend wait when the server asks one of us to.
    fn slow_down(&self, error: &AdapterError, wait: Duration) {
        match (error.class, error.status) {
            (ErrorClass::Throttled, _) => self.0.limits.pause(wait),
            (_, Some(503)) if error.retry_after.is_some() => {
                self.0.limits.pause(wait.min(LONGEST_UNAVAILABLE))
            }
            _ => {}
        }
    }

    fn no_room(&self, request: &Request<'_>, wait: Wait, done_perhaps: bool) -> AdapterError {
        let seconds = wait.retry_after.as_secs_f64().ceil();
        let message = format!("{} lets the next request through in {seconds} seconds.", wait.limit);
        let mut error = AdapterError::new(ErrorClass::Throttled, message)
            .at(request.name, &self.redactor().url(&request.url));
        error.retry_after = Some(wait.retry_after);
        if done_perhaps {
            error.unknown_outcome();
        }
        error
    }

    /// Sends the request once, judges the answer and tells the observer.
    async fn observed(&self, request: &Request<'_>, attempt: u32) -> Result<Answer, Failed> {
        let (at, started) = (jiff::Timestamp::now(), Instant::now());
        let sent = self.send(request).await;
        let tried = Try { number: attempt, at, took: started.elapsed() };
        let problem = sent.as_ref().ok().and_then(|answer| self.problem(request, answer));
        if let Some(observer) = &self.0.observer {
            let error = problem.as_ref().map(|(_, error)| error);
            let error = error.or(sent.as_ref().err().map(|failed| &failed.error));
            observer.exchange(self.exchange(request, tried, sent.as_ref().ok(), error));
        }
        let answer = sent?;
        self.0.limits.learn(&answer);
        match problem {
            None => Ok(answer),
            Some((fate, error)) => Err(Failed { fate, error }),
        }
    }

    /// Why an answer is no success, if it is none.
    fn problem(&self, request: &Request<'_>, answer: &Answer) -> Option<(Fate, AdapterError)> {
        // Nothing changed since the time that a header of the request named.
        if answer.status == 304 && !request.headers.is_empty() {
            return None;
        }
        if !(200..300).contains(&answer.status) {
            let error = classify::error(self.definition(), request.operation, answer);
            return Some((Fate::Answered, error));
        }
        if let Err(error) = answer.check_json() {
            return Some((Fate::Answered, error));
        }
        let (error, is_sure) = classify::disguised(self.definition(), request.operation, answer)?;
        Some((if is_sure { Fate::Refused } else { Fate::Answered }, error))
    }

    fn exchange(
        &self,
        request: &Request<'_>,
        tried: Try,
        answer: Option<&Answer>,
        error: Option<&AdapterError>,
    ) -> Exchange {
        let redactor = self.redactor();
        // An error that knows its address without an answer comes from the request for a token; the other was not sent.
        let token_url = error.map(|error| &error.url).filter(|url| answer.is_none() && !url.is_empty());
        let sent = token_url.is_none().then_some(request);
        let body = sent.and_then(|request| request.body.as_ref());
        Exchange {
            at: tried.at,
            operation: request.name.to_owned(),
            attempt: tried.number,
            method: sent.map_or(&Method::POST, |request| &request.method).to_string(),
            url: token_url.cloned().unwrap_or_else(|| redactor.url(&request.url)),
            request_headers: sent
                .map(|request| redactor.headers(&request.with_headers(self.headers())))
                .unwrap_or_default(),
            request_body: body.map(|body| redactor.excerpt(body.to_string().as_bytes(), SHOWN_BYTES)),
            status: answer.map(|answer| answer.status).or(error.and_then(|error| error.status)),
            response_headers: answer.map(|answer| redactor.headers(&answer.headers)).unwrap_or_default(),
            response_body: answer
                .map(|answer| redactor.excerpt(&answer.body, SHOWN_BYTES))
                .unwrap_or_default(),
            response_bytes: answer.map_or(0, |answer| answer.size),
            took: tried.took,
            error: error.map(|error| redactor.text(&error.message)),
        }
    }

    /// What the caller learns: where it happened, without secrets, and whether the request may have been
    /// carried out all the same, now or by an earlier try.
    fn final_error(&self, request: &Request<'_>, failed: Failed, done_perhaps: bool) -> AdapterError {
        let is_unknown = may_be_done(request, &failed);
        let mut error = failed.error.at(request.name, &self.redactor().url(&request.url));
        // What is refused for its data was refused so before.
        if is_unknown || (done_perhaps && error.class != ErrorClass::Data) {
            error.unknown_outcome();
        }
        error.message = self.redactor().text(&error.message);
        error.code = error.code.take().map(|code| self.redactor().text(&code));
        error
    }
}

/// Whether a request that is not the same twice as once may have been carried out.
fn may_be_done(request: &Request<'_>, failed: &Failed) -> bool {
    let done_perhaps = match failed.fate {
        Fate::NotSent | Fate::Refused => false,
        Fate::Lost => true,
        // A success that cannot be read, a server that failed on the way, or a rule that says so.
        Fate::Answered => {
            failed.error.status.is_some_and(|status| !(300..500).contains(&status))
                || failed.error.class == ErrorClass::Ambiguous
        }
    };
    done_perhaps && !request.repeats()
}

/// Whether the same request may do better the next time, and may be sent again.
fn is_worth_repeating(request: &Request<'_>, failed: &Failed) -> bool {
    matches!(failed.error.class, ErrorClass::Transient | ErrorClass::Throttled)
        && (matches!(failed.fate, Fate::NotSent | Fate::Refused) || request.may_go_again())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_cap_and_are_never_equal_for_all() {
        let policy = RetryPolicy::default();
        for (attempt, full_ms) in [(1, 500), (2, 1_000), (3, 2_000), (40, 30_000)] {
            let waits: Vec<u128> = (0..50).map(|_| policy.step(attempt).as_millis()).collect();
            assert!(waits.iter().all(|wait| (full_ms / 2..=full_ms).contains(wait)), "{attempt}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{attempt}: {waits:?}");
        }
    }
}
