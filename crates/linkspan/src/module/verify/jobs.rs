//! Waiting for queue_job's runner.

use std::time::Duration;

use odoo_rpc::{Client, Record, SearchOptions};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::VerifyError;

const POLL: Duration = Duration::from_millis(500);
/// Jobs that have not moved for so long will not.
const STUCK: Duration = Duration::from_secs(120);

/// Where the jobs stand.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Jobs {
    pub(super) done: u64,
    /// Still waiting or running.
    pub(super) open: u64,
    pub(super) failed: u64,
}

impl Jobs {
    pub(super) async fn count(admin: &Client) -> Result<Jobs, VerifyError> {
        let of = |states: &'static [&'static str]| async move {
            admin.search_count("queue.job", &json!([["state", "in", states]])).await
        };
        Ok(Jobs {
            done: of(&["done"]).await?,
            open: of(&["pending", "enqueued", "started", "wait_dependencies"]).await?,
            failed: of(&["failed"]).await?,
        })
    }

    pub(super) fn all(&self) -> u64 {
        self.done + self.open + self.failed
    }

    /// How many were added since `before` was counted.
    pub(super) fn since(&self, before: &Jobs) -> u64 {
        self.all().saturating_sub(before.all())
    }
}

/// Waits until no job is left to run, or none has moved for two minutes.
pub(super) async fn settle(admin: &Client) -> Result<Jobs, VerifyError> {
    let (mut last, mut moved) = (Jobs::count(admin).await?, Instant::now());
    while last.open > 0 && moved.elapsed() < STUCK {
        sleep(POLL).await;
        let now = Jobs::count(admin).await?;
        if now != last {
            (last, moved) = (now, Instant::now());
        }
    }
    Ok(last)
}

/// The failed jobs' own words, some of them.
pub(super) async fn failures(admin: &Client) -> Result<Vec<String>, VerifyError> {
    let options =
        SearchOptions { limit: Some(3), order: Some("id desc".to_owned()), ..SearchOptions::default() };
    let fields = ["func_string", "exc_message"];
    let failed = admin.search_read("queue.job", &json!([["state", "=", "failed"]]), &fields, options).await?;
    let word = |job: &Record, field: &str| super::subject::text(job, field).unwrap_or("?").to_owned();
    Ok(failed
        .iter()
        .map(|job| format!("{}: {}", word(job, "func_string"), word(job, "exc_message")))
        .collect())
}
