//! Jobs claimed and completed in a second, against bare SQL and graphile-worker on the same PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Programs, empty_folder, figure, grouped, word};
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
    let rates = rates(&system::output(&mut command)?)?;
    for workers in [1, 2, 4] {
        let rate = |system: &str| {
            rates.iter().find(|(name, count, _)| name == system && *count == workers).map(|(.., rate)| *rate)
        };
        let measured = |system: &str| rate(system).with_context(|| format!("{system} was not measured"));
        let ours = measured("linkspan")?;
        let processes = if workers == 1 { "process" } else { "processes" };
        figure(&format!("PostgreSQL, {workers} {processes}, jobs/s"), grouped(ours), "");
        for (system, what) in
            [("bare-keeps", "bare SQL that keeps the same history"), ("bare", "bare SQL that keeps nothing")]
        {
            let bare = measured(system)?;
            figure(&format!("  {what}, jobs/s"), grouped(bare), "");
            figure("  part of what it does", format!("{:.2}", ours / bare), "0.9");
        }
        if let Some(graphile) = rate("graphile") {
            figure("  graphile-worker, jobs/s", grouped(graphile), "");
            figure("  times faster than graphile-worker", format!("{:.1}", ours / graphile), "");
        }
    }
    let sqlite = rates.iter().find(|(name, ..)| name == "sqlite").context("so is SQLite")?;
    figure("SQLite, 1 process, jobs/s", grouped(sqlite.2), "");
    Ok(())
}

/// Lines `system workers rate`.
fn rates(printed: &str) -> Result<Vec<(String, usize, f64)>> {
    let lines = printed.lines().map(|line| {
        let mut words = line.split(' ');
        let mut next = || words.next().with_context(|| format!("the benchmark said: {line}"));
        Ok((next()?.to_owned(), next()?.parse()?, next()?.parse()?))
    });
    lines.collect()
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
