//! Records imported in a second, against nothing but `load` calls with the same rows, and against one `create` a
//! record.

use std::process::Command;

use anyhow::{Context, Result};

use super::backend::{Backend, OdooLogin, SECRET_VARIABLE};
use super::{Programs, figure, grouped, sandbox};
use crate::odoo::{self, Template, Users};
use crate::{http, system};

pub(super) fn run(programs: &Programs, quick: bool) -> Result<()> {
    match odoo::from_environment(false)? {
        Some(template) => {
            println!("  into Odoo {}.0", template.series());
            let (first, second) =
                (odoo::Server::start(&template, "bench1")?, odoo::Server::start(&template, "bench2")?);
            measure(
                programs,
                if quick { 500 } else { 3_000 },
                &login(&template, &first),
                &login(&template, &second),
            )
        }
        None => {
            println!(
                "  into the sandbox's Odoo; name a real one with LINKSPAN_ODOO_SRC (see cargo xtask live)"
            );
            let (first, second) = (sandbox::Server::odoo(programs)?, sandbox::Server::odoo(programs)?);
            measure(
                programs,
                if quick { 5_000 } else { 50_000 },
                &sandbox_login(&first),
                &sandbox_login(&second),
            )
        }
    }
}

fn login(template: &Template, server: &odoo::Server<'_>) -> OdooLogin {
    OdooLogin {
        url: server.url(),
        database: server.database.clone(),
        login: Users::MANAGER.to_owned(),
        secret: template.users().manager_password.clone(),
    }
}

/// The manager that every sandbox Odoo has.
pub(super) fn sandbox_login(server: &sandbox::Server) -> OdooLogin {
    OdooLogin {
        url: server.url.clone(),
        database: "odoo".to_owned(),
        login: "manager".to_owned(),
        secret: "manager-pass-1".to_owned(),
    }
}

/// Both Odoos get the same categories first; the first one then gets products by `linkspan sync`, the second one
/// the same rows by `load` alone. Two databases, so that neither way finds what the other wrote.
fn measure(programs: &Programs, products: u64, first: &OdooLogin, second: &OdooLogin) -> Result<()> {
    let shop = sandbox::Server::shop(programs, products)?;
    let ours = Backend::new(programs, "bench-import", &shop.url, first)?;
    ours.timed_sync("category")?;
    Backend::new(programs, "bench-import-other", &shop.url, second)?.timed_sync("category")?;
    let above = highest_product(first)?;
    let (created, seconds) = ours.timed_sync("product")?;
    let ours = created as f64 / seconds;
    let printed = system::output(
        Command::new(programs.bench())
            .arg("load")
            .args(["--from", &first.url, "--from-database", &first.database])
            .args(["--to", &second.url, "--to-database", &second.database])
            .args(["--login", &first.login, "--above", &above.to_string()])
            .env(SECRET_VARIABLE, &first.secret),
    )?;
    let (load, create) = (named(&printed, "load")?, named(&printed, "create")?);
    figure(
        &format!("linkspan sync, {} products, records/s", grouped(created as f64)),
        format!("{ours:.0}"),
        "",
    );
    figure("the same rows by load alone, records/s", format!("{load:.0}"), "");
    figure("part of what load alone takes", format!("{:.2}", ours / load), "0.9");
    figure("one create a record, records/s", format!("{create:.1}"), "");
    figure("times faster than one create a record", format!("{:.1}", ours / create), "");
    Ok(())
}

/// The value of a line `name value`.
fn named(printed: &str, name: &str) -> Result<f64> {
    let value = printed.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.with_context(|| format!("bench load printed no {name}: {printed}"))
}

/// Products of Odoo itself have lower ids than those that are imported.
fn highest_product(odoo: &OdooLogin) -> Result<u64> {
    let port =
        odoo.url.rsplit(':').next().and_then(|port| port.parse().ok()).context("the Odoo has a port")?;
    let who = format!(r#"["{}","{}","{}",{{}}]"#, odoo.database, odoo.login, odoo.secret);
    let answer = http::call_odoo(port, "common", "authenticate", &who)?;
    let uid = http::number(&answer, "result").with_context(|| format!("the login is refused: {answer}"))?;
    let call = format!(
        r#"["{}",{uid},"{}","product.product","search",[[]],{{"order":"id desc","limit":1,"context":{{"active_test":false}}}}]"#,
        odoo.database, odoo.secret
    );
    // An Odoo without any product answers with an empty list.
    Ok(http::number(&http::call_odoo(port, "object", "execute_kw", &call)?, "result").unwrap_or(0))
}
