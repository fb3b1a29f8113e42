//! One running Odoo on a free loopback port with a database of its own.

use std::fs::File;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::template::Template;
use crate::{http, system};

/// Loading the modules takes 3 to 10 seconds on a free machine.
const START_TIMEOUT: Duration = Duration::from_secs(180);
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(200);

/// Stops, and its database is dropped, when this value is.
pub(crate) struct Server<'a> {
    template: &'a Template,
    pub(crate) database: String,
    port: u16,
    process: Child,
}

impl<'a> Server<'a> {
    /// Starts Odoo on a copy of the template. `name` is part of the name of the database and of the log file.
    pub(crate) fn start(template: &'a Template, name: &str) -> Result<Self> {
        let database = template.copy(name)?;
        match spawn(template, &database, name) {
            Ok((port, process)) => {
                let mut server = Self { template, database, port, process };
                server.wait_until_ready(name)?;
                Ok(server)
            }
            Err(error) => {
                template.remove(&database)?;
                Err(error)
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn wait_until_ready(&mut self, name: &str) -> Result<()> {
        let started = Instant::now();
        let log =
            || system::scratch().map(|folder| folder.join(format!("odoo-{name}.log")).display().to_string());
        while started.elapsed() < START_TIMEOUT {
            if let Some(status) = self.process.try_wait()? {
                bail!("Odoo ended while it started ({status}); see {}", log()?);
            }
            if tells_its_version(self.port).unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        bail!("Odoo does not answer after {} s; see {}", START_TIMEOUT.as_secs(), log()?)
    }

    /// Politely first, so that it closes its files and connections.
    fn stop(&mut self) -> Result<()> {
        system::output(Command::new("kill").arg(self.process.id().to_string()))?;
        let started = Instant::now();
        while started.elapsed() < STOP_TIMEOUT {
            if self.process.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        self.process.kill()?;
        self.process.wait().map(drop).context("Odoo cannot be stopped")
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let stopped = self.stop();
        if let Err(error) = stopped.and_then(|()| self.template.remove(&self.database)) {
            eprintln!("database {} is left behind: {error:#}", self.database);
        }
    }
}

/// A copy of the template that no server runs on; dropped when this value is.
pub(crate) struct Idle<'a> {
    template: &'a Template,
    pub(crate) database: String,
}

impl<'a> Idle<'a> {
    pub(crate) fn new(template: &'a Template, name: &str) -> Result<Self> {
        Ok(Self { template, database: template.copy(name)? })
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.template.remove(&self.database) {
            eprintln!("database {} is left behind: {error:#}", self.database);
        }
    }
}

fn spawn(template: &Template, database: &str, name: &str) -> Result<(u16, Child)> {
    let port = system::free_port()?;
    let log = File::create(system::scratch()?.join(format!("odoo-{name}.log")))?;
    let mut command = template.tree.odoo(None, database);
    command.args(["--workers=0", "--http-interface=127.0.0.1", "--db-filter=", "--limit-time-real=3600"]);
    command.arg("--limit-time-cpu=3600").arg(format!("--http-port={port}"));
    command.envs(template.databases.environment.iter().cloned());
    let process = command.stdout(log.try_clone()?).stderr(log).spawn().context("cannot start Odoo")?;
    Ok((port, process))
}

fn tells_its_version(port: u16) -> Result<bool> {
    Ok(http::call_odoo(port, "common", "version", "[]")?.contains("\"server_version_info\""))
}
