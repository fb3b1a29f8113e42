//! The sandbox's servers, each in a process of its own, so that only Linkspan's own memory and time are measured.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::Programs;

/// Stops when dropped.
pub(super) struct Server {
    process: Child,
    pub(super) url: String,
}

impl Server {
    pub(super) fn shop(programs: &Programs, products: u64) -> Result<Self> {
        let products = products.to_string();
        let sizes = ["--products", &products, "--customers", "0", "--orders", "0"];
        Self::start(programs, &[&["sandbox", "shop", "--port", "0"], &sizes[..]].concat())
    }

    pub(super) fn odoo(programs: &Programs) -> Result<Self> {
        Self::start(programs, &["sandbox", "odoo", "--port", "0", "--series", "18"])
    }

    pub(super) fn port(&self) -> Result<u16> {
        let port = self.url.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok());
        port.with_context(|| format!("{} has no port", self.url))
    }

    fn start(programs: &Programs, arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(programs.linkspan());
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start linkspan")?;
        let output = process.stdout.take().context("linkspan has no output")?;
        let mut server = Self { process, url: String::new() };
        for line in BufReader::new(output).lines() {
            if let Some(url) = line?.strip_prefix("listening on ") {
                server.url = url.trim().trim_end_matches('/').to_owned();
                return Ok(server);
            }
        }
        anyhow::bail!("linkspan {} ended without saying where it listens", arguments.join(" "))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It keeps nothing, so it need not end in order; if it is gone already, all the better.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
