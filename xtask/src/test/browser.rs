//! The browser that the dashboard is tried in: Debian's Chromium, its driver, and npm, which fetches axe-core; see
//! `crates/linkspan/tests/it/support/webdriver.rs` and `axe.rs` beside it.

use std::process::Command;

use anyhow::Result;

use crate::system;

/// Program, and Debian's package of it.
const NEEDED: [(&str, &str); 3] =
    [("chromium", "chromium"), ("chromedriver", "chromium-driver"), ("npm", "npm")];

/// Installs what is missing; gives the driver's version.
pub(super) fn ensure_installed() -> Result<String> {
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(program, _)| system::find_program(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        system::install(&missing, "The browser that the dashboard is tried in is missing")?;
    }
    let version = system::output(Command::new("chromedriver").arg("--version"))?;
    Ok(version.split(" (").next().unwrap_or(&version).to_owned())
}
