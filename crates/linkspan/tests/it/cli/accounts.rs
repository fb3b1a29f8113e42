//! `linkspan accounts` and `linkspan tokens`.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use crate::support::program::Program;

const CONFIG: &str = "schema = 1\n";

#[tokio::test]
async fn accounts_come_from_standard_input_or_the_environment_and_passwords_show_nowhere() {
    let mut program = Program::new(CONFIG, []);
    program.set("BOBS", "correct horse battery");
    let bob = ["accounts", "add", "bob", "--password-env", "BOBS"];
    program.run(&bob).await.ended(0).said(&["bob may sign in as viewer"]);
    let mut command = program.command(&["accounts", "add", "ada", "--role", "operator", "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery\n").await.unwrap();
    assert!(child.wait().await.unwrap().success());
    let list = program.run(&["accounts", "list", "--json"]).await.ended(0);
    let roles: Vec<_> = list.json()["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].clone(), one["role"].clone()))
        .collect();
    assert_eq!(roles, [("ada".into(), "operator".into()), ("bob".into(), "viewer".into())]);
    for part in ["argon2", "horse"] {
        assert!(!list.output().contains(part), "{}", list.output());
    }
    program.run(&["accounts", "password", "bob", "--password-env", "BOBS"]).await.ended(0);
    program.run(&["accounts", "remove", "bob"]).await.ended(0);
    program.run(&["accounts", "remove", "bob"]).await.ended(2).said(&["there is no account bob"]);
    program.run(&bob[..3]).await.ended(2).said(&["--password-stdin"]);
    program.run(&["accounts", "add", "eve", "--password-env", "NOT_SET"]).await.ended(2).said(&["NOT_SET"]);
    program.set("BOBS", "short");
    program.run(&bob).await.ended(2).said(&["the password has 5 characters"]);
}

#[tokio::test]
async fn a_token_is_shown_once() {
    let program = Program::new(CONFIG, []);
    let added =
        program.run(&["tokens", "add", "deploy", "--role", "operator", "--json"]).await.ended(0).json();
    let token = added["token"].as_str().unwrap();
    assert!(token.starts_with("lsp_"), "{token}");
    let list = program.run(&["tokens", "list"]).await.ended(0);
    assert!(list.output().contains("deploy") && !list.output().contains(token), "{}", list.output());
    program.run(&["tokens", "remove", "deploy"]).await.ended(0);
    program.run(&["tokens", "remove", "deploy"]).await.ended(2).said(&["there is no token deploy"]);
}
