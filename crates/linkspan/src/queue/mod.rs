//! Rules of the queue that are not SQL: when a failed job is tried again, and when a system is left alone.

pub mod backoff;
pub mod breaker;
