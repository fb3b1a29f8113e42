//! The framework addons and generated modules on the real Odoo, each through `linkspan verify`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::suite::Total;
use crate::odoo::Template;
use crate::{step, system};

/// Name of the suite.
pub(super) const NAME: &str = "modules";

/// The framework; the last one holds its tests.
const FRAMEWORK: [&str; 3] = ["connector_base_backend", "generic_connector", "test_generic_connector"];

/// The starters of `linkspan init`, and what stands in for the external system of each.
const GENERATED: [(&str, &[&str], &str); 5] = [
    ("ecommerce", &["--type", "ecommerce"], "recorded"),
    ("logistics", &["--type", "logistics"], "recorded"),
    ("accounting", &["--type", "accounting"], "recorded"),
    ("crm", &["--type", "crm"], "recorded"),
    ("woocommerce", &["--type", "ecommerce", "--connector", "woocommerce"], "shop"),
];

pub(super) fn run(template: &Template) -> Result<Total> {
    if !template.has_addon("queue_job") {
        println!(
            "{NAME:<12} skipped: OCA's component, connector and queue_job are not in LINKSPAN_ODOO_ADDONS"
        );
        return Ok(Total::default());
    }
    let mut compile = Command::new(env!("CARGO"));
    step::quiet(
        "compile the program",
        compile.args(["build", "-p", "linkspan"]).current_dir(system::workspace()),
    )?;
    let series = format!("{}.0", template.series());
    let folder = system::scratch()?.join(format!("modules-{series}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    step::quiet(
        "write the addons",
        program().args(["addons", "--odoo", &series, "--with-tests", "--path"]).arg(&folder),
    )?;
    let mut total = Total::default();
    for name in FRAMEWORK {
        total.add(verify(template, &folder, &folder.join(name), &["--installation-only"])?);
    }
    for (name, words, external) in GENERATED {
        let mut init = program();
        init.args(["init", &format!("live_{name}"), "--odoo", &series, "--path"]).arg(&folder).args(words);
        step::quiet(&format!("init {name}"), &mut init)?;
        let module = folder.join(format!("live_{name}_connector"));
        total.add(verify(template, &folder, &module, &["--external", external])?);
    }
    Ok(total)
}

fn program() -> Command {
    Command::new(system::target().join("debug/linkspan"))
}

/// Runs `linkspan verify`, shows its checklist a line an item, and counts.
fn verify(template: &Template, addons: &Path, module: &Path, words: &[&str]) -> Result<Total> {
    let name = module.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut command = program();
    command.arg("verify").arg(module).args(words);
    template.name_to(&mut command, addons);
    let mut process =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start linkspan")?;
    let output = process.stdout.take().context("linkspan has no output")?;
    let mut total = Total::default();
    let mut item: Option<(&str, String)> = None;
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some((word, text)) = item.take() {
            println!("{NAME:<12} {word:<4} {name}: {text}: {}", line.trim());
        } else if let Some(text) = line.strip_prefix("  [x] ") {
            total.passed += 1;
            item = Some(("ok", text.to_owned()));
        } else if let Some(text) = line.strip_prefix("  [ ] ") {
            total.failed += 1;
            item = Some(("FAIL", text.to_owned()));
        } else if let Some(text) = line.strip_prefix("  [-] ") {
            item = Some(("-", text.to_owned()));
        }
    }
    let status = process.wait()?;
    if total.passed + total.failed == 0 {
        bail!("linkspan verify {} told nothing ({status})", module.display());
    }
    Ok(total)
}
