//! Install, upgrade, test, uninstall; what Odoo's log says of each.

use std::collections::BTreeSet;

use odoo_rpc::{Repeat, SearchOptions};
use serde_json::{Map, json};

use super::VerifyError;
use super::checklist::{Checklist, Group};
use super::database::Database;
use super::log::{Complaint, complaints};
use super::module::Module;
use super::odoo::{Odoo, Run};
use super::server::Server;

const G: Group = Group::Installation;
const INSTALL: &str = "Install without errors or warnings in the log";

/// Installs what the module depends on, then the module itself; whether it is installed.
pub(super) async fn install(
    odoo: &Odoo,
    module: &Module,
    database: &Database,
    list: &mut Checklist,
    say: &dyn Fn(&str),
) -> Result<bool, VerifyError> {
    let mut depends: Vec<&str> = module.depends.iter().map(String::as_str).collect();
    // Without a chart of accounts there is no journal; 17.0 and later choose one themselves.
    if odoo.major() == 16 && depends.contains(&"account") {
        depends.push("l10n_generic_coa");
    }
    say(&format!("install what {} depends on: {}", module.name, depends.join(", ")));
    let before = odoo.run(database, "depends.log", &["-i", &depends.join(",")]).await?;
    if !before.succeeded {
        return Err(VerifyError::Odoo {
            doing: "installed the dependencies".to_owned(),
            status: "failed".to_owned(),
            tail: before.tail(),
        });
    }
    say(&format!("install {}", module.name));
    let run = odoo.run(database, "install.log", &["-i", &module.name]).await?;
    let loaded = run.succeeded && run.log.contains(&format!("Loading module {}", module.name));
    let (quiet, observed) = told(&run, &complaints(&before.log));
    let observed = match loaded {
        true => observed,
        false if run.succeeded => {
            format!(
                "Odoo did not load it: is its folder on the addons path, and `installable` true? {observed}"
            )
        }
        false => format!("Odoo ended with an error. {observed}"),
    };
    list.note(G, INSTALL, loaded && quiet, observed);
    Ok(loaded)
}

/// Upgrades the module over itself.
pub(super) async fn upgrade(
    odoo: &Odoo,
    module: &Module,
    database: &Database,
    list: &mut Checklist,
    say: &dyn Fn(&str),
) -> Result<(), VerifyError> {
    say("upgrade it");
    let run = odoo.run(database, "upgrade.log", &["-u", &module.name]).await?;
    let (quiet, observed) = told(&run, &complaints(&odoo.read_log("depends.log")));
    list.note(G, "Upgrade without errors or warnings in the log", run.succeeded && quiet, observed);
    Ok(())
}

/// Runs the module's own tests.
pub(super) async fn test(
    odoo: &Odoo,
    module: &Module,
    database: &Database,
    list: &mut Checklist,
    say: &dyn Fn(&str),
) -> Result<(), VerifyError> {
    const TESTS: &str = "Its own tests pass";
    if !module.has_tests {
        list.note(G, TESTS, false, "it has no tests");
        return Ok(());
    }
    say("run its tests");
    let tag = format!("/{}", module.name);
    let run = odoo.run(database, "test.log", &["-u", &module.name, "--test-tags", &tag]).await?;
    let said = run.log.lines().rev().find_map(|line| {
        line.split_once(": ")
            .map(|(_, text)| text)
            .filter(|text| text.contains("failed, ") && text.contains("tests"))
    });
    let ran = started(&run.log, &module.name);
    let failed: Vec<&str> = failures(&run.log).collect();
    let holds = run.succeeded && ran > 0 && failed.is_empty();
    let mut observed = format!("{ran} tests; {}", said.unwrap_or("Odoo printed no summary"));
    if !failed.is_empty() {
        observed.push_str(&format!("; {}", failed.join("; ")));
    }
    list.note(G, TESTS, holds, observed);
    Ok(())
}

/// How many tests of the module were started.
fn started(log: &str, module: &str) -> usize {
    let logger = format!("odoo.addons.{module}.tests.");
    log.lines().filter(|line| line.contains(&logger) && line.contains(": Starting ")).count()
}

fn failures(log: &str) -> impl Iterator<Item = &str> {
    log.lines().filter_map(|line| {
        let at = line.find(": FAIL: ").or_else(|| line.find(": ERROR: "))?;
        Some(&line[at + 2..])
    })
}

/// Uninstalls the module on the running server and looks whether it left its models behind.
pub(super) async fn uninstall(
    server: &Server<'_>,
    module: &Module,
    list: &mut Checklist,
    say: &dyn Fn(&str),
) -> Result<(), VerifyError> {
    say("uninstall it");
    let admin = server.sign_in("admin", "admin").await?;
    let found = admin
        .search_read(
            "ir.module.module",
            &json!([["name", "=", module.name]]),
            &["state"],
            SearchOptions::default(),
        )
        .await?;
    let id = found.iter().find_map(|record| record.get("id")?.as_i64()).unwrap_or(0);
    let before = complaints(&server.log());
    let button = "button_immediate_uninstall";
    let done = admin.call("ir.module.module", button, vec![json!([id])], Map::new(), Repeat::Never).await;
    let left = admin.search_count("ir.model.data", &json!([["module", "=", module.name]])).await?;
    let new: Vec<String> = complaints(&server.log()).difference(&before).map(ToString::to_string).collect();
    let observed = match done {
        Err(error) => error.to_string(),
        Ok(_) if left > 0 => format!("{left} records of the module are left"),
        Ok(_) if !new.is_empty() => new.join("; "),
        Ok(_) => "gone, nothing left behind".to_owned(),
    };
    list.note(G, "Uninstall without errors or warnings in the log", observed.starts_with("gone"), observed);
    Ok(())
}

/// Whether the log is free of complaints that are not there without the module, and what it says.
fn told(run: &Run, known: &BTreeSet<Complaint>) -> (bool, String) {
    let new: Vec<String> = complaints(&run.log)
        .into_iter()
        .filter(|complaint| {
            !known.iter().any(|known| known.logger == complaint.logger && known.text == complaint.text)
        })
        .map(|complaint| complaint.to_string())
        .collect();
    let observed = if new.is_empty() { "no warning in the log".to_owned() } else { new.join("; ") };
    (new.is_empty(), observed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_failed_are_named() {
        let log = "2026-11-22 02:10:48,123 4 INFO db odoo.addons.m.tests.test_a: Starting TestA.test_b ... \n\
            2026-11-22 02:10:48,124 4 INFO db odoo.addons.other.tests.test_a: Starting TestC.test_d ... \n\
            2026-11-22 02:10:48,125 4 ERROR db odoo.addons.m.tests.test_a: FAIL: TestA.test_b\nTraceback\n";
        assert_eq!(started(log, "m"), 1);
        assert_eq!(failures(log).collect::<Vec<_>>(), ["FAIL: TestA.test_b"]);
    }
}
