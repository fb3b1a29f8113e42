//! Jobs claimed and completed in a second, on one PostgreSQL by 1, 2 and 4 worker processes, and on SQLite by one.
//!
//! The jobs are empty: what is measured is what the queue itself costs, in batches as a lane begins with and as it comes
//! to when jobs are done this quickly. Beside Linkspan's queue, in turn with it on the same database: the least SQL that
//! claims and completes as many jobs in the same batches (`queue_bare.rs`), once forgetting them and once keeping the
//! same history and events, and graphile-worker (`graphile.mjs`) where `--graphile` names a folder in which npm has
//! installed it. Each measurement runs from the word "go" to the end of the last worker and prints
//! `<system> <workers> <batch> <jobs a second>`.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use linkspan::service::{FIRST_BATCH, LARGEST_BATCH};
use linkspan::store::{Claim, JobKind, Lane, NewJob, Settled, Store, Verdict};

use crate::queue_bare::{self, Bare};

/// Jobs that are added in one transaction.
const ADDED_AT_ONCE: usize = 1_000;

const WORKERS: [usize; 3] = [1, 2, 4];

#[derive(Parser)]
struct Arguments {
    /// Jobs of each measurement.
    #[arg(long, default_value_t = 40_000)]
    count: usize,
    /// Jobs a worker takes at once, in each system.
    #[arg(long, default_values_t = [FIRST_BATCH, LARGEST_BATCH])]
    batch: Vec<u32>,
    /// Measurements of each system.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// An empty PostgreSQL database.
    #[arg(long, env = "LINKSPAN_BENCH_POSTGRES_URL", hide_env_values = true)]
    postgres: String,
    /// Folder in which `npm install graphile-worker` was done.
    #[arg(long)]
    graphile: Option<PathBuf>,
    /// Folder for the SQLite file: a real disk, not memory.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
}

/// `words` begin with the name of the task.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let arguments = Arguments::parse_from(words);
    let runtime = tokio::runtime::Runtime::new()?;
    let mut systems = vec![System::Linkspan];
    systems.extend(Bare::ALL.map(System::Bare));
    systems.extend(arguments.graphile.clone().map(System::Graphile));
    for &batch in &arguments.batch {
        for workers in WORKERS {
            for _ in 0..arguments.runs {
                for system in &systems {
                    runtime.block_on(system.fill(&arguments))?;
                    let rate = measure(system, (workers, batch), &arguments.postgres, arguments.count)?;
                    println!("{} {workers} {batch} {rate:.0}", system.name());
                }
            }
        }
    }
    for _ in 0..arguments.runs {
        let file = tempfile::Builder::new().prefix("linkspan-bench-").tempdir_in(&arguments.folder)?;
        let url = format!("sqlite:{}", file.path().join("linkspan.db").display());
        runtime.block_on(async { fill(&Store::open(&url).await?, arguments.count).await })?;
        let rate = measure(&System::Linkspan, (1, LARGEST_BATCH), &url, arguments.count)?;
        println!("sqlite 1 {LARGEST_BATCH} {rate:.0}");
    }
    Ok(())
}

/// A queue that is measured.
enum System {
    Linkspan,
    Bare(Bare),
    /// With the folder in which it is installed.
    Graphile(PathBuf),
}

impl System {
    fn name(&self) -> &'static str {
        match self {
            Self::Linkspan => "linkspan",
            Self::Bare(bare) => bare.name(),
            Self::Graphile(_) => "graphile",
        }
    }

    /// Empties it and adds the jobs.
    async fn fill(&self, arguments: &Arguments) -> Result<()> {
        let Arguments { postgres, count, .. } = arguments;
        match self {
            Self::Linkspan => {
                let store = Store::open(postgres).await?;
                queue_bare::execute(postgres, "TRUNCATE job, job_history, event").await?;
                fill(&store, *count).await?;
                queue_bare::execute(postgres, "ANALYZE job").await
            }
            Self::Bare(_) => queue_bare::fill(postgres, *count).await,
            Self::Graphile(folder) => {
                let done = graphile(folder).args(["fill", postgres, &count.to_string()]).status()?;
                ensure!(done.success(), "graphile-worker took no jobs");
                Ok(())
            }
        }
    }

    fn worker(&self, url: &str, batch: u32) -> Result<Command> {
        if let Self::Graphile(folder) = self {
            let mut command = graphile(folder);
            command.args(["work", url, &batch.to_string()]);
            return Ok(command);
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["queue-worker", self.name(), url, &batch.to_string()]);
        Ok(command)
    }
}

