//! What `cargo xtask bench` runs: one program, because linking it takes longer than measuring.
//!
//! ```text
//! bench mapping ...   records mapped in a second, see `mapping.rs`
//! bench queue ...     jobs claimed and completed in a second, see `queue.rs`
//! bench load ...      records that Odoo takes in a second by `load` alone, see `load.rs`
//! bench webhooks ...  webhooks stored in a second and the time to the answer, see `webhooks.rs`
//! ```
#![allow(clippy::print_stdout, reason = "its output is its result")]

mod load;
mod mapping;
mod queue;
mod queue_bare;
mod webhooks;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((task, rest)) if task == "mapping" => mapping::run(rest),
        Some((task, _)) if task == "load" => load::run(&words),
        Some((task, _)) if task == "queue" => queue::run(&words),
        Some((task, rest)) if task == "queue-worker" => queue::work(rest),
        Some((task, _)) if task == "webhooks" => webhooks::run(&words),
        _ => bail!("usage: bench mapping records|values|time FILE, or bench queue|load|webhooks --help"),
    }
}
