//! The machine that the figures are of.

use std::process::Command;

use anyhow::Result;

use crate::system;

pub(super) fn print() -> Result<()> {
    let cores = std::thread::available_parallelism()?;
    println!("Machine: {}, {cores} cores, {} of memory, {}", cpu(), memory(), operating_system());
    let rustc = system::output(Command::new("rustc").arg("--version"))?;
    let python = system::output(Command::new("python3").arg("--version"))?;
    let commit = system::output(
        Command::new("git").current_dir(system::workspace()).args(["describe", "--always", "--dirty"]),
    );
    println!("Programs: {rustc}, {python}, Linkspan at {}", commit.as_deref().unwrap_or("an unknown commit"));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("Load before: {} processes were running", load.split(' ').next().unwrap_or("unknown"));
    Ok(())
}

fn cpu() -> String {
    value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned())
}

fn memory() -> String {
    let kib = value("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    kib.map_or_else(|| "unknown amount".to_owned(), |kib| format!("{:.0} GiB", kib / 1024.0 / 1024.0))
}

fn operating_system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| std::env::consts::OS.to_owned(), |name| name.trim_matches('"').to_owned())
}

/// The value of a line `name : value`.
fn value(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
