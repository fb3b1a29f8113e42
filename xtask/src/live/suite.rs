//! One suite of tests: run with its checks shown as they come, and counted.
//!
//! A test that holds many checks prints a line for each, `ok <what>` or `FAIL <what>: <why>`, perhaps after the series;
//! then these are counted. Where there are none, the tests are.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::system;

pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    /// The integration test binary.
    pub(crate) binary: &'static str,
    /// Part of the names of the tests to run.
    pub(crate) filter: String,
    /// Tests that run at a time: one, where they share a database and count what is in it.
    pub(crate) at_once: usize,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Total {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Total {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Suite {
    pub(crate) fn command(&self) -> Command {
        let mut command = system::cargo(&["test", "--quiet", "-p", self.package, "--test", self.binary]);
        command.arg(&self.filter);
        command
    }

    /// Runs every test of the suite, those too that are off without an Odoo.
    pub(crate) fn run(&self, environment: &[(&'static str, String)]) -> Result<Total> {
        let mut command = self.command();
        command.args(["--", "--format=pretty", "--show-output", "--include-ignored"]);
        command.arg(format!("--test-threads={}", self.at_once));
        // Cargo's own words are about the compilation, which was a step before.
        command
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().context("cannot start cargo")?;
        let output = process.stdout.take().context("cargo has no output")?;
        let mut count = Count::default();
        for line in BufReader::new(output).lines() {
            let line = line?;
            count.line(&line);
            if !line.trim().is_empty() {
                println!("{:<12} {line}", self.name);
            }
        }
        Ok(count.total(process.wait()?.success()))
    }
}

/// Lines seen so far.
#[derive(Default)]
struct Count {
    checks: Total,
    tests: Total,
}

impl Count {
    fn line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        // `18 ok   a_name` names the series first.
        let word = if first.parse::<u8>().is_ok() { words.next().unwrap_or_default() } else { first };
        match word {
            "ok" => self.checks.passed += 1,
            "FAIL" => self.checks.failed += 1,
            "test" if line.ends_with("... ok") => self.tests.passed += 1,
            "test" if line.ends_with("... FAILED") => self.tests.failed += 1,
            _ => {}
        }
    }

    /// A run that failed has at least one failure, and so has a run without any test.
    fn total(self, succeeded: bool) -> Total {
        let mut total = if self.checks == Total::default() { self.tests } else { self.checks };
        if total.failed == 0 && (!succeeded || total.passed == 0) {
            total.failed = 1;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total_of(lines: &[&str], succeeded: bool) -> (usize, usize) {
        let mut count = Count::default();
        lines.iter().for_each(|line| count.line(line));
        let total = count.total(succeeded);
        (total.passed, total.failed)
    }

    #[test]
    fn checks_are_counted_instead_of_the_test_around_them() {
        let lines = ["test live::all ... FAILED", "   ok   the same user: 6", "18 ok   a", "18 FAIL b: why"];
        assert_eq!(total_of(&lines, false), (2, 1));
    }

    #[test]
    fn tests_without_checks_are_counted_themselves() {
        assert_eq!(total_of(&["running 2 tests", "test a ... ok", "test b ... ok"], true), (2, 0));
    }

    #[test]
    fn a_run_that_crashes_or_runs_nothing_has_failed() {
        assert_eq!(total_of(&["test a ... ok"], false), (1, 1));
        assert_eq!(total_of(&["running 0 tests"], true), (0, 1));
    }
}
