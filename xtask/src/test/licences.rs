//! Licences of the dependencies, and known holes in them.
//!
//! `deny.toml` is the one list. cargo-deny reads it where it is installed; compiling it takes longer than all the
//! other steps together, so elsewhere the licences are compared here, and the advisories are left out in words.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::spdx;
use crate::{step, system};

pub(super) fn check() -> Result<()> {
    if system::has_cargo_tool("deny") {
        return with_cargo_deny();
    }
    step::work("licences", || Ok(((), compare()?)))?;
    println!("{:<22} skipped: needs cargo-deny (cargo install cargo-deny --locked)", "advisories");
    Ok(())
}

fn with_cargo_deny() -> Result<()> {
    let deny = |what: &[&str]| {
        let mut command = Command::new("cargo");
        command.current_dir(system::workspace()).args(["deny", "--all-features"]).args(what);
        command
    };
    step::quiet("licences", &mut deny(&["check", "licenses", "bans", "sources"]))?;
    if let Err(error) = system::output(&mut deny(&["fetch", "db"])) {
        let why = format!("{error:#}");
        println!(
            "{:<22} skipped: the database cannot be fetched: {}",
            "advisories",
            why.lines().last().unwrap_or("")
        );
        return Ok(());
    }
    step::quiet("advisories", &mut deny(&["check", "--disable-fetch", "advisories"]))
}

/// How many packages were compared.
fn compare() -> Result<String> {
    let file = system::workspace().join("deny.toml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let allowed = allowed(&text);
    ensure!(!allowed.is_empty(), "{} has no [licenses] allow = [...]", file.display());
    let packages = packages()?;
    let refused: Vec<String> = packages
        .iter()
        .map(|(package, licence)| (package, licence, spdx::missing(licence, &allowed)))
        .filter(|(_, _, missing)| !missing.is_empty())
        .map(|(package, licence, missing)| format!("{package}: '{licence}' needs {}", missing.join(", ")))
        .collect();
    ensure!(
        refused.is_empty(),
        "licences that deny.toml does not allow:\n  {}\nUse another crate, or add the licence to deny.toml and say why",
        refused.join("\n  ")
    );
    Ok(format!("{} packages", packages.len()))
}

/// Name with version, and licence expression, of everything that is compiled on any platform.
fn packages() -> Result<BTreeMap<String, String>> {
    let mut tree = system::cargo(&["tree", "--workspace", "--all-features", "--target", "all"]);
    tree.args(["--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}\t{l}"]);
    let text = system::output(&mut tree)?;
    Ok(text.lines().filter_map(package_of).collect())
}

/// A line of the tree: `name v1.2.3 (folder)<tab>licence (*)`; packages already shown are marked with `(*)`.
fn package_of(line: &str) -> Option<(String, String)> {
    let (package, licence) = line.split_once('\t')?;
    Some((package.to_owned(), licence.trim_end_matches("(*)").trim().to_owned()))
}

/// The texts of `allow` in the table `[licenses]`.
fn allowed(deny_toml: &str) -> Vec<String> {
    let lines = deny_toml.lines().map(|line| line.split('#').next().unwrap_or("").trim());
    let table =
        lines.skip_while(|line| *line != "[licenses]").skip(1).take_while(|line| !line.starts_with('['));
    let text: String = table.collect::<Vec<_>>().join(" ");
    let list =
        text.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split(',')
        .map(|item| item.trim().trim_matches('"').to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_as_cargo_deny_reads_it() {
        let text = "[bans]\nallow = [\"x\"]\n[licenses]\n# why\nallow = [\n  \"MIT\", # usual\n  \"ISC\",\n]\n[sources]\n";
        assert_eq!(allowed(text), ["MIT", "ISC"]);
    }

    #[test]
    fn a_line_of_the_tree_gives_package_and_licence() {
        let package = package_of("ring v0.17.14\tApache-2.0 AND ISC (*)").unwrap();
        assert_eq!(package, ("ring v0.17.14".to_owned(), "Apache-2.0 AND ISC".to_owned()));
        assert_eq!(package_of(""), None);
    }
}
