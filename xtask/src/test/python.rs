//! The CPython that tests compare expressions with: `python3` on the PATH.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::system;

/// The prelude of `pyexpr` needs it.
const OLDEST: (u32, u32) = (3, 10);

/// Installs it if there is none; gives its version.
pub(super) fn ensure_installed() -> Result<String> {
    if system::find_program("python3").is_none() {
        system::install(&["python3"], "Python 3 is missing")?;
    }
    let print = "import platform; print(platform.python_version())";
    let version = system::output(Command::new("python3").args(["-c", print]))?;
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let found = (numbers.next().context("python3 prints no version")?, numbers.next().unwrap_or(0));
    ensure!(
        found >= OLDEST,
        "python3 is version {version}; the tests need {}.{} or newer, first on the PATH",
        OLDEST.0,
        OLDEST.1
    );
    Ok(version)
}
