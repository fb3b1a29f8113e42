//! `linkspan demo --serve`: the service as it would run for a merchant.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::until;
use crate::support::program::Program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_learns_from_one_line_of_json_where_the_demo_is_and_how_to_sign_in() {
    odoo_rpc::install_crypto();
    let program = Program::new("schema = 1\n", []);
    let sizes = ["--products", "2", "--customers", "1", "--orders", "1", "--json"];
    let arguments = [["demo", "--serve", "--listen", "127.0.0.1:0"].as_slice(), &sizes].concat();
    let mut demo = program.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let told: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let text =
        |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{told}"));
    let health = reqwest::get(format!("{}/health", text("/listening"))).await.unwrap();
    assert!(health.status().is_success());
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let signed_in = client.get(text("/sign_in")).send().await.unwrap();
    assert!(signed_in.headers().contains_key("set-cookie"), "{signed_in:?}");
    let products = client.get(format!("{}/wp-json/wc/v3/products", text("/shop/url")));
    let keys = (text("/shop/consumer_key"), text("/shop/consumer_secret"));
    let products = products.basic_auth(keys.0, Some(keys.1)).send().await.unwrap();
    assert!(products.status().is_success(), "{products:?}");
    demo.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_the_demos_shop_comes_by_a_signed_webhook() {
    odoo_rpc::install_crypto();
    let program = Program::new("schema = 1\n", []);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let sizes = ["--products", "5", "--customers", "2", "--orders", "2"];
    let arguments = [["demo", "--serve", "--listen", &free].as_slice(), &sizes].concat();
    let mut demo = program.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while !said.iter().any(|line: &String| line.starts_with("listening on ")) {
        said.push(lines.next_line().await.unwrap().expect("it listens"));
    }
    let shop = said[0].strip_prefix("shop: ").and_then(|rest| rest.split(' ').next()).expect("it says where");
    let client = reqwest::Client::new();
    let ask = |request: reqwest::RequestBuilder| async {
        let answer = request.basic_auth("ck_sandbox", Some("cs_sandbox")).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json::<serde_json::Value>().await.unwrap()
    };
    let rest = format!("{shop}/wp-json/wc/v3");
    until("the shop knows where to send webhooks", || async {
        let webhooks = ask(client.get(format!("{rest}/webhooks"))).await;
        webhooks.as_array().is_some_and(|all| all.len() == 10).then_some(())
    })
    .await;
    let products = ask(client.get(format!("{rest}/products"))).await;
    let price = serde_json::json!({ "regular_price": "9.90" });
    ask(client.put(format!("{rest}/products/{}", products[0]["id"])).json(&price)).await;
    until("its webhook is stored", || async {
        let metrics =
            client.get(format!("http://{free}/metrics")).send().await.unwrap().text().await.unwrap();
        let stored = "linkspan_webhook_requests_total{backend=\"demo\",outcome=\"queued\"}";
        metrics.contains(stored).then_some(())
    })
    .await;
    demo.kill().await.unwrap();
}