fn graphile(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(folder.join("graphile.mjs")).current_dir(folder);
    command
}

async fn fill(store: &Store, count: usize) -> Result<()> {
    for first in (0..count).step_by(ADDED_AT_ONCE) {
        let numbers = first..count.min(first + ADDED_AT_ONCE);
        let jobs: Vec<NewJob> = numbers
            .map(|number| NewJob::new("shop", JobKind::Import, "order", &number.to_string()))
            .collect();
        store.enqueue(&jobs).await?;
    }
    Ok(())
}

/// Jobs a second of so many workers, each of which takes so many at once. They are connected before the time begins.
fn measure(system: &System, (workers, batch): (usize, u32), url: &str, count: usize) -> Result<f64> {
    let mut started = Vec::with_capacity(workers);
    for _ in 0..workers {
        let mut child = system
            .worker(url, batch)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a worker")?;
        let mut answers = BufReader::new(child.stdout.take().context("a worker has an output")?);
        ensure!(line(&mut answers)? == "ready", "a worker of {} is not ready", system.name());
        started.push((child, answers));
    }
    let began = Instant::now();
    for (child, _) in &mut started {
        let input = child.stdin.as_mut().context("a worker has an input")?;
        input.write_all(b"go\n")?;
    }
    let mut done = 0;
    for (child, answers) in &mut started {
        done += line(answers)?.parse::<usize>().context("a worker says how many jobs it did")?;
        finish(child)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    ensure!(done == count, "{} did {done} jobs of {count}: one was lost, or done twice", system.name());
    Ok(count as f64 / seconds)
}

fn line(answers: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn finish(child: &mut Child) -> Result<()> {
    drop(child.stdin.take());
    ensure!(child.wait()?.success(), "a worker failed");
    Ok(())
}

/// `queue-worker SYSTEM URL BATCH`: says "ready", waits for a line, works until nothing is left, says how many
/// jobs it did.
pub(crate) fn work(words: &[String]) -> Result<()> {
    let [system, url, batch] = words else { anyhow::bail!("usage: bench queue-worker SYSTEM URL BATCH") };
    let batch = batch.parse()?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let done = match Bare::ALL.into_iter().find(|bare| bare.name() == system) {
            Some(bare) => queue_bare::work(bare, url, batch, wait_for_go).await?,
            None => work_linkspan(url, batch).await?,
        };
        println!("{done}");
        Ok(())
    })
}

fn wait_for_go() -> Result<()> {
    println!("ready");
    std::io::stdout().flush()?;
    line(&mut std::io::stdin().lock()).map(drop)
}

async fn work_linkspan(url: &str, batch: u32) -> Result<usize> {
    let store = Store::open(url).await?;
    let channel = Lane::In.channel("shop");
    let worker = format!("bench:{}/{channel}", std::process::id());
    let mut done = 0;
    wait_for_go()?;
    loop {
        let claim = Claim {
            backend: "shop",
            channel: &channel,
            // Room for a full batch of each worker.
            default_capacity: batch * WORKERS[WORKERS.len() - 1] as u32,
            most: batch,
            worker: &worker,
            lease_ms: 60_000,
            now: jiff::Timestamp::now().as_millisecond(),
        };
        let jobs = store.claim_jobs(&claim).await?;
        if jobs.is_empty() {
            return Ok(done);
        }
        let settled: Vec<Settled<'_>> = jobs
            .iter()
            .map(|job| Settled {
                job,
                verdict: Verdict::Done { message: "updated as Odoo record 4711".to_owned() },
                details: None,
            })
            .collect();
        let late = store.settle_jobs(&worker, &settled).await?;
        ensure!(late.is_empty(), "jobs {late:?} were taken away");
        done += jobs.len();
    }
}
