//! `linkspan test-connection`

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::backend::{self, Opened};
use super::failure::Failure;
use super::output::Output;
use super::progress;
use crate::adapter::{Adapter, Page};
use crate::config::Backend;
use crate::definition::entity::Import;
use crate::sync::{Mode, SyncError, changed};

/// Probe the shop and Odoo of a backend and say in plain words what is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  linkspan test-connection shop1")]
pub(super) struct Arguments {
    /// Backend in the configuration.
    backend: String,
}

/// One thing that was tried.
#[derive(Debug, Serialize)]
pub(super) struct Probe {
    pub(super) what: String,
    pub(super) ok: bool,
    pub(super) says: String,
}

/// Clocks may differ by this much before it matters: the window of changes overlaps by five minutes.
const CLOCK_SECONDS: i64 = 120;

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let wanted = config.backend(&arguments.backend)?;
    let store = backend::store(&config).await?;
    let opened = backend::open(&wanted, &store)?;
    let probes = probe_backend(&wanted, opened, &store).await;
    let ok = probes.iter().all(|probe| probe.ok);
    output.object(&json!({ "backend": wanted.name, "ok": ok, "probes": probes }));
    for probe in &probes {
        output.line(format!("{} {}: {}", if probe.ok { "ok    " } else { "FAILED" }, probe.what, probe.says));
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// Tries both systems of a backend.
pub(super) async fn probe_backend(
    wanted: &Backend,
    opened: Opened,
    store: &crate::store::Store,
) -> Vec<Probe> {
    let mut probes = probe_shop(&opened).await;
    probes.extend(probe_odoo(wanted, &opened, store).await);
    opened.close().await;
    probes
}

async fn probe_shop(opened: &Opened) -> Vec<Probe> {
    let title = &opened.definition.connector.title;
    let mut probes = Vec::new();
    match opened.adapter.verify().await {
        Ok(None) => probes.push(passed(title, "the definition names no operation to verify with")),
        Ok(Some(answer)) => {
            probes.push(passed(title, format!("answers, the credentials are right ({})", answer.url)));
            probes.extend(answer.server_time().map(|time| clock(title, time)));
        }
        Err(error) => {
            probes.push(failed(title, error.to_string()));
            return probes;
        }
    }
    for (name, entity) in &opened.definition.entities {
        let Some(import) = &entity.import else { continue };
        match first_page(&opened.adapter, import).await {
            Ok(page) => {
                let total = page.and_then(|page| page.total);
                let says = total.map_or_else(
                    || "can be read".to_owned(),
                    |total| format!("can be read, {total} records"),
                );
                probes.push(passed(&format!("{title}, {name}"), says));
            }
            Err(error) => probes.push(failed(&format!("{title}, {name}"), error.to_string())),
        }
    }
    probes
}

/// Of everything that an import lists.
async fn first_page(adapter: &Adapter, import: &Import) -> Result<Option<Page>, SyncError> {
    let everything = changed(import, None)?;
    Ok(adapter.list(&import.list, everything, None).next().await?)
}

fn clock(title: &str, theirs: Timestamp) -> Probe {
    let difference = (Timestamp::now().as_second() - theirs.as_second()).abs();
    let what = format!("{title}, clock");
    if difference <= CLOCK_SECONDS {
        return passed(&what, format!("differs by {difference} s"));
    }
    failed(
        &what,
        format!(
            "differs from this machine's by {difference} s. Set both by NTP: changes are found by their time"
        ),
    )
}

async fn probe_odoo(wanted: &Backend, opened: &Opened, store: &crate::store::Store) -> Vec<Probe> {
    let client = match backend::connect(&wanted.odoo).await {
        Ok(client) => client,
        Err(error) => return vec![failed("Odoo", error.to_string())],
    };
    let says = format!(
        "{} answers over {}, database {}, user {}",
        client.version().text,
        client.protocol(),
        client.database(),
        wanted.odoo.login
    );
    let mut probes = vec![passed("Odoo", says)];
    let models: BTreeSet<&str> =
        opened.definition.entities.values().map(|entity| entity.odoo.model.as_str()).collect();
    for model in models {
        probes.push(probe_rights(&client, model).await);
    }
    let session =
        opened.session(client, store, Mode::Plan, None, progress::progress(&Output::new(true))).await;
    probes.push(match session {
        Ok(_) => passed("Odoo, fields", "every model and field of the definition is there"),
        Err(error) => failed("Odoo, fields", error.to_string()),
    });
    probes
}

async fn probe_rights(client: &odoo_rpc::Client, model: &str) -> Probe {
    let what = format!("Odoo, {model}");
    let mut lacking = Vec::new();
    for operation in ["read", "create", "write"] {
        match client.has_access(model, operation).await {
            Ok(true) => {}
            Ok(false) => lacking.push(operation),
            Err(error) => return failed(&what, error.to_string()),
        }
    }
    if lacking.is_empty() {
        return passed(&what, "may be read, created and written");
    }
    failed(
        &what,
        format!(
            "the Odoo user may not {} it. Give the user a group that may, in Settings > Users",
            lacking.join(" or ")
        ),
    )
}

fn passed(what: &str, says: impl Into<String>) -> Probe {
    Probe { what: what.to_owned(), ok: true, says: says.into() }
}

fn failed(what: &str, says: impl Into<String>) -> Probe {
    Probe { what: what.to_owned(), ok: false, says: says.into() }
}
