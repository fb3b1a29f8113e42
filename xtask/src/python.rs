//! The CPython that tests compare expressions with (`python3` on the PATH), and a virtual environment of it that holds
//! pylint-odoo and pip.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::system;

/// The prelude of `pyexpr` needs it.
const OLDEST: (u32, u32) = (3, 10);

/// Another version has other checks.
const PYLINT_ODOO: &str = "pylint-odoo==10.0.12";

/// Installs CPython if there is none; gives its version.
pub(crate) fn ensure_installed() -> Result<String> {
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

/// `pip` of the virtual environment.
pub(crate) fn pip(folder: &Path) -> Command {
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// A virtual environment with nothing but pip, made when it is missing.
pub(crate) fn environment() -> Result<PathBuf> {
    let folder = system::scratch()?.join("python");
    if system::output(pip(&folder).arg("--version")).is_err() {
        // Debian keeps what makes an environment apart from Python itself.
        if system::output(Command::new("python3").args(["-c", "import ensurepip"])).is_err() {
            system::install(&["python3-venv"], "Python's venv is missing")?;
        }
        system::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    }
    Ok(folder)
}

/// pylint with the checks of pylint-odoo, in the environment.
pub(crate) fn pylint_odoo() -> Result<PathBuf> {
    let folder = environment()?;
    system::output(pip(&folder).args(["install", PYLINT_ODOO])).context("pip cannot install pylint-odoo")?;
    Ok(folder.join("bin/pylint"))
}
