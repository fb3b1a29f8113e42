//! The CPython that tests compare with.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::system;

/// Below this, `match`, `X | Y` types and `zip(strict=)` are missing; Odoo 16.0 needs 3.7, 19.0 needs 3.10.
const OLDEST: (u32, u32) = (3, 10);

/// Path of the interpreter, and its version as a remark.
pub(super) fn find() -> Result<(String, String)> {
    if let Ok(python) = std::env::var(super::PYTHON_VARIABLE) {
        let version = version(&python)?;
        return Ok((python, version));
    }
    if system::find_program("python3").is_none() {
        system::install(&["python3"], "Python 3 is missing")?;
    }
    let version = version("python3")?;
    Ok((system::output(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]))?, version))
}

fn version(python: &str) -> Result<String> {
    let version = system::output(
        Command::new(python).args(["-c", "import platform; print(platform.python_version())"]),
    )?;
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let found = (numbers.next().context("python prints no version")?, numbers.next().unwrap_or(0));
    ensure!(
        found >= OLDEST,
        "{python} is version {version}; the tests need {}.{} or newer, name one in {}",
        OLDEST.0,
        OLDEST.1,
        super::PYTHON_VARIABLE
    );
    Ok(version)
}
