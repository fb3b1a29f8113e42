//! Looking at jobs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Job, JobKind, identities};
use crate::store::database::{Arg, Filter, Row, args, both};
use crate::store::{Result, Store, now_ms};

/// A job as people see it, waiting, running or over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobView {
    /// The job.
    #[serde(flatten)]
    pub job: Job,
    /// `waiting`, `running`, `done`, `dead`, `cancelled` or `merged` (another of the same work went on).
    pub state: String,
    /// Class of the last failure.
    pub class: Option<String>,
    /// Why it waits, or what came of it.
    pub message: Option<String>,
    /// Who does it.
    pub worker: Option<String>,
    /// When it was last begun.
    pub started_at: Option<i64>,
    /// When it was over.
    pub finished_at: Option<i64>,
}

/// Which jobs to list; the default is those that wait or run.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// `waiting`, `running`, or of those that are over `done`, `dead`, `cancelled`, `merged`. `over` is all of these four.
    pub state: Option<String>,
    /// Only of this backend.
    pub backend: Option<String>,
    /// Only of this kind.
    pub kind: Option<JobKind>,
    /// Only of this kind of record.
    pub entity: Option<String>,
    /// Only of this record.
    pub record: Option<String>,
    /// Only that have failed.
    pub failed: bool,
    /// Go on behind this one, the last of the page before.
    pub before_id: Option<i64>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
}

/// How much is in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelLoad {
    /// The channel.
    pub channel: String,
    /// Jobs whose time has come.
    pub due: i64,
    /// Jobs whose time is to come.
    pub scheduled: i64,
    /// Jobs that run.
    pub running: i64,
    /// When the oldest job that could run should have: milliseconds since 1970.
    pub oldest_due_at: Option<i64>,
}

impl ChannelLoad {
    /// A channel that holds nothing.
    pub fn empty(channel: &str) -> Self {
        Self { channel: channel.to_owned(), due: 0, scheduled: 0, running: 0, oldest_due_at: None }
    }
}

const LIVE: &str = "SELECT *, NULL AS finished_at FROM job";
const OVER: &str = "SELECT *, outcome AS state, finished_at AS run_at, NULL AS worker FROM job_history";

impl Store {
    /// A page of jobs, newest first.
    pub async fn list_jobs(&self, filter: JobFilter) -> Result<Vec<JobView>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let state = filter.state.as_deref();
        let live = matches!(state, None | Some("waiting" | "running"));
        let (column, select) = if live { ("state = $?", LIVE) } else { ("outcome = $?", OVER) };
        let by_index = if live { of_record(&filter) } else { Filter::default() };
        let (sql, args) = by_index
            .and(column, state.filter(|state| *state != "over"))
            .and("backend = $?", filter.backend)
            .and("kind = $?", filter.kind.map(JobKind::text))
            .and("entity = $?", filter.entity)
            .and("record = $?", filter.record)
            .and("failures >= $?", filter.failed.then_some(1))
            .and("id < $?", filter.before_id)
            .page(select, "ORDER BY id DESC", limit);
        let rows = self.database.read("list the jobs", both(&sql), args).await?;
        let mut views = rows.iter().map(JobView::from_row).collect::<Result<Vec<_>>>()?;
        self.tell_pauses(&mut views).await?;
        Ok(views)
    }

    /// Jobs that wait because somebody paused their channel say so.
    async fn tell_pauses(&self, views: &mut [JobView]) -> Result<()> {
        if views.iter().all(|view| view.state != "waiting") {
            return Ok(());
        }
        let now = now_ms();
        for channel in self.channels().await?.into_iter().filter(|channel| channel.is_paused_at(now)) {
            let why = format!("{} is paused: {}", channel.name, channel.reason.unwrap_or_default());
            for view in
                views.iter_mut().filter(|view| view.state == "waiting" && view.job.channel == channel.name)
            {
                view.message = Some(match view.message.take() {
                    Some(before) => format!("{why}; before that: {before}"),
                    None => why.clone(),
                });
            }
        }
        Ok(())
    }

    /// One job by its number, also when it is over.
    pub async fn job(&self, id: i64) -> Result<Option<JobView>> {
        for select in [LIVE, OVER] {
            let sql = format!("{select} WHERE id = $1");
            let rows = self.database.read("read a job", both(&sql), args![id]).await?;
            if let Some(row) = rows.first() {
                let mut view = [JobView::from_row(row)?];
                self.tell_pauses(&mut view).await?;
                let [view] = view;
                return Ok(Some(view));
            }
        }
        Ok(None)
    }

    /// How much is in each channel that holds anything.
    pub async fn channel_loads(&self, now: i64) -> Result<Vec<ChannelLoad>> {
        let sql = "SELECT channel, count(CASE WHEN state = 'waiting' AND run_at <= $1 THEN 1 END) AS due, \
                   count(CASE WHEN state = 'waiting' AND run_at > $1 THEN 1 END) AS scheduled, \
                   count(CASE WHEN state = 'running' THEN 1 END) AS running, \
                   min(CASE WHEN state = 'waiting' AND run_at <= $1 THEN run_at END) AS oldest \
                   FROM job GROUP BY channel ORDER BY channel";
        let rows = self.database.read("count the jobs", both(sql), args![now]).await?;
        rows.iter()
            .map(|row| {
                Ok(ChannelLoad {
                    channel: row.get("channel")?,
                    due: row.get("due")?,
                    scheduled: row.get("scheduled")?,
                    running: row.get("running")?,
                    oldest_due_at: row.get("oldest")?,
                })
            })
            .collect()
    }
}

/// The jobs of one record that wait or run are found by their indexes; few run.
fn of_record(filter: &JobFilter) -> Filter {
    match (&filter.backend, &filter.entity, &filter.record) {
        (Some(backend), Some(entity), Some(record)) => Filter::default().and_one_of(
            "id IN (SELECT id FROM job WHERE state = 'running' UNION ALL \
             SELECT id FROM job WHERE state = 'waiting' AND identity IN ($?))",
            identities(backend, entity, record).map(Arg::from).into(),
        ),
        _ => Filter::default(),
    }
}

impl JobView {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            job: Job::from_row(row)?,
            state: row.get("state")?,
            class: row.get("class")?,
            message: row.get("message")?,
            worker: row.get("worker")?,
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
        })
    }
}
