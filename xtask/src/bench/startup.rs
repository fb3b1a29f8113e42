//! How long the program takes to be there.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Programs, figure, median, word};
use crate::system;

const RUNS: usize = 20;

pub(super) fn run(programs: &Programs) -> Result<()> {
    let definition = word(&system::workspace().join("crates/linkspan/connectors/woocommerce/connector.toml"));
    figure("linkspan --version, ms", milliseconds(programs, &["--version"])?, "");
    figure(
        "linkspan validate, the WooCommerce one, ms",
        milliseconds(programs, &["validate", &definition])?,
        "",
    );
    let bytes = std::fs::metadata(programs.linkspan())?.len() as f64;
    figure("size of the program, MB", format!("{:.1}", bytes / 1e6), "");
    Ok(())
}

/// The median of some runs.
fn milliseconds(programs: &Programs, arguments: &[&str]) -> Result<String> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut command = Command::new(programs.linkspan());
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status().context("cannot start linkspan")?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        ensure!(status.success(), "linkspan {} failed ({status})", arguments.join(" "));
    }
    Ok(format!("{:.1}", median(times)))
}
