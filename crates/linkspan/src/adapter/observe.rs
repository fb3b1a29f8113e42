//! What others may see of an exchange: everything but the secrets.

use std::time::Duration;

/// Bytes of a body that an observer sees.
pub(super) const SHOWN_BYTES: usize = 64 * 1024;

/// Sees every exchange, for the exchange log and the counters. It is called on the task that waits for the
/// answer, so it must be quick.
pub trait Observer: Send + Sync {
    /// One request was made, whatever came of it.
    fn exchange(&self, exchange: Exchange);
}

/// One request and what came of it, without secrets.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When the request was made.
    pub at: jiff::Timestamp,
    /// The operation.
    pub operation: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// HTTP method.
    pub method: String,
    /// Address.
    pub url: String,
    /// Request headers that do not carry credentials.
    pub request_headers: Vec<(String, String)>,
    /// The first 64 KiB of the request's body, as JSON whatever format it went in.
    pub request_body: Option<String>,
    /// HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub response_headers: Vec<(String, String)>,
    /// The first 64 KiB of the answer's body; of one in XML the JSON that stands for it.
    pub response_body: String,
    /// Size of the answer's body, decompressed.
    pub response_bytes: u64,
    /// Time from sending to the last byte.
    pub took: Duration,
    /// What was wrong, if anything: no answer, an error status, a body that is no JSON.
    pub error: Option<String>,
}
