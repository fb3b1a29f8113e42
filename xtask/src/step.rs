//! One step of a task: a command, one line about it with its duration, and how to repeat it when it fails.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::system;

/// Does something that is not one command, with the line that tells how long it took.
///
/// `work` gives what there is to say about it (may be empty).
pub(crate) fn work<T>(name: &str, work: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
    let started = begin(name);
    match work() {
        Ok((value, remark)) => {
            end(started, &remark);
            Ok(value)
        }
        Err(error) => {
            println!("FAILED after {}", seconds(started.elapsed()));
            Err(error.context(format!("step '{name}' failed")))
        }
    }
}

/// Runs a command; what it printed is shown only when it fails.
pub(crate) fn quiet(name: &str, command: &mut Command) -> Result<()> {
    let log = system::scratch()?.join(format!("{}.log", name.replace([' ', '/'], "-")));
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let started = begin(name);
    let status = command.status().with_context(|| format!("cannot start {}", spelled(command)))?;
    if status.success() {
        end(started, "");
        return Ok(());
    }
    println!("FAILED after {}", seconds(started.elapsed()));
    print!("{}", printed(&log));
    bail!("step '{name}' failed ({status}); repeat it alone: {}", spelled(command))
}

/// Runs a command whose output is for the person watching, `repeat` being how to run it again. Nothing follows that
/// output when it succeeds, so that a test runner's own summary is the last thing printed.
pub(crate) fn loud(name: &str, command: &mut Command, repeat: &str) -> Result<()> {
    println!("{name}");
    let started = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", spelled(command)))?;
    if status.success() {
        return Ok(());
    }
    let after = seconds(started.elapsed());
    bail!("step '{name}' failed ({status}) after {after}; repeat it alone: {repeat}")
}

/// Why something that has to be downloaded is left out, in a line.
pub(crate) fn skipped(error: &anyhow::Error) -> String {
    let why = format!("{error:#}");
    format!("skipped: {}", why.lines().last().unwrap_or(""))
}

/// The command as one would type it in a shell, its own environment first.
pub(crate) fn spelled(command: &Command) -> String {
    let environment = command.get_envs().filter_map(|(name, value)| {
        value.map(|value| format!("{}={}", name.to_string_lossy(), quoted(&value.to_string_lossy())))
    });
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    environment.chain(words.map(|word| quoted(&word.to_string_lossy()))).collect::<Vec<_>>().join(" ")
}

/// A duration for people: `0.4 s`, `75 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration.as_secs() < 10 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{:.0} s", duration.as_secs_f64())
    }
}

fn begin(name: &str) -> Instant {
    print!("{name:<22} ");
    // Shown while the step runs; that it cannot be shown is no reason to fail.
    let _ = std::io::stdout().flush();
    Instant::now()
}

fn end(started: Instant, remark: &str) {
    let took = seconds(started.elapsed());
    if remark.is_empty() { println!("ok  {took:>8}") } else { println!("ok  {took:>8}  {remark}") }
}

fn printed(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_spelled_so_that_a_shell_reads_it_back() {
        let mut command = Command::new("cargo");
        command.args(["clippy", "--", "it's"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(spelled(&command), r"RUSTDOCFLAGS='-D warnings' cargo clippy -- 'it'\''s'");
    }

    #[test]
    fn a_failed_step_tells_how_to_repeat_it() {
        let error = quiet("a step of a test", Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.ends_with("repeat it alone: sh -c 'exit 3'"), "{text}");
    }
}
