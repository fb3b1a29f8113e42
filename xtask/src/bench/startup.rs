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
    figure("linkspan init, the WooCommerce module, ms", init(programs)?, "50");
    let bytes = std::fs::metadata(programs.linkspan())?.len() as f64;
    figure("size of the program, MB", format!("{:.1}", bytes / 1e6), "");
    Ok(())
}

/// The median time of making a module, each in a folder of its own.
fn init(programs: &Programs) -> Result<String> {
    let folder = std::env::temp_dir().join(format!("linkspan-bench-init-{}", std::process::id()));
    let mut run = 0;
    let time = timed(programs, || {
        run += 1;
        let path = word(&folder.join(run.to_string()));
        ["init", "shop", "--connector", "woocommerce", "--path", &path].map(str::to_owned).to_vec()
    });
    std::fs::remove_dir_all(&folder).context("cannot remove the modules that were made")?;
    time
}

/// The median of some runs.
fn milliseconds(programs: &Programs, arguments: &[&str]) -> Result<String> {
    timed(programs, || arguments.iter().map(|word| (*word).to_owned()).collect())
}

/// The median of some runs, each with arguments of its own.
fn timed(programs: &Programs, mut arguments: impl FnMut() -> Vec<String>) -> Result<String> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let arguments = arguments();
        let mut command = Command::new(programs.linkspan());
        command.args(&arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status().context("cannot start linkspan")?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        ensure!(status.success(), "linkspan {} failed ({status})", arguments.join(" "));
    }
    Ok(format!("{:.1}", median(times)))
}
