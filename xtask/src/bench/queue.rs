//! Jobs claimed and completed in a second, against bare SQL and graphile-worker on the same PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Programs, empty_folder, figure, grouped, median, word};
use crate::postgres::Cluster;
use crate::system;

/// The last release that runs on the Node.js of current Debian.
const GRAPHILE: &str = "graphile-worker@0.17.3";

pub(super) fn run(programs: &Programs, quick: bool) -> Result<()> {
    let cluster = Cluster::durable()?;
    let mut command = Command::new(programs.bench());
    command.args(["queue", "--postgres", &cluster.url, "--folder", &word(&system::target())]);
    if quick {
        command.args(["--count", "5000", "--runs", "1"]);
    }
    match graphile() {
        Ok(folder) => {
            command.args(["--graphile", &word(&folder)]);
        }
        Err(reason) => println!("  left out: graphile-worker ({reason:#})"),
    }
    let runs = runs(&system::output(&mut command)?)?;
    let measured: BTreeSet<(u32, usize)> =
        runs.keys().map(|(batch, workers, _)| (*batch, *workers)).collect();
    for (batch, workers) in measured {
        let of = |system: &str| runs.get(&(batch, workers, system.to_owned()));
        let Some(ours) = of("linkspan") else { continue };
        let processes = if workers == 1 { "process" } else { "processes" };
        let what = format!("PostgreSQL, {workers} {processes}, batches of {batch}, jobs/s");
        figure(&what, grouped(median(ours.clone())), "");
        // The goal is for the same work: what the first one keeps is what an operator asks for later.
        for (system, what, comparison, goal) in [
            ("bare-keeps", "bare SQL that keeps the same history", "part of what it does", "0.9"),
            ("bare", "bare SQL that keeps nothing", "part of what it does", ""),
            ("graphile", "graphile-worker", "times as fast as graphile-worker", ""),
        ] {
            let Some(theirs) = of(system) else { continue };
            figure(&format!("  {what}, jobs/s"), grouped(median(theirs.clone())), "");
            // Run by run, because what else the machine does changes over the minutes.
            let ratio = median(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect());
            figure(&format!("  {comparison}"), format!("{ratio:.2}"), goal);
        }
    }
    let sqlite: Vec<f64> = runs
        .iter()
        .filter(|((.., system), _)| system == "sqlite")
        .flat_map(|(_, rates)| rates)
        .copied()
        .collect();
    figure("SQLite, 1 process, jobs/s", grouped(median(sqlite)), "");
    Ok(())
}

/// Jobs a second in each run of (batch, workers, system), from lines `system workers batch jobs_a_second`.
fn runs(printed: &str) -> Result<BTreeMap<(u32, usize, String), Vec<f64>>> {
    let mut runs = BTreeMap::<_, Vec<f64>>::new();
    for line in printed.lines() {
        let mut words = line.split(' ');
        let mut next = || words.next().with_context(|| format!("the benchmark said: {line}"));
        let system = next()?.to_owned();
        let (workers, batch, rate) = (next()?.parse()?, next()?.parse()?, next()?.parse()?);
        runs.entry((batch, workers, system)).or_default().push(rate);
    }
    Ok(runs)
}

/// A folder with graphile-worker and the script that measures it.
fn graphile() -> Result<PathBuf> {
    for program in ["node", "npm"] {
        system::find_program(program).with_context(|| format!("there is no {program}"))?;
    }
    let folder = empty_folder("bench-graphile")?;
    std::fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
    let mut install = Command::new("npm");
    install.current_dir(&folder).args(["install", GRAPHILE, "--no-audit", "--no-fund", "--ignore-scripts"]);
    system::output(&mut install).context("npm cannot install it")?;
    let script = system::workspace().join("crates/linkspan/examples/bench/graphile.mjs");
    std::fs::copy(script, Path::new(&folder).join("graphile.mjs"))?;
    Ok(folder)
}
