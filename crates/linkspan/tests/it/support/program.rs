//! The real `linkspan` as a process with a configuration of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// The program's file.
pub(crate) const LINKSPAN: &str = env!("CARGO_BIN_EXE_linkspan");

/// A folder with a `linkspan.toml` and the environment that holds its secrets.
pub(crate) struct Program {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Program {
    /// A program with this configuration and these environment variables.
    pub(crate) fn new(config: &str, environment: impl IntoIterator<Item = (String, String)>) -> Program {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("linkspan.toml"), config).unwrap();
        Program { folder, environment: environment.into_iter().collect() }
    }

    /// A file or folder beside the configuration.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the configuration is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces a part of the configuration, which must be in it.
    pub(crate) fn edit(&self, old: &str, new: &str) {
        self.edit_file("linkspan.toml", old, new);
    }

    /// The same in another file beside it.
    pub(crate) fn edit_file(&self, name: &str, old: &str, new: &str) {
        let path = self.path(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{name} has no {old:?}:\n{text}");
        std::fs::write(path, text.replace(old, new)).unwrap();
    }

    /// Sets an environment variable for all further runs.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Takes an environment variable away.
    pub(crate) fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// Runs to the end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().await.unwrap();
        Ran {
            what: arguments.join(" "),
            // A signal has no exit code; no test expects this number.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a run that may be killed; what it prints goes nowhere.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The command with its environment, to be changed before it starts.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(LINKSPAN);
        command.args(arguments);
        self.at_home(command)
    }

    /// Any command in the program's folder and environment.
    pub(crate) fn at_home(&self, mut command: Command) -> Command {
        command
            .current_dir(self.folder.path())
            .env_remove("LINKSPAN_CONFIG")
            .env_remove("LINKSPAN_LOG")
            .envs(&self.environment)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// A run that came to its end.
#[derive(Debug)]
pub(crate) struct Ran {
    what: String,
    /// Exit code.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The same run, which must have ended with this exit code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "`linkspan {}` said:\n{}\n{}", self.what, self.stdout, self.stderr);
        self
    }

    /// The same run, which must have come to its end; records may have been refused.
    #[track_caller]
    pub(crate) fn finished(self) -> Ran {
        let code = if self.code == 1 { 1 } else { 0 };
        self.ended(code)
    }

    /// The JSON object it printed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("`linkspan {}` printed no JSON ({error}):\n{}\n{}", self.what, self.stdout, self.stderr)
        })
    }

    /// The arguments it was run with.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Everything it printed, stdout first.
    pub(crate) fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The same run, which must have said all of this.
    #[track_caller]
    pub(crate) fn said(self, parts: &[&str]) -> Ran {
        let output = self.output();
        for part in parts {
            assert!(output.contains(part), "`linkspan {}` did not say {part:?}:\n{output}", self.what);
        }
        self
    }
}
