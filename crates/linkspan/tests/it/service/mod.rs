//! `linkspan serve` as a process, between a real shop server and an Odoo stand-in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alerting;
mod away;
mod demo;
mod killed;
mod nodes;
mod promises;
mod real_odoo;
mod refused;
mod restored;
mod rollout;
mod soak;
mod stale_alerts;
mod storm;
mod subscribed;
mod traces;
mod working;

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::program::Program;
use crate::support::world::{BACKEND, World};
use crate::webhook::{client, sign};

/// What the shop signs its webhooks with, as the environment variable `TEST_WEBHOOK`.
pub(crate) const SECRET: &str = "a-shop-secret";

/// How long a service may take for what it is asked to do, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

/// A service that runs.
pub(crate) struct Served {
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStdout>>,
    /// Where it listens: `http://127.0.0.1:1234`.
    pub(crate) url: String,
}

impl Served {
    /// Starts `linkspan serve` and waits until it listens.
    pub(crate) async fn start(world: &World) -> Served {
        Served::at(&world.program, "127.0.0.1:0").await
    }

    /// The same, at an address.
    pub(crate) async fn at(program: &Program, address: &str) -> Served {
        Served::telling(program, address, Stdio::inherit()).await
    }

    /// The same, with its log going somewhere.
    pub(crate) async fn telling(program: &Program, address: &str, log: Stdio) -> Served {
        let mut command = program.command(&["serve", "--listen", address]);
        command.stderr(log);
        Served::by(command).await
    }

    /// The same, by a command of one's own.
    async fn by(mut command: Command) -> Served {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("it says where it listens");
        let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("it said {line:?}")).to_owned();
        Served { child, lines, url }
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        let id = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        drop(self.lines);
        ended.expect("it stops").unwrap()
    }

    /// Kills it.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signed webhook; whether it was acknowledged.
    pub(crate) async fn deliver(&self, backend: &str, topic: &str, delivery: &str, id: u64) -> bool {
        let body = format!("{{\"id\":{id}}}");
        let request = client()
            .post(format!("{}/webhooks/{backend}", self.url))
            .header("X-WC-Webhook-Signature", sign(SECRET, body.as_bytes()))
            .header("X-WC-Webhook-Topic", topic)
            .header("X-WC-Webhook-Delivery-ID", delivery)
            .body(body);
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// What a GET answers: status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        odoo_rpc::install_crypto();
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// Waits until `holds` gives something.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut holds: impl FnMut() -> F) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = holds().await {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Adds lines to the backend's part of the configuration.
pub(crate) fn configure(world: &World, text: &str) {
    let head = format!("[backends.{BACKEND}.settings]");
    world.program.edit(&head, &format!("{text}\n{head}"));
}

/// Gives the backend the secret of its webhooks.
pub(crate) fn take_webhooks(program: &mut Program, backend: &str) {
    let secrets = format!("[backends.{backend}.secrets]");
    program.edit(&secrets, &format!("{secrets}\nwebhook_secret = {{ env = \"TEST_WEBHOOK\" }}"));
    program.set("TEST_WEBHOOK", SECRET);
}

/// Walks that come once an hour, so that only jobs do something after the first.
pub(crate) const SELDOM: &str = "[[backends.shop1.schedules]]\nevery_ms = 3_600_000\n";
