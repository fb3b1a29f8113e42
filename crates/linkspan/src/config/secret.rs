//! Where a secret comes from, read when it is needed.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;

use super::file::SecretFrom;

/// Size a secret may have, in bytes: private keys are a few KiB.
const MAX_BYTES: u64 = 64 * 1024;

/// Time a command has to print a secret; it may ask a remote vault.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// A secret that has not been read yet.
#[derive(Debug, Clone)]
pub struct Secret {
    from: SecretFrom,
    base_dir: PathBuf,
    /// "the secret `consumer_key` of backend `shop1`"
    what: String,
    /// "backends.shop1.secrets.consumer_key"
    place: String,
}

/// A secret that cannot be read. The message says which one, why, and what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what} cannot be read: {reason}. {help}, or change `{place}` in linkspan.toml.")]
pub struct SecretError {
    what: String,
    reason: String,
    help: String,
    place: String,
}

impl Secret {
    pub(super) fn new(from: SecretFrom, base_dir: &Path, what: String, place: String) -> Self {
        Secret { from, base_dir: base_dir.to_owned(), what, place }
    }

    /// Reads the secret.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let read = match &self.from {
            SecretFrom { env: Some(name), .. } => from_env(name),
            SecretFrom { file: Some(path), .. } => from_file(&self.base_dir.join(path)),
            SecretFrom { command: Some(command), .. } => from_command(command, &self.base_dir),
            SecretFrom { .. } => {
                Err(Failure::new("nothing says where it comes from", "Name one of `env`, `file`, `command`"))
            }
        };
        let trimmed = read.and_then(|text| match text.trim() {
            "" => Err(Failure::new("it is empty", "Put the secret there")),
            trimmed => Ok(SecretString::from(trimmed)),
        });
        trimmed.map_err(|Failure { reason, help }| SecretError {
            what: self.what.clone(),
            reason,
            help,
            place: self.place.clone(),
        })
    }
}

struct Failure {
    reason: String,
    help: String,
}

impl Failure {
    fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { reason: reason.into(), help: help.into() }
    }
}

fn from_env(name: &str) -> Result<String, Failure> {
    std::env::var(name).map_err(|error| match error {
        std::env::VarError::NotPresent => Failure::new(
            format!("the environment variable `{name}` is not set"),
            format!("Set `{name}` before starting linkspan"),
        ),
        std::env::VarError::NotUnicode(_) => Failure::new(
            format!("the environment variable `{name}` is not UTF-8"),
            format!("Set `{name}` to text"),
        ),
    })
}

fn from_file(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(Failure::new(
            format!("the file `{shown}` cannot be read ({error})"),
            "Create it with only the secret in it, readable by the user who runs linkspan",
        )),
        Ok(_) if text.len() as u64 > MAX_BYTES => Err(Failure::new(
            format!("the file `{shown}` is larger than {} KiB", MAX_BYTES / 1024),
            "Put only the secret into it",
        )),
        Ok(_) => Ok(text),
    }
}

fn from_command(command: &[String], base_dir: &Path) -> Result<String, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::new("its `command` is empty", "Name the program and its arguments"));
    };
    let advice = || format!("Run `{program}` by hand to see what it says");
    let mut run = Command::new(program);
    run.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    if !base_dir.as_os_str().is_empty() {
        run.current_dir(base_dir);
    }
    let mut child = run.spawn().map_err(|error| {
        Failure::new(format!("the program `{program}` cannot be started ({error})"), advice())
    })?;
    let stdout = child.stdout.take();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(MAX_BYTES).read_to_string(&mut text));
        // The receiver is gone only after the timeout, when nobody wants the answer.
        let _ = sender.send(read.map(|_| text));
    });
    let printed = receiver.recv_timeout(COMMAND_TIMEOUT);
    if printed.is_err() {
        // It may have ended by itself in this moment, which is as good.
        let _ = child.kill();
    }
    let status =
        child.wait().map_err(|error| Failure::new(format!("`{program}` was lost ({error})"), advice()))?;
    match printed {
        Err(_) => Err(Failure::new(format!("`{program}` printed nothing within 30 seconds"), advice())),
        Ok(_) if !status.success() => Err(Failure::new(format!("`{program}` failed ({status})"), advice())),
        Ok(Err(error)) => {
            Err(Failure::new(format!("what `{program}` printed is not text ({error})"), advice()))
        }
        Ok(Ok(text)) => Ok(text),
    }
}
