//! What only the stand-in has: faults, a file, snapshots, second factors, a language for all.

use std::time::{Duration, Instant};

use sandbox::Fault;
use sandbox::odoo::{Odoo, OdooSpec, Rights, RunningOdoo, Series, UserSpec};
use serde_json::{Value as Json, json};

use crate::bench::Bench;

async fn bench(spec: OdooSpec) -> Bench {
    Bench::of_spec(spec).await
}

fn odoo(bench: &Bench) -> &RunningOdoo {
    bench.stand_in.as_ref().expect("the stand-in")
}

#[tokio::test]
async fn a_cut_after_work_keeps_the_work_and_one_before_work_does_not() {
    let bench = bench(OdooSpec::new(Series::V18)).await;
    let caller = bench.manager().await;
    let create = || {
        let args =
            json!([bench.database, caller.uid, caller.secret, "res.partner", "create", [{ "name": "x" }]]);
        let params = json!({ "service": "object", "method": "execute_kw", "args": args });
        bench.http.post(format!("{}/jsonrpc", bench.url)).json(&json!({ "params": params })).send()
    };
    let before = odoo(&bench).count("res.partner");
    odoo(&bench).faults().add("res.partner.create", Fault::CutBeforeWork, 1);
    assert!(create().await.is_err());
    assert_eq!(odoo(&bench).count("res.partner"), before);
    odoo(&bench).faults().add("res.partner.create", Fault::CutAfterWork, 1);
    assert!(create().await.is_err());
    assert_eq!(odoo(&bench).count("res.partner"), before + 1);
    assert!(create().await.is_ok());
    assert_eq!(odoo(&bench).calls()["res.partner.create"], 3);
}

#[tokio::test]
async fn statuses_pages_delays_and_expired_sessions_come_on_request() {
    let bench = bench(OdooSpec::new(Series::V18)).await;
    let caller = bench.manager().await;
    let faults = odoo(&bench).faults();
    let post = || {
        let args = json!([bench.database, caller.uid, caller.secret, "res.partner", "search_count", [[]]]);
        let body = json!({ "params": { "service": "object", "method": "execute_kw", "args": args } });
        async { bench.post("/jsonrpc", &{ body }).await }
    };
    faults.add("res.partner.search_count", Fault::Status { status: 429, retry_after_secs: Some(7) }, 1);
    let answer = post().await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    faults.add("res.partner.search_count", Fault::HtmlPage { status: 200 }, 1);
    let answer = post().await;
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    faults.add("res.partner.search_count", Fault::Delay(Duration::from_millis(50)), 1);
    let start = Instant::now();
    assert_eq!(post().await.status(), 200);
    assert!(start.elapsed() >= Duration::from_millis(50));
    faults.add("res.partner.search_count", Fault::SessionExpired, 1);
    let answer: Json = post().await.json().await.expect("JSON");
    assert_eq!(answer["error"]["code"], 100);
}

#[tokio::test]
async fn a_serialization_failure_is_a_message_of_load_and_an_exception_elsewhere() {
    let bench = bench(OdooSpec::new(Series::V18)).await;
    let caller = bench.manager().await;
    odoo(&bench).faults().add("res.partner.", Fault::SerializationFailure, 2);
    let answer = caller.load("res.partner", &["name"], json!([["a"], ["b"]])).await.expect("an answer");
    assert_eq!(answer["ids"], false);
    assert!(
        answer["messages"][0]["message"].as_str().expect("a text").contains("could not serialize access")
    );
    let error =
        caller.fail("res.partner", "create", json!([{ "name": "x" }]), json!({})).await.expect("an error");
    assert_eq!(error["name"], "psycopg2.errors.SerializationFailure");
    caller.loaded("res.partner", &["name"], json!([["a"]])).await.expect("the third goes in");
}

