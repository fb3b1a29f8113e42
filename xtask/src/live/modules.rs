//! The framework addons and generated modules on the real Odoo, each through `linkspan verify`.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
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
    ("crm", &["--type", "crm", "--auth", "oauth2_code"], "recorded"),
    ("woocommerce", &["--type", "ecommerce", "--connector", "woocommerce"], "shop"),
];

/// A definition whose requests have bodies.
const GRAPHQL: &str = "crates/linkspan/tests/it/sync/data/graphql/connector.toml";

/// Additions to the ecommerce starter.
const ADDITIONS: [&[&str]; 10] = [
    &["add-binding", "invoice", "--odoo-model", "account.move"],
    &["add-export", "account.move"],
    &["add-webhook", "invoice.updated"],
    &["add-binding", "carrier", "--odoo-model", "delivery.carrier"],
    &["add-export", "res.partner"],
    &["add-webhook", "customers/update"],
    &["add-binding", "shipment", "--odoo-model", "stock.picking"],
    &["add-webhook", "shipment.created"],
    &["add-binding", "lead", "--odoo-model", "crm.lead"],
    &["add-webhook", "LEAD_LOST", "--entity", "lead"],
];

/// What its author writes at the end of a file, one edit after each of the first additions.
const EDITS: [(&str, &str); 6] = [
    ("models/backend.py", "\n    def my_method(self):\n        return 42\n"),
    ("connector.toml", "# The author's own note.\n"),
    ("README.rst", "\nWritten by hand.\n"),
    ("components/adapter.py", "\n\n# The adapter's last word.\n"),
    ("models/product_binding.py", "\n\nLIMIT = 5  # by hand\n"),
    ("components/binder.py", "# The binder's last word.\n"),
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
        let module = init(name, &series, &folder, words)?;
        total.add(verify(template, &folder, &module, &["--external", external])?);
    }
    let graphql = system::workspace().join(GRAPHQL);
    let module = init("graphql", &series, &folder, &["--connector", &graphql.display().to_string()])?;
    total.add(verify(template, &folder, &module, &["--external", "recorded"])?);
    let module = init("extended", &series, &folder, &["--type", "ecommerce"])?;
    extend(&module)?;
    total.add(verify(template, &folder, &module, &["--external", "recorded"])?);
    Ok(total)
}

/// Makes a module; gives its folder.
fn init(name: &str, series: &str, folder: &Path, words: &[&str]) -> Result<PathBuf> {
    let mut init = program();
    init.args(["init", &format!("live_{name}"), "--odoo", series, "--path"]).arg(folder).args(words);
    step::quiet(&format!("init {name}"), &mut init)?;
    Ok(folder.join(format!("live_{name}_connector")))
}

/// Adds to a module by command and by hand in turn.
fn extend(module: &Path) -> Result<()> {
    let mut edits = EDITS.into_iter();
    for words in ADDITIONS {
        let mut add = program();
        add.arg(words[0]).arg(module).args(&words[1..]);
        step::quiet(&words[..2].join(" "), &mut add)?;
        let Some((file, text)) = edits.next() else { continue };
        let path = module.join(file);
        let mut file = OpenOptions::new().append(true).open(&path)?;
        file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
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
