//! How long the check of Odoo modules takes, against pylint-odoo on the same files.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Programs, figure, median};
use crate::{python, step, wheels};

const RUNS: usize = 5;

pub(super) fn run(programs: &Programs) -> Result<()> {
    let folder = match wheels::folder() {
        Ok(folder) => folder,
        Err(why) => {
            println!("  {}", step::skipped(&why));
            return Ok(());
        }
    };
    let addons: Vec<PathBuf> =
        ["16.0", "18.0", "19.0"].map(|series| folder.join(series).join("odoo/addons")).into();
    let mut modules = Vec::new();
    for path in &addons {
        for entry in std::fs::read_dir(path)? {
            modules.push(entry?.path());
        }
    }
    figure("modules", modules.len(), "");
    // Findings are the normal case: the exit code tells nothing here.
    let ours = seconds(RUNS, || {
        let mut command = Command::new(programs.linkspan());
        command.args(["validate", "--format", "json"]).args(&addons);
        command
    })?;
    figure("linkspan validate, all rules, ms", format!("{:.1}", ours * 1e3), "");
    let pylint = match python::pylint_odoo() {
        Ok(pylint) => pylint,
        Err(why) => {
            println!("  pylint-odoo: {}", step::skipped(&why));
            return Ok(());
        }
    };
    let theirs = seconds(1, || {
        let mut command = Command::new(&pylint);
        // Only the checks of pylint-odoo, on all processors.
        command
            .args(["--load-plugins=pylint_odoo", "--disable=all", "--enable=odoolint", "--jobs=0"])
            .args(&modules);
        command
    })?;
    figure("pylint-odoo, its own checks only, s", format!("{theirs:.2}"), "");
    figure("times faster", format!("{:.0}", theirs / ours), "100");
    Ok(())
}

/// The median duration of some runs.
fn seconds(runs: usize, command: impl Fn() -> Command) -> Result<f64> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let mut command = command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        times.push(started.elapsed().as_secs_f64());
        ensure!(status.code().is_some(), "{:?} was stopped by a signal", command.get_program());
    }
    Ok(median(times))
}
