//! Help texts and completions.

use clap::{Command, CommandFactory as _};

use crate::support::program::Program;

/// Every command with the words that lead to it, groups included.
fn commands() -> Vec<Vec<String>> {
    fn collect(command: &Command, path: &[String], all: &mut Vec<Vec<String>>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = [path, &[sub.get_name().to_owned()]].concat();
            all.push(path.clone());
            collect(sub, &path, all);
        }
    }
    let mut all = Vec::new();
    collect(&linkspan::cli::Cli::command(), &[], &mut all);
    all
}

#[tokio::test]
async fn every_command_has_a_help_text_with_an_example() {
    let program = Program::new("schema = 1\n", []);
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for path in commands {
        // `sandbox` is for tests and not shown; its two servers share its example.
        if path.len() == 2 && path[0] == "sandbox" {
            continue;
        }
        let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = program.run(&arguments).await.ended(0).stdout;
        assert!(help.contains("Example"), "{path:?} shows no example:\n{help}");
        assert!(help.contains(&format!("linkspan {}", path.join(" "))), "{path:?}:\n{help}");
        insta::assert_snapshot!(format!("help_{}", path.join("_").replace('-', "_")), help);
    }
}

#[tokio::test]
async fn the_help_of_the_program_lists_commands_and_exit_codes() {
    let program = Program::new("schema = 1\n", []);
    let help = program.run(&["--help"]).await.ended(0).stdout;
    for code in 0..=4 {
        assert!(help.contains(&format!("\n  {code}  ")), "exit code {code} is not told:\n{help}");
    }
    insta::assert_snapshot!("help", help);
    program.run(&[]).await.ended(2).said(&["Usage: linkspan"]);
    program.run(&["snyc"]).await.ended(2).said(&["snyc", "sync"]);
}

#[tokio::test]
async fn completions_know_every_command() {
    let program = Program::new("schema = 1\n", []);
    for shell in ["bash", "zsh", "fish"] {
        let script = program.run(&["completions", shell]).await.ended(0).stdout;
        for command in ["sync", "dead-letters", "test-connection", "bindings"] {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
        assert!(script.lines().count() > 50, "{shell}: {script}");
    }
}
