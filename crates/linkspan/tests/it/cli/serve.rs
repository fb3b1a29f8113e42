//! `linkspan serve` as a script starts it.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

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

#[tokio::test]
async fn sighup_reads_the_configuration_again_and_one_with_problems_changes_nothing() {
    odoo_rpc::install_crypto();
    let mut program = Program::new("schema = 1\n", []);
    program.set("SECRET", "a-secret-of-a-test");
    let mut command = program.command(&["serve", "--listen", "127.0.0.1:0", "--json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut serve = command.spawn().unwrap();
    let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let mut log = BufReader::new(serve.stderr.take().unwrap()).lines();
    let told: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let address = told["listening"].as_str().unwrap();
    let client = reqwest::Client::new();
    let webhook = || async {
        let sent = client.post(format!("{address}/webhooks/shop1")).body("{}").send().await;
        sent.unwrap().status().as_u16()
    };
    let hang_up = async || {
        let pid = serve.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().await.unwrap().success());
    };
    let mut said = async |part: &str| {
        loop {
            let line = log.next_line().await.unwrap().expect("the service has ended");
            if line.contains(part) {
                return line;
            }
        }
    };
    assert_eq!(webhook().await, 404, "there is no such backend yet");

    std::fs::write(program.path("linkspan.toml"), "schema = 1\nbackend = {}\n").unwrap();
    hang_up().await;
    said("the one before holds: 1 problem").await;
    assert_eq!(webhook().await, 404);

    let shop = "schema = 1
[odoo.main]
url = \"http://127.0.0.1:9\"
database = \"d\"
login = \"l\"
secret = { env = \"SECRET\" }
[backends.shop1]
connector = \"woocommerce\"
odoo = \"main\"
settings = { store_url = \"http://127.0.0.1:9\" }
secrets = { consumer_key = { env = \"SECRET\" }, consumer_secret = { env = \"SECRET\" }, webhook_secret = { env = \"SECRET\" } }
";
    std::fs::write(program.path("linkspan.toml"), shop).unwrap();
    hang_up().await;
    // Who comes meanwhile is served before or after, and never refused.
    assert!([404, 401].contains(&webhook().await));
    said("holds from now on").await;
    assert_eq!(webhook().await, 401, "known now, and unsigned");
    serve.kill().await.unwrap();
}