#[tokio::test]
async fn what_was_committed_is_back_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = OdooSpec { file: Some(folder.path().join("odoo.jsonl")), ..OdooSpec::new(Series::V18) };
    let fill = async |bench: &Bench| {
        let caller = bench.manager().await;
        let fields = ["id", "name", "country_id", "order_line/id"];
        let rows = json!([["a.p1", "One", "United States"]]);
        caller.loaded("res.partner", &fields[..3], rows).await.expect("a partner");
        caller
            .loaded("product.product", &["id", "name", "list_price"], json!([["a.x1", "X", "2.5"]]))
            .await
            .expect("a product");
        let fields = [
            "id",
            "partner_id/id",
            "order_line/id",
            "order_line/product_id/id",
            "order_line/product_uom_qty",
        ];
        caller
            .loaded("sale.order", &fields, json!([["a.o1", "a.p1", "a.l1", "a.x1", "3"]]))
            .await
            .expect("an order");
        let refused =
            caller.load("res.partner", &["id", "name"], json!([["a.p9", "Gone"], ["a.p8", ""]])).await;
        assert_eq!(refused.expect("an answer")["ids"], false);
    };
    let first = bench(spec.clone()).await;
    fill(&first).await;
    let (snapshot, xmlids) = (odoo(&first).snapshot(), odoo(&first).xmlids());
    drop(first);
    // The process was killed in the middle of its last line.
    let path = spec.file.clone().expect("a file");
    let kept = std::fs::read_to_string(&path).expect("the file");
    std::fs::write(&path, format!("{kept}[[\"res.part")).expect("half a line");
    let second = bench(spec.clone()).await;
    assert_eq!(odoo(&second).snapshot(), snapshot);
    assert_eq!(odoo(&second).xmlids(), xmlids);
    assert_eq!(xmlids.len(), 4);
    fill(&second).await;
    assert_eq!(odoo(&second).snapshot(), snapshot, "loading again changes nothing");
    let caller = second.manager().await;
    let partner = caller.create("res.partner", json!({ "name": "New" })).await.expect("a partner");
    let order = caller.create("sale.order", json!({ "partner_id": partner })).await.expect("an order");
    assert_eq!(caller.read("sale.order", order, &["name"]).await.expect("a name")["name"], "S00002");
}

#[tokio::test]
async fn runs_in_another_order_have_the_same_snapshot() {
    let mut snapshots = Vec::new();
    for order in [["a.1", "a.2", "a.3"], ["a.3", "a.1", "a.2"]] {
        let bench = bench(OdooSpec::new(Series::V19)).await;
        let caller = bench.manager().await;
        for key in order {
            caller.loaded("res.partner", &["id", "name"], json!([[key, key]])).await.expect("a partner");
            let fields = ["id", "partner_id/id", "order_line/id", "order_line/name", "order_line/price_unit"];
            let rows = json!([[format!("{key}o"), key, format!("{key}l"), "Line", "3"]]);
            caller.loaded("sale.order", &fields, rows).await.expect("an order");
        }
        snapshots.push(odoo(&bench).snapshot());
    }
    assert_eq!(snapshots[0], snapshots[1]);
    assert!(
        snapshots[0].iter().any(|line| line.starts_with("sale.order.line") && line.contains("order_id=a.2o"))
    );
}

#[tokio::test]
async fn with_a_second_factor_only_the_key_gets_in() {
    let user = UserSpec {
        second_factor: true,
        ..UserSpec::new("two", "password", Rights::Salesperson).with_api_key("key")
    };
    let spec = OdooSpec { users: vec![user], ..OdooSpec::new(Series::V18) };
    let odoo = Odoo::start(spec, 0).await.expect("a port");
    let client = reqwest_client();
    let post = async |path: &str, params: Json| -> Json {
        let answer =
            client.post(format!("{}{path}", odoo.url())).json(&json!({ "params": params })).send().await;
        answer.expect("an answer").json().await.expect("JSON")
    };
    let session =
        post("/web/session/authenticate", json!({ "db": "odoo", "login": "two", "password": "password" }))
            .await;
    assert_eq!(session["result"], json!({ "uid": null }));
    for (secret, expected) in [("password", json!(false)), ("key", json!(2))] {
        let params =
            json!({ "service": "common", "method": "authenticate", "args": ["odoo", "two", secret, {}] });
        assert_eq!(post("/jsonrpc", params).await["result"], expected);
    }
}

fn reqwest_client() -> reqwest::Client {
    // Only an error if another test was faster.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

#[tokio::test]
async fn an_arabic_odoo_speaks_arabic() {
    let bench = bench(OdooSpec { lang: "ar_001".to_owned(), ..OdooSpec::new(Series::V18) }).await;
    let caller = bench.manager().await;
    let error = caller.fail("res.partner", "create", json!([{}]), json!({})).await.expect("an error");
    assert_eq!(error["name"], "odoo.exceptions.ValidationError");
    assert!(error["message"].as_str().expect("a text").contains("جهات الاتصال"));
}
