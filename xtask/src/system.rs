//! The machine a task runs on: its programs, its packages, folders to work in.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The root folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), |folder| workspace().join(folder))
}

/// A folder for logs and results of tasks, inside the target folder.
pub(crate) fn scratch() -> Result<PathBuf> {
    let folder = target().join("xtask");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// `cargo` with a subcommand, in the workspace; `--locked` where nobody would see the lock file change.
pub(crate) fn cargo(subcommand: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(workspace()).args(subcommand);
    // What cargo sets for this program must not reach the commands it starts: it would rebuild what depends on it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if std::env::var_os("CI").is_some() {
        command.arg("--locked");
    }
    command
}

/// Whether cargo knows a subcommand that is not its own, such as `nextest`.
pub(crate) fn has_cargo_tool(name: &str) -> bool {
    succeeds(Command::new("cargo").args([name, "--version"]))
}

/// Full path of a program on the PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether this process is root. PostgreSQL and Odoo refuse to run as root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(output(Command::new("id").arg("-u"))? == "0")
}

/// What a command that must succeed prints, without the line break at its end.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {name}"))?;
    ensure!(
        output.status.success(),
        "{name} failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// A port of 127.0.0.1 that is free now. Somebody else may take it before it is used.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// Installs packages of Debian or its relatives, or says what a person has to install.
pub(crate) fn install(packages: &[&str], reason: &str) -> Result<()> {
    let list = packages.join(" ");
    let by_hand = format!("{reason}; install it (Debian's name: {list}) and run this again");
    if find_program("apt-get").is_none() {
        bail!("{by_hand}");
    }
    let become_root: &[&str] = if is_root()? {
        &["env"]
    } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        bail!("{by_hand}: sudo apt-get install -y {list}");
    };
    let apt_get = |words: &[&str]| {
        let mut command = Command::new(become_root[0]);
        command
            .args(&become_root[1..])
            .args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .args(words);
        output(&mut command)
    };
    // A new machine has no package lists yet; without them nothing is found.
    apt_get(&["update", "-q"]).context(by_hand.clone())?;
    apt_get(&[&["install", "-y", "-q", "--no-install-recommends"], packages].concat()).context(by_hand)?;
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
