//! Jobs: cancelled, run now, and polls that an operator asks for.

use serde_json::json;

use super::{OperationError, Operator, Result, filter_text};
use crate::store::{JobFilter, JobKind, NewJob, Priority};

/// Jobs in one transaction.
const AT_A_TIME: u32 = 500;

impl Operator<'_> {
    /// Takes a waiting job out of the queue.
    pub async fn cancel_job(&self, id: i64) -> Result<()> {
        let audit = self.audit("job.cancel", format!("job {id}"), json!({}));
        let cancelled = self.store.cancel_jobs(&[id], audit).await?;
        self.must_have_waited(id, cancelled).await
    }

    /// Takes all waiting jobs that match out of the queue. Gives how many.
    pub async fn cancel_matching(&self, filter: JobFilter) -> Result<u64> {
        let target = job_filter_text(&filter);
        let mut done = 0;
        let mut page = waiting_page(filter)?;
        while let Some(ids) = self.next_jobs(&mut page).await? {
            done += self.store.cancel_jobs(&ids, self.audit("job.cancel", &target, json!({}))).await?;
        }
        Ok(done)
    }

    /// Lets a waiting job run at once and forgets its failures.
    pub async fn run_job(&self, id: i64) -> Result<()> {
        let audit = self.audit("job.run", format!("job {id}"), json!({}));
        let begun = self.store.run_jobs_now(&[id], audit).await?;
        self.must_have_waited(id, begun).await
    }

    /// Lets all waiting jobs that match run at once. Gives how many.
    pub async fn run_matching(&self, filter: JobFilter) -> Result<u64> {
        let target = job_filter_text(&filter);
        let mut done = 0;
        let mut page = waiting_page(filter)?;
        while let Some(ids) = self.next_jobs(&mut page).await? {
            done += self.store.run_jobs_now(&ids, self.audit("job.run", &target, json!({}))).await?;
        }
        Ok(done)
    }

    /// Looks for changes now: one walk for each of these entities.
    pub async fn poll(&self, backend: &str, entities: &[&str]) -> Result<()> {
        let job = |entity: &&str| NewJob {
            priority: Priority::HUMAN,
            ..NewJob::new(backend, JobKind::Poll, entity, "")
        };
        let jobs: Vec<NewJob> = entities.iter().map(job).collect();
        let audit = self.audit("backend.poll", format!("backend {backend}"), json!({ "entities": entities }));
        Ok(self.store.enqueue_audited(&jobs, audit).await?)
    }

    /// Brings the current state of one external record into Odoo now.
    pub async fn import(&self, backend: &str, entity: &str, record: &str) -> Result<()> {
        let job =
            NewJob { priority: Priority::HUMAN, ..NewJob::new(backend, JobKind::Import, entity, record) };
        let audit = self.audit("record.import", format!("{entity} {record} of {backend}"), json!({}));
        Ok(self.store.enqueue_audited(&[job], audit).await?)
    }

    async fn must_have_waited(&self, id: i64, touched: u64) -> Result<()> {
        if touched > 0 {
            return Ok(());
        }
        Err(match self.store.job(id).await? {
            None => OperationError::NotFound(format!("there is no job {id}; `linkspan jobs list` shows all")),
            Some(job) => OperationError::Invalid(format!(
                "job {id} does not wait, it is {}; only a waiting job can be cancelled or run now",
                job.state
            )),
        })
    }

    async fn next_jobs(&self, page: &mut JobFilter) -> Result<Option<Vec<i64>>> {
        let jobs = self.store.list_jobs(page.clone()).await?;
        page.before_id = jobs.last().map(|view| view.job.id);
        let ids: Vec<i64> = jobs.iter().map(|view| view.job.id).collect();
        Ok(Some(ids).filter(|ids| !ids.is_empty()))
    }
}

fn waiting_page(filter: JobFilter) -> Result<JobFilter> {
    if let Some(state) = filter.state.as_deref().filter(|state| *state != "waiting") {
        return Err(OperationError::Invalid(format!(
            "only waiting jobs can be cancelled or run now, and these are {state}: leave the state out"
        )));
    }
    Ok(JobFilter { state: Some("waiting".to_owned()), before_id: None, limit: AT_A_TIME, ..filter })
}

/// A filter in the words of the audit.
pub fn job_filter_text(filter: &JobFilter) -> String {
    let parts = [
        ("backend", filter.backend.as_deref()),
        ("kind", filter.kind.map(JobKind::text)),
        ("entity", filter.entity.as_deref()),
        ("record", filter.record.as_deref()),
        ("failed", filter.failed.then_some("yes")),
    ];
    format!("jobs: {}", filter_text(&parts))
}
