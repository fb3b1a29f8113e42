//! How long the check of Odoo modules takes, against pylint-odoo on the same files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Programs, figure, median};
use crate::{system, wheels};

const RUNS: usize = 5;

/// The version that was measured last; another one has other checks.
const PYLINT_ODOO: &str = "pylint-odoo==10.0.12";

pub(super) fn run(programs: &Programs) -> Result<()> {
    let folder = match wheels::folder()? {
        Ok(folder) => folder,
        Err(why) => {
            println!("  skipped: {why}");
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
    let pylint = match pylint() {
        Ok(pylint) => pylint,
        Err(error) => {
            let why = format!("{error:#}");
            println!("  pylint-odoo: skipped: {}", why.lines().last().unwrap_or(""));
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

/// pylint in an environment of its own in the scratch folder.
fn pylint() -> Result<PathBuf> {
    let folder = system::scratch()?.join("pylint-odoo");
    let program = folder.join("bin/pylint");
    if !is_ready(&program) {
        system::output(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(folder.join("bin/python"));
        system::output(pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            PYLINT_ODOO,
        ]))?;
    }
    Ok(program)
}

fn is_ready(program: &Path) -> bool {
    system::output(Command::new(program).args(["--load-plugins=pylint_odoo", "--version"])).is_ok()
}
