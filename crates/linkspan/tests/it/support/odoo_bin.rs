//! `odoo-bin` of the real Odoo that `cargo xtask live` names: `LINKSPAN_ODOO_COMMAND` is how it is started on a database,
//! as a JSON list of words.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// How it is started.
pub(crate) struct OdooBin {
    /// A further folder of addons; empty: none.
    pub(crate) addons: String,
}

impl OdooBin {
    /// Runs a script in its shell; gives everything that was printed.
    pub(crate) async fn shell(&self, database: &str, script: &str) -> String {
        self.run(database, &["shell"], &["--no-http"], script).await
    }

    /// What the script printed after the word ANSWER.
    pub(crate) async fn answer(&self, database: &str, script: &str) -> Value {
        let printed = self.shell(database, script).await;
        let line = printed.lines().find_map(|line| line.split_once("ANSWER "));
        let (_, answer) = line.unwrap_or_else(|| panic!("the script gave no answer:\n{printed}"));
        serde_json::from_str(answer).unwrap()
    }

    /// `18.0`
    pub(crate) async fn series(&self) -> String {
        let words = self.words("");
        let until = words.iter().position(|word| word.ends_with("odoo-bin")).unwrap();
        let output = Command::new(&words[0]).args(&words[1..=until]).arg("--version").output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let number: String =
            text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        format!("{number}.0")
    }

    /// A server on a port of 127.0.0.1; what it prints goes into `log`.
    pub(crate) fn serve(&self, database: &str, port: u16, log: &Path) -> Child {
        let words = self.words(database);
        let log = std::fs::File::create(log).unwrap();
        Command::new(&words[0])
            .args(&words[1..])
            .args(["--workers=0", "--http-interface=127.0.0.1", "--db-filter=", "--limit-time-real=3600"])
            .arg(format!("--http-port={port}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    fn words(&self, database: &str) -> Vec<String> {
        let command = std::env::var("LINKSPAN_ODOO_COMMAND")
            .expect("LINKSPAN_ODOO_COMMAND is not set: run `cargo xtask live inside` or `live service`");
        let mut words: Vec<String> = serde_json::from_str(&command).unwrap();
        for position in 0..words.len() {
            if words[position].starts_with("--addons-path=") && Path::new(&self.addons).is_dir() {
                words[position] = format!("{},{}", words[position], self.addons);
            } else if words[position] == "-d" {
                words[position + 1] = database.to_owned();
            }
        }
        words
    }

    /// Runs it to its end with `input`; gives everything that it printed.
    pub(crate) async fn run(
        &self,
        database: &str,
        subcommand: &[&str],
        arguments: &[&str],
        input: &str,
    ) -> String {
        let mut words = self.words(database);
        let after = words.iter().position(|word| word.ends_with("odoo-bin")).unwrap() + 1;
        words.splice(after..after, subcommand.iter().map(|word| (*word).to_owned()));
        let mut process = Command::new(&words[0])
            .args(&words[1..])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = process.stdin.take().unwrap();
        let input = input.to_owned();
        let feeder = tokio::spawn(async move { stdin.write_all(input.as_bytes()).await });
        let output = process.wait_with_output().await.unwrap();
        feeder.await.unwrap().unwrap();
        let printed =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "odoo-bin {subcommand:?} {arguments:?}:\n{}", printed.concat());
        printed.concat()
    }
}
