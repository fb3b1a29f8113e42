//! A request's body, read with a cap on its size, its time, and the memory of all bodies together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::Semaphore;

/// Memory for all bodies that are being read at a time.
const ALL_BODIES_BYTES: usize = 256 * 1024 * 1024;

/// A permit is so many bytes.
const PERMIT_BYTES: usize = 1024;

/// Size of a body whose sender has shown no credentials.
const STRANGERS_BYTES: u64 = 64 * 1024;

/// How much body is read, and for how long. Clones share the memory.
#[derive(Clone, Debug)]
pub struct BodyLimits {
    max_bytes: u64,
    timeout: Duration,
    memory: Arc<Semaphore>,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It has more bytes than it may have.
    #[error("the body is too large")]
    TooLarge,
    /// It took longer than it may take.
    #[error("the body came too slowly")]
    TooSlow,
    /// Other bodies fill the memory for bodies.
    #[error("too much is sent at once; send it again")]
    Busy,
    /// The other side hung up, or does not speak HTTP.
    #[error("the body broke off")]
    Broken,
}

impl BodyError {
    /// The status to answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

impl BodyLimits {
    /// Bodies of at most `max_bytes` that arrive within `timeout`.
    pub fn new(max_bytes: u64, timeout: Duration) -> Self {
        Self { max_bytes, timeout, memory: Arc::new(Semaphore::new(ALL_BODIES_BYTES / PERMIT_BYTES)) }
    }

    /// The same for those who have shown no credentials: what they send is short.
    pub fn for_strangers(&self) -> Self {
        self.at_most(STRANGERS_BYTES)
    }

    /// The same for bodies that are shorter.
    pub fn at_most(&self, bytes: u64) -> Self {
        Self { max_bytes: self.max_bytes.min(bytes), ..self.clone() }
    }

    /// The whole body. One that says that it is too large is not read at all.
    pub async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, BodyError> {
        let told =
            headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if told.is_some_and(|length| length > self.max_bytes) {
            return Err(BodyError::TooLarge);
        }
        tokio::time::timeout(self.timeout, self.collect(body)).await.unwrap_or(Err(BodyError::TooSlow))
    }

    async fn collect(&self, body: Body) -> Result<Bytes, BodyError> {
        let mut chunks = body.into_data_stream();
        let mut permits = Vec::new();
        let mut first = Bytes::new();
        let mut all = BytesMut::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| BodyError::Broken)?;
            let length = first.len() + all.len() + chunk.len();
            if length as u64 > self.max_bytes {
                return Err(BodyError::TooLarge);
            }
            let wanted = u32::try_from(chunk.len().div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX);
            permits.push(self.memory.try_acquire_many(wanted).map_err(|_| BodyError::Busy)?);
            // Most bodies are one chunk, which need not be copied.
            if length == chunk.len() {
                first = chunk;
                continue;
            }
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(if all.is_empty() { first } else { all.freeze() })
    }
}
