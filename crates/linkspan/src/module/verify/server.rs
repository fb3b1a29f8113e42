//! The running Odoo: on a free loopback port, with queue_job's runner, so that jobs run as they do in production.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use odoo_rpc::{Client, Config};
use secrecy::SecretString;
use tokio::process::Child;
use tokio::time::{Instant, sleep};
use url::Url;

use super::VerifyError;
use super::database::Database;
use super::odoo::{Odoo, tail};

const LOG: &str = "server.log";
const START: Duration = Duration::from_secs(180);
const STOP: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(250);

/// Login and password of a new database's administrator.
pub(super) const ADMIN: (&str, &str) = ("admin", "admin");

/// An Odoo that answers.
pub(super) struct Server<'o> {
    odoo: &'o Odoo,
    database: String,
    process: Child,
    /// `http://127.0.0.1:<port>/`
    pub(super) url: Url,
}

impl<'o> Server<'o> {
    /// Starts it and waits until it answers.
    pub(super) async fn start(odoo: &'o Odoo, database: &Database) -> Result<Server<'o>, VerifyError> {
        let port = free_port()?;
        let url: Url = format!("http://127.0.0.1:{port}/")
            .parse()
            .map_err(|error| VerifyError::Options(format!("no address for Odoo: {error}")))?;
        let mut command = odoo.command(database, LOG)?;
        let load = if odoo.major() >= 19 { "base,rpc,web,queue_job" } else { "base,web,queue_job" };
        command
            .args(["--http-interface=127.0.0.1", "--db-filter=", "--limit-time-real=3600"])
            .args([
                "--limit-time-cpu=3600".to_owned(),
                format!("--http-port={port}"),
                format!("--load={load}"),
            ])
            .env("ODOO_QUEUE_JOB_CHANNELS", "root:2")
            .env("ODOO_QUEUE_JOB_HOST", "127.0.0.1")
            .env("ODOO_QUEUE_JOB_PORT", port.to_string());
        let process = command.spawn().map_err(VerifyError::io("cannot start Odoo"))?;
        let mut server = Server { odoo, database: database.name.clone(), process, url };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// The database that it serves.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// A user of the database.
    pub(super) async fn sign_in(&self, login: &str, password: &str) -> Result<Client, VerifyError> {
        let secret = SecretString::from(password.to_owned());
        Ok(Client::connect(Config::new(self.url.clone(), &self.database, login, secret)).await?)
    }

    /// Its log so far.
    pub(super) fn log(&self) -> String {
        self.odoo.read_log(LOG)
    }

    /// Politely first, so that it closes its connections.
    pub(super) async fn stop(mut self) -> Result<(), VerifyError> {
        if let Some(id) = self.process.id() {
            // A process that has ended already needs no signal.
            let _ = tokio::process::Command::new("kill").arg(id.to_string()).status().await;
        }
        if tokio::time::timeout(STOP, self.process.wait()).await.is_err() {
            self.process.kill().await.map_err(VerifyError::io("Odoo cannot be stopped"))?;
        }
        Ok(())
    }

    async fn wait_until_ready(&mut self) -> Result<(), VerifyError> {
        let began = Instant::now();
        let address = self.url.join("web/login").unwrap_or_else(|_| self.url.clone());
        loop {
            if let Some(status) =
                self.process.try_wait().map_err(VerifyError::io("Odoo cannot be watched"))?
            {
                return Err(self.ended(&status.to_string()));
            }
            if reqwest::get(address.clone()).await.is_ok_and(|answer| answer.status().as_u16() < 500) {
                return Ok(());
            }
            if began.elapsed() > START {
                return Err(self.ended(&format!("no answer within {} s", START.as_secs())));
            }
            sleep(POLL).await;
        }
    }

    fn ended(&self, status: &str) -> VerifyError {
        VerifyError::Odoo { doing: "started".to_owned(), status: status.to_owned(), tail: tail(&self.log()) }
    }
}

/// A port of loopback that nobody listens on.
pub(super) fn free_port() -> Result<u16, VerifyError> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(VerifyError::io("no free port"))?;
    Ok(socket.local_addr().map_err(VerifyError::io("no free port"))?.port())
}
