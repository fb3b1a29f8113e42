//! `linkspan doctor`

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::failure::{Failure, PROBLEMS};
use super::output::Output;
use super::test_connection::{Probe, probe_backend};
use super::{backend, when::when};
use crate::config::Config;
use crate::store::{Channel, Store, SubscriptionState, now_ms};

/// Check everything that has to be right for the service to work, and name the fix of what is not.
///
/// Configuration, both connections of every backend, rights, clocks, subscriptions, jobs that are stuck, nodes, disk.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  linkspan doctor\n  linkspan doctor --offline --json")]
pub(super) struct Arguments {
    /// Ask neither the external systems nor Odoo.
    #[arg(long)]
    offline: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    ok: bool,
    says: String,
    /// What to do; empty when all is well.
    fix: String,
}

/// A job that could run has waited so long: nobody works, or too few.
const STUCK_MS: i64 = 15 * 60_000;
const LEAST_FREE_BYTES: u64 = 512 * 1024 * 1024;

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let mut findings = vec![well("configuration", format!("{} can be read", path.display()))];
    let store = backend::store(&config).await?;
    findings.push(well("store", "opens, its schema is up to date"));
    findings.extend(disk(&config));
    findings.extend(told(&config));
    for name in config.backend_names() {
        findings.extend(look_at(&config, name, &store, arguments.offline).await);
    }
    findings.extend(work(&store).await?);
    findings.extend(alerts(&store).await?);
    let ok = findings.iter().all(|finding| finding.ok);
    output.object(&json!({ "ok": ok, "findings": findings }));
    for finding in &findings {
        let mark = if finding.ok { "ok    " } else { "WRONG " };
        output.line(format!("{mark} {}: {}", finding.what, finding.says));
        if !finding.fix.is_empty() {
            output.line(format!("       -> {}", finding.fix));
        }
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

fn well(what: impl Into<String>, says: impl Into<String>) -> Finding {
    Finding { what: what.into(), ok: true, says: says.into(), fix: String::new() }
}

fn wrong(what: impl Into<String>, says: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding { what: what.into(), ok: false, says: says.into(), fix: fix.into() }
}

/// A backend: its part of the configuration, then both systems.
async fn look_at(config: &Config, name: &str, store: &Store, offline: bool) -> Vec<Finding> {
    let wanted = match config.backend(name) {
        Ok(wanted) => wanted,
        Err(report) => {
            let fix = "`linkspan validate linkspan.toml` shows each problem with its place.";
            return vec![wrong(name, report.to_string(), fix)];
        }
    };
    let mut findings = Vec::new();
    if !offline {
        let probes = match backend::open(&wanted, store) {
            Ok(opened) => probe_backend(&wanted, opened, store).await,
            Err(error) => {
                return vec![wrong(name, error.to_string(), "Mend the backend's settings and secrets.")];
            }
        };
        findings.extend(probes.into_iter().map(|probe| of_probe(name, probe)));
    }
    findings.extend(subscriptions(config, &wanted, store).await);
    findings
}

fn of_probe(name: &str, probe: Probe) -> Finding {
    let Probe { what, ok, says } = probe;
    let what = format!("{name}: {what}");
    let fix = format!("Mend it, then try `linkspan test-connection {name}`.");
    if ok { well(what, says) } else { wrong(what, says, fix) }
}

async fn subscriptions(config: &Config, wanted: &crate::config::Backend, store: &Store) -> Vec<Finding> {
    let what = format!("{}: webhooks", wanted.name);
    let Some(webhooks) = &wanted.definition.webhooks else { return Vec::new() };
    if config.service().public_url.is_none() {
        let says = "none are subscribed to; changes are found by polling only";
        return vec![well(what, format!("{says} (`public_url` under [service] would change that)"))];
    }
    if webhooks.subscriptions.is_none() {
        return vec![well(what, "are subscribed to by hand on the other side")];
    }
    let rows = match store.list_subscriptions(Some(&wanted.name)).await {
        Ok(rows) => rows,
        Err(error) => return vec![wrong(what, error.to_string(), "Check the store.")],
    };
    let fix = format!("Run `linkspan webhooks subscribe {}`.", wanted.name);
    if rows.is_empty() {
        return vec![wrong(what, "nobody has looked after the subscriptions yet", fix)];
    }
    let bad: Vec<String> = rows
        .iter()
        .filter(|row| row.state != SubscriptionState::Active)
        .map(|row| row.topic.clone())
        .collect();
    if bad.is_empty() {
        vec![well(what, format!("{} subscriptions deliver", rows.len()))]
    } else {
        vec![wrong(what, format!("do not arrive: {}", bad.join(", ")), fix)]
    }
}

/// What ends the pause of a channel.
fn resume(channel: &str) -> String {
    let backend = channel.rsplit_once(':').map_or(channel, |(backend, _)| backend);
    format!("`linkspan backends resume {backend}` lets it go on.")
}

/// Jobs and who does them.
async fn work(store: &Store) -> Result<Vec<Finding>, Failure> {
    let now = now_ms();
    let mut findings = Vec::new();
    let nodes = store.node_views().await?;
    let alive = nodes.iter().filter(|node| node.is_heard_of(now)).count();
    if alive == 0 {
        findings.push(wrong(
            "nodes",
            "no service runs",
            "Start `linkspan serve`; docs/operating.md shows the systemd unit.",
        ));
    } else {
        findings.push(well("nodes", format!("{alive} run")));
    }
    let mut paused = store.channels().await?;
    paused.retain(|channel| channel.is_paused_at(now));
    let loads = store.channel_loads(now).await?;
    let is_empty = |channel: &&Channel| loads.iter().all(|load| load.channel != channel.name);
    for channel in paused.iter().filter(is_empty) {
        let why = channel.reason.as_deref().unwrap_or_default();
        findings.push(wrong(
            format!("jobs of {}", channel.name),
            format!("paused: {why}"),
            resume(&channel.name),
        ));
    }
    for load in &loads {
        let what = format!("jobs of {}", load.channel);
        let waited = load.oldest_due_at.map_or(0, |at| now - at);
        let says = format!(
            "{} wait, {} run, the oldest for {} s",
            load.due + load.scheduled,
            load.running,
            waited / 1_000
        );
        let pause = paused.iter().find(|channel| channel.name == load.channel);
        findings.push(match pause {
            Some(pause) => {
                let why = pause.reason.clone().unwrap_or_default();
                wrong(what, format!("{says}; paused: {why}"), resume(&load.channel))
            }
            None if waited > STUCK_MS => wrong(
                what,
                says,
                "`linkspan jobs list` says why each waits; start more nodes if there is too much to do.",
            ),
            None => well(what, says),
        });
    }
    for breaker in store.breaker_views().await?.iter().filter(|breaker| breaker.state != "closed") {
        let says = breaker.message.clone().unwrap_or_default();
        let what = format!("{} is left alone until {}", breaker.name, when(breaker.retry_at));
        findings.push(wrong(
            what,
            says,
            "It is tried again by itself; mend what it says if it does not pass.",
        ));
    }
    let dead: i64 = store.dead_counts().await?.iter().map(|count| count.count).sum();
    if dead > 0 {
        let fix = "`linkspan dead-letters list` shows them, newest first.";
        findings.push(wrong(
            "dead letters",
            format!("{dead} records need a human or wait for another record"),
            fix,
        ));
    }
    Ok(findings)
}

async fn alerts(store: &Store) -> Result<Vec<Finding>, Failure> {
    let alerts = store.list_alerts(None, 1_000).await?;
    Ok(alerts.into_iter().map(|alert| wrong("alert", alert.message, "Do what it says.")).collect())
}

/// Whether people are told of alerts.
fn told(config: &Config) -> Option<Finding> {
    use secrecy::ExposeSecret;
    let (url, _) = config.alerts()?;
    let fix = "Put the address of an incoming webhook there; it begins with https://.";
    Some(match url.read() {
        Ok(url) if crate::config::is_web_address(url.expose_secret()) => {
            well("alerts", "people are told at the address of service.alerts.url")
        }
        Ok(_) => wrong("alerts", "what service.alerts.url gives is no address", fix),
        Err(error) => wrong("alerts", error.to_string(), fix),
    })
}

/// Room for the SQLite file to grow.
fn disk(config: &Config) -> Option<Finding> {
    use secrecy::ExposeSecret;
    let url = config.store_url().ok()?;
    let path = url.expose_secret().strip_prefix("sqlite:")?.to_owned();
    let folder = Path::new(path.trim_start_matches("//")).parent()?;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let room = rustix::fs::statvfs(folder).ok()?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let says = format!("{} MiB are free for the store", free / (1024 * 1024));
    Some(if free < LEAST_FREE_BYTES {
        wrong("disk", says, "Make room: a full disk stops webhooks and jobs.")
    } else {
        well("disk", says)
    })
}
