//! `cargo xtask test`: everything that has to hold before a change lands, on a machine with Rust and a package manager.
//!
//! The test runner comes last, so that its summary is the last thing printed.

mod browser;
mod licences;
mod spdx;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::postgres::Cluster;
use crate::{python, step, system, wheels};

/// The store's tests look here for a server; see `crates/linkspan/tests/it/support/postgres.rs`.
const POSTGRES_VARIABLE: &str = "LINKSPAN_TEST_POSTGRES_URL";

/// The tests of `linkspan validate` look here; see `crates/linkspan/tests/it/lint/oca.rs`.
const WHEELS_VARIABLE: &str = "LINKSPAN_TEST_OCA_WHEELS";

/// The test of what Linkspan writes looks here; see `crates/linkspan/tests/it/lint/pylint.rs`.
const PYLINT_VARIABLE: &str = "LINKSPAN_TEST_PYLINT";

pub(crate) fn run(words: &[String]) -> Result<()> {
    let quick = words.iter().any(|word| word == "--quick");
    let filter: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "--quick").collect();
    println!(
        "What a step prints is kept in {}; a first run compiles for some minutes.",
        system::scratch()?.display()
    );
    if !quick {
        lints()?;
        licences::check()?;
    }
    step::work("python", || Ok(((), python::ensure_installed()?)))?;
    step::work("browser", || Ok(((), browser::ensure_installed()?)))?;
    let (postgres_url, _cluster) = step::work("postgres", postgres)?;
    let mut environment = vec![(POSTGRES_VARIABLE, postgres_url)];
    if let Some(wheels) = step::work("OCA's modules", || Ok(or_skipped(wheels::folder())))? {
        environment.push((WHEELS_VARIABLE, wheels));
    }
    if let Some(pylint) = step::work("pylint-odoo", || Ok(or_skipped(python::pylint_odoo())))? {
        environment.push((PYLINT_VARIABLE, pylint));
    }
    let runner = Runner::find();
    step::quiet("compile tests", runner.command(&filter).arg("--no-run"))?;
    if filter.is_empty() {
        let mut examples = system::cargo(&["test", "--workspace", "--doc", "--quiet"]);
        step::quiet("documentation tests", examples.envs(environment.clone()))?;
    }
    // Alone the runner would lack the server that stops with this task.
    let repeat = [&["cargo", "xtask", "test", "--quick"], filter.as_slice()].concat().join(" ");
    step::loud("tests", runner.command(&filter).envs(environment), &repeat)
}

/// Where something downloaded is; without it, its test says that it is skipped.
fn or_skipped(found: Result<PathBuf>) -> (Option<String>, String) {
    match found {
        Ok(path) => (Some(path.display().to_string()), String::new()),
        Err(why) => (None, step::skipped(&why)),
    }
}

fn lints() -> Result<()> {
    let mut format = Command::new("cargo");
    step::quiet("format", format.current_dir(system::workspace()).args(["fmt", "--all", "--check"]))?;
    let mut clippy = system::cargo(&["clippy", "--workspace", "--all-targets", "--quiet"]);
    step::quiet("clippy", clippy.args(["--", "-D", "warnings"]))?;
    let mut docs = system::cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    step::quiet("docs", docs.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The server that the environment names, or one of our own that lives as long as the second value.
fn postgres() -> Result<((String, Option<Cluster>), String)> {
    if let Ok(url) = std::env::var(POSTGRES_VARIABLE) {
        return Ok(((url, None), format!("the one that {POSTGRES_VARIABLE} names")));
    }
    let cluster = Cluster::start()?;
    let remark = cluster.url.clone();
    Ok(((cluster.url.clone(), Some(cluster)), remark))
}

/// What runs the tests: nextest where it is installed, for its speed and its time limit for each test.
enum Runner {
    Nextest,
    Cargo,
}

impl Runner {
    fn find() -> Self {
        if system::has_cargo_tool("nextest") { Self::Nextest } else { Self::Cargo }
    }

    /// `filter` may name packages (`-p store`); otherwise it is the whole workspace.
    fn command(&self, filter: &[&str]) -> Command {
        let mut command = match self {
            Self::Nextest => system::cargo(&["nextest", "run", "--cargo-quiet", "--status-level", "slow"]),
            Self::Cargo => system::cargo(&["test", "--quiet", "--lib", "--bins", "--tests"]),
        };
        if !filter.iter().any(|word| matches!(*word, "-p" | "--package")) {
            command.arg("--workspace");
        }
        command.args(filter);
        command
    }
}
