//! `linkspan serve` as a script starts it.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::program::Program;

#[tokio::test]
async fn a_script_learns_the_address_from_one_line_of_json() {
    odoo_rpc::install_crypto();
    let program = Program::new("schema = 1\n", []);
    let mut command = program.command(&["serve", "--listen", "127.0.0.1:0", "--json"]);
    let mut serve = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let told: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let address = told["listening"].as_str().unwrap();
    assert_eq!(told, serde_json::json!({ "listening": address }));
    assert!(reqwest::get(format!("{address}/health")).await.unwrap().status().is_success());
    serve.kill().await.unwrap();
}
