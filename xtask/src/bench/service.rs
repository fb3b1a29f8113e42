//! The service: webhooks stored in a second, the time until it listens, its memory while nothing happens.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Programs, figure, median, word};
use crate::postgres::Cluster;
use crate::system;

const RUNS: usize = 10;
/// Time after which a service that does nothing has settled.
const SETTLED: Duration = Duration::from_secs(3);

pub(super) fn run(programs: &Programs) -> Result<()> {
    webhooks(programs)?;
    let folder = std::env::temp_dir().join(format!("linkspan-bench-service-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let config = folder.join("linkspan.toml");
    std::fs::write(&config, "schema = 1\n")?;
    let mut times = Vec::with_capacity(RUNS);
    let mut memory = 0.0;
    for run in 0..RUNS {
        let (time, megabytes) = start(programs, &word(&config), run + 1 == RUNS)?;
        times.push(time);
        memory = megabytes;
    }
    std::fs::remove_dir_all(&folder)?;
    figure("linkspan serve until it listens, ms", format!("{:.1}", median(times)), "100");
    figure("its memory while nothing happens, MB", format!("{memory:.1}"), "30");
    Ok(())
}

fn webhooks(programs: &Programs) -> Result<()> {
    let folder = word(&system::target());
    let cluster = Cluster::durable()?;
    let output = Command::new(programs.bench())
        .args(["webhooks", "--folder", &folder, "--postgres", &cluster.url])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start the benchmark")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in text.lines() {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [store, measurement, rate, "p50", half, "p99", most] => {
                if *measurement == "max" {
                    figure(&format!("webhooks a second, {store}"), (*rate).to_owned(), "10,000");
                }
                figure(&format!("{store} at {rate} a second: p50, ms"), (*half).to_owned(), "");
                figure(&format!("{store} at {rate} a second: p99, ms"), (*most).to_owned(), "20");
            }
            _ => bail!("the benchmark said: {line}"),
        }
    }
    Ok(())
}

/// Milliseconds until it listens, and with `settle` the megabytes it then holds.
fn start(programs: &Programs, config: &str, settle: bool) -> Result<(f64, f64)> {
    let started = Instant::now();
    let mut child = Command::new(programs.linkspan())
        .args(["--config", config, "serve", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start linkspan")?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("it has an output")?).read_line(&mut line)?;
    let time = started.elapsed().as_secs_f64() * 1e3;
    let mut megabytes = 0.0;
    if settle {
        std::thread::sleep(SETTLED);
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let resident =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has memory")?;
        let kib: f64 = resident.trim().trim_end_matches(" kB").parse()?;
        megabytes = kib / 1024.0;
    }
    child.kill()?;
    child.wait()?;
    if !line.starts_with("listening on") {
        bail!("linkspan serve said {line:?}");
    }
    Ok((time, megabytes))
}
