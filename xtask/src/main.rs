//! Development tasks: `cargo xtask test`, `cargo xtask live`, `cargo xtask soak`, `cargo xtask bench`.
//!
//! Every task sets up what it needs, says what it does in a line a step, and stops what it started. Only `std` and
//! `anyhow` are used, because this compiles before everything else.
#![allow(clippy::print_stdout, reason = "a task is watched by a person")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

mod bench;
mod http;
mod live;
mod odoo;
mod postgres;
mod python;
mod soak;
mod step;
mod system;
mod test;
mod wheels;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <task>

  test [--quick] [filter...]   all checks and tests; --quick leaves out format, lints, docs and licences.
                               Words that follow go to the test runner: cargo xtask test store
  live [--fresh] [suite...]    the suites that need a real Odoo, against the one that the environment names;
                               --fresh installs it anew. Without one it says what to set
  soak [part...]               the service killed 1,000 times on each database (kills), PostgreSQL and Odoo away under
                               load (outages), 100,000 webhooks (storm); LINKSPAN_SERVICE_KILLS and
                               LINKSPAN_SERVICE_OUTAGES say how often. Half an hour
  bench [--quick] [part...]    figures of mapping, import, memory, startup, validate, service, queue; import uses the
                               same real Odoo if one is named, otherwise the sandbox's
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let task = words.next().unwrap_or_default();
    let words: Vec<String> = words.collect();
    let done = match task.as_str() {
        "test" => test::run(&words),
        "live" => live::run(&words),
        "soak" => soak::run(&words),
        "bench" => bench::run(&words),
        _ => {
            print!("{USAGE}");
            return if matches!(task.as_str(), "help" | "--help" | "-h") {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask {task}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
