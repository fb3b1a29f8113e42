//! `cargo xtask live`: the suites that need a real Odoo, each on a database of its own.
//!
//! The same checks run against the stand-in in `cargo xtask test`; here they show that the stand-in tells the truth.

mod modules;
pub(crate) mod suite;

use anyhow::{Result, bail, ensure};

use crate::odoo::{self, Idle, Server, Template, Users};
use crate::postgres::Cluster;
use crate::step;
use suite::{Suite, Total};

/// How many times the kill suite kills an import, unless `LINKSPAN_KILLS` says otherwise.
const KILLS: &str = "10";

/// The module inside Odoo, compared with `linkspan sync` beside it.
const INSIDE: &str = "inside";

/// The service, whose tests start and stop their Odoo themselves.
const SERVICE: &str = "service";

const NAMES: [&str; 7] =
    ["rpc-password", "rpc-key", "conformance", "linkspan", SERVICE, INSIDE, modules::NAME];

pub(crate) fn run(words: &[String]) -> Result<()> {
    let fresh = words.iter().any(|word| word == "--fresh");
    let wanted: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "--fresh").collect();
    if let Some(unknown) = wanted.iter().find(|word| !NAMES.contains(word)) {
        bail!("there is no suite '{unknown}'; there are: {}", NAMES.join(", "));
    }
    let Some(template) = odoo::from_environment(fresh)? else {
        println!("Skipped: no Odoo to test against is named. Set{}", odoo::HELP);
        return Ok(());
    };
    println!("Odoo {}.0", template.series());
    let total = run_suites(&template, &wanted)?;
    println!("{} passed, {} failed", total.passed, total.failed);
    ensure!(total.failed == 0, "some checks failed; repeat one suite with: cargo xtask live <suite>");
    Ok(())
}

fn run_suites(template: &Template, wanted: &[&str]) -> Result<Total> {
    // The linkspan suites keep their store in it.
    let store = Cluster::start()?;
    let mut total = Total::default();
    for name in NAMES.into_iter().filter(|name| wanted.is_empty() || wanted.contains(name)) {
        if name == modules::NAME {
            total.add(modules::run(template)?);
            continue;
        }
        let suite = suite(name, template.series());
        if let Err(error) = step::quiet(&format!("compile {name}"), suite.command().arg("--no-run")) {
            // The other suites still have something to tell.
            println!("{error:#}");
            total.add(Total { passed: 0, failed: 1 });
            continue;
        }
        let mut environment = users(name, template.users());
        environment.push(("LINKSPAN_TEST_POSTGRES_URL", store.url.clone()));
        environment.push(("LINKSPAN_ODOO_COMMAND", template.command_line()));
        if name == SERVICE {
            let own = Idle::new(template, name)?;
            environment.push(("LINKSPAN_ODOO_DB", own.database.clone()));
            total.add(suite.run(&environment)?);
            continue;
        }
        let server = step::work(&format!("start {name}"), || {
            let server = Server::start(template, name)?;
            let remark = format!("{} on {}", server.database, server.url());
            Ok((server, remark))
        })?;
        environment.push(("LINKSPAN_ODOO_URL", server.url()));
        environment.push(("LINKSPAN_ODOO_DB", server.database.clone()));
        let second = if name == INSIDE { Some(Idle::new(template, "inside-module")?) } else { None };
        if let Some(second) = &second {
            environment.push(("LINKSPAN_ODOO_MODULE_DB", second.database.clone()));
        }
        total.add(suite.run(&environment)?);
    }
    Ok(total)
}

/// Where a suite's tests are.
fn suite(name: &'static str, series: u32) -> Suite {
    let (package, binary, filter) = match name {
        "conformance" => ("sandbox", "conformance", format!("odoo_{series}_")),
        "linkspan" => ("linkspan", "it", "live::".to_owned()),
        INSIDE => ("linkspan", "it", "inside::".to_owned()),
        SERVICE => ("linkspan", "it", "service::real_odoo::".to_owned()),
        _ => ("odoo-rpc", "it", "live::".to_owned()),
    };
    Suite { name, package, binary, filter, at_once: 1 }
}

/// Whom a suite signs in as: the tests of the client want a user with few rights, the others one who may do the work.
fn users(name: &str, users: &Users) -> Vec<(&'static str, String)> {
    let (login, secret) = match name {
        "rpc-password" => (Users::PLAIN, &users.plain_password),
        "rpc-key" => (Users::PLAIN, &users.plain_key),
        _ => (Users::MANAGER, &users.manager_password),
    };
    let kills = std::env::var("LINKSPAN_KILLS").unwrap_or_else(|_| KILLS.to_owned());
    vec![
        ("LINKSPAN_ODOO_LOGIN", login.to_owned()),
        ("LINKSPAN_ODOO_SECRET", secret.clone()),
        ("LINKSPAN_ODOO_API_KEY", users.manager_key.clone()),
        ("LINKSPAN_ODOO_ADMIN_LOGIN", Users::ADMIN.to_owned()),
        ("LINKSPAN_ODOO_ADMIN_SECRET", users.admin_password.clone()),
        ("LINKSPAN_ODOO_PLAIN_LOGIN", Users::PLAIN.to_owned()),
        ("LINKSPAN_ODOO_PLAIN_SECRET", users.plain_password.clone()),
        ("LINKSPAN_KILLS", kills),
    ]
}
