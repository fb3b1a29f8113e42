//! An operator's work in a real browser.
//!
//! Pictures of every page are left in the target folder, `tmp/dashboard/`, at 1280 and at 375 pixels, light and dark.

use std::path::{Path, PathBuf};

use linkspan::operations::Operator;
use linkspan::store::{
    BatchCommit, Binding, Claim, JobKind, Lane, NewDeadLetter, NewDelivery, NewEvent, NewJob, RecordKey,
    Settled, Stage, Store, Verdict,
};
use linkspan::sync::Decision;
use serde_json::json;

use super::site::{PASSWORD, Site};
use crate::store::{batch, binding, dead_letter};
use crate::support::axe;
use crate::support::webdriver::Browser;

const MINUTE: i64 = 60_000;

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

async fn sign_in(browser: &Browser, site: &Site) {
    browser.open(&site.address).await;
    browser.fill("#account", "ada").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.main").await;
    browser.wait_for("Overview").await;
}

/// Nothing went wrong in the page itself.
async fn assert_no_script_error(browser: &Browser) {
    let console = browser.console().await;
    assert!(console.is_empty(), "{console:#?}");
}

/// What a worker does with the next job: the record goes in.
async fn work(store: &Store) {
    let channel = Lane::In.channel("shop");
    let claim = Claim {
        backend: "shop",
        channel: &channel,
        default_capacity: 10,
        most: 1,
        worker: "test:1",
        lease_ms: 60_000,
        now: now() + 1_000,
    };
    let jobs = store.claim_jobs(&claim).await.unwrap();
    let [job] = jobs.as_slice() else { panic!("one job waits: {jobs:?}") };
    let bound = Binding {
        entity: job.entity.clone(),
        odoo_model: "sale.order".to_owned(),
        ..binding(&job.record, 9321)
    };
    let commit = BatchCommit {
        entity: job.entity.clone(),
        resolved_dead_letters: vec![job.record.clone()],
        ..batch(vec![bound])
    };
    store.commit_batch(commit).await.unwrap();
    let verdict = Verdict::Done { message: "Created in Odoo as sale.order 9321.".to_owned() };
    let settled = Settled { job, verdict, details: Some(json!({ "odoo_id": 9321 }).to_string()) };
    store.settle_jobs("test:1", &[settled]).await.unwrap();
}

#[tokio::test]
async fn an_operator_finds_a_missing_order_sees_why_fixes_it_retries_and_watches_it_arrive() {
    let site = Site::start().await;
    let problem = json!([{ "field": "order_line[1].price_unit", "path": "line_items[0].price", "value": "\"abc\"", "reason": "this is no number" }]);
    let letter = NewDeadLetter {
        message: "The price \"abc\" is no number.".to_owned(),
        problems: problem.to_string(),
        payload: Some(r#"{"id":5001,"number":"1042","line_items":[{"price":"abc"}]}"#.to_owned()),
        ..dead_letter("5001")
    };
    let id = site.refuse("order", letter).await;
    let browser = Browser::start().await;
    browser.look(1280, false).await;
    sign_in(&browser, &site).await;

    browser.fill("#find", "1042").await;
    browser.press("\u{E007}").await;
    browser.wait_for("It was refused and needs a person").await;
    assert!(browser.address().await.ends_with("/records/shop/order/5001"));
    let text = browser.text().await;
    for part in ["order_line[1].price_unit", "line_items[0].price", "this is no number", "\"abc\""] {
        assert!(text.contains(part), "{part}: {text}");
    }

    browser.click(&format!("a[href='/dead-letters/{id}']")).await;
    browser.fill("#payload", r#"{"id":5001,"number":"1042","line_items":[{"price":}]}"#).await;
    browser.click("button[name=retry]").await;
    browser.wait_for("Not saved: this is not JSON").await;
    browser.fill("#payload", r#"{"id":5001,"number":"1042","line_items":[{"price":"19.90"}]}"#).await;
    browser.click("button[name=retry]").await;
    browser.wait_for("in line for the next free worker").await;

    // From here on nobody touches the page: it shows by itself what the worker does.
    browser.script("window.untouched = true").await;
    work(site.store()).await;
    browser.wait_for("It is in Odoo as sale.order 9321. Nothing waits.").await;
    assert!(browser.text().await.contains("ada changed the record's data by hand."));
    assert_eq!(browser.script("return window.untouched").await, true, "the page was not loaded anew");
    // The first edit was refused by the server, which the browser notes as a failed request of the page.
    let console = browser.console().await;
    let refused = |line: &String| line.contains("422 (Unprocessable");
    assert!(console.iter().all(refused) && console.len() == 1, "{console:#?}");
    browser.close().await;
}

#[tokio::test]
async fn a_conflict_is_decided_by_keyboard() {
    let site = Site::start().await;
    let id = site.disagree("7").await;
    let browser = Browser::start().await;
    browser.look(375, false).await;
    sign_in(&browser, &site).await;
    browser.open(&format!("{}/dead-letters/{id}", site.address)).await;
    let text = browser.text().await;
    for part in ["Odoo's", "The shop's", "Lamp", "Keep the other system's value"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let button = format!("form[action='/dead-letters/{id}/decide'] button");
    browser.script(&format!("document.querySelector(\"{button}\").focus()")).await;
    browser.press("\u{E007}").await;
    browser.wait_for("It was decided: Odoo's value stays.").await;
    assert!(browser.address().await.ends_with("/records/shop/product/7"));
    browser.wait_for("ada decided on name: Odoo's value stays.").await;
    assert_no_script_error(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn the_live_refresh_leaves_alone_who_types_and_works_by_keyboard() {
    let site = Site::start().await;
    site.refuse("order", dead_letter("5001")).await;
    let browser = Browser::start().await;
    browser.look(1280, false).await;
    sign_in(&browser, &site).await;
    browser.press("\u{E004}").await;
    let skip = browser.script("return document.activeElement.textContent").await;
    assert_eq!(skip, "Skip to content", "the first key press leads past the navigation");
    browser.press("\u{E007}").await;
    assert_eq!(browser.script("return document.activeElement.id").await, "main");

    browser.open(&format!("{}/dead-letters/1", site.address)).await;
    browser.fill("#payload", "half a thought").await;
    Operator::new(site.store(), "test").dismiss(1).await.unwrap();
    // Two refreshes' time, in the page's own clock.
    browser.async_script("setTimeout(arguments[0], 6500)").await;
    assert_eq!(browser.script("return document.getElementById('payload').value").await, "half a thought");
    browser.open(&format!("{}/dead-letters/1", site.address)).await;
    browser.wait_for("dismissed").await;
    assert_no_script_error(&browser).await;
    browser.close().await;
}

/// A shop in which something happened.
async fn lived_in() -> Site {
    let site = Site::start().await;
    let store = site.store();
    let products = (1..=40).map(|n| binding(&n.to_string(), 100 + n)).collect();
    store.commit_batch(batch(products)).await.unwrap();
    let orders =
        (900..960).map(|n| Binding { odoo_model: "sale.order".to_owned(), ..binding(&n.to_string(), n) });
    store.commit_batch(BatchCommit { entity: "order".to_owned(), ..batch(orders.collect()) }).await.unwrap();
    let problem = json!([{ "field": "list_price", "path": "regular_price", "value": "\"abc\"", "reason": "this is no number; correct the price in the shop" }]);
    for id in ["812", "813", "840"] {
        let letter = NewDeadLetter {
            problems: problem.to_string(),
            payload: Some(
                json!({ "id": id, "name": "Olive oil 1 l", "regular_price": "abc", "status": "publish" })
                    .to_string(),
            ),
            ..dead_letter(id)
        };
        site.refuse("product", letter).await;
    }
    let order = NewDeadLetter {
        class: "missing_dependency".to_owned(),
        message: "Product 812 is not in Odoo.".to_owned(),
        problems: "[]".to_owned(),
        payload: Some(json!({ "id": 5001, "number": "1042" }).to_string()),
        depends_on: Some(RecordKey { entity: "product".to_owned(), external_id: "812".to_owned() }),
        ..dead_letter("5001")
    };
    site.refuse("order", order).await;
    let delivery = NewDelivery {
        backend: "shop".to_owned(),
        delivery: Some("0f8fad5b-d9cb-469f".to_owned()),
        fingerprint: "f".to_owned(),
        topic: "order.created".to_owned(),
        records: vec![RecordKey { entity: "order".to_owned(), external_id: "5001".to_owned() }],
        state: linkspan::store::DeliveryState::Queued,
        message: None,
        headers: json!({ "content-type": "application/json", "user-agent": "WooCommerce/9.1 Hookshot" })
            .to_string(),
        body: json!({ "id": 5001, "number": "1042", "status": "processing", "total": "161.31" }).to_string(),
        body_encoding: linkspan::store::BodyEncoding::Text,
        correlation: "a1b2c3d4e5f60718".to_owned(),
        received_at: now() - 12 * MINUTE,
    };
    store.receive(&[delivery]).await.unwrap();
    let jobs: Vec<NewJob> =
        (0..30).map(|n| NewJob::new("shop", JobKind::Import, "order", &format!("70{n}"))).collect();
    store.enqueue(&jobs).await.unwrap();
    let channel = Lane::In.channel("shop");
    let claim = Claim {
        backend: "shop",
        channel: &channel,
        default_capacity: 500,
        most: 24,
        worker: "host:42",
        lease_ms: MINUTE,
        now: now() + 1_000,
    };
    let claimed = store.claim_jobs(&claim).await.unwrap();
    let verdict = |n: usize| match n % 8 {
        6 => Verdict::Dead { class: "data", message: "The customer has no e-mail address.".to_owned() },
        7 => Verdict::Retry {
            at: now() + 3 * MINUTE,
            class: "transient",
            message: "Odoo answered 502 Bad Gateway.".to_owned(),
        },
        _ => Verdict::Done { message: "Created in Odoo.".to_owned() },
    };
    let settled: Vec<Settled<'_>> = claimed[..22]
        .iter()
        .enumerate()
        .map(|(n, job)| Settled { job, verdict: verdict(n), details: None })
        .collect();
    store.settle_jobs("host:42", &settled).await.unwrap();
    let event = NewEvent {
        at: now() - 11 * MINUTE,
        backend: "shop".to_owned(),
        entity: "order".to_owned(),
        record: "5001".to_owned(),
        kind: "refused",
        message: "Product 812 is not in Odoo.".to_owned(),
        details: Some(json!({ "waits_for": "product 812" }).to_string()),
        correlation: Some("a1b2c3d4e5f60718".to_owned()),
        ..NewEvent::default()
    };
    store.log_events(&[event]).await.unwrap();
    store
        .raise_alert(
            "subscription:shop:order.updated",
            "shop",
            "The shop has switched off the webhook order.updated. Linkspan makes it anew at the next check.",
        )
        .await
        .unwrap();
    let operator = Operator::new(store, "ada");
    operator.pause_channel("shop:out", "stock-taking", Some(now() + 30 * MINUTE)).await.unwrap();
    site.disagree("7").await;
    let decided = site.disagree("8").await;
    operator.decide(decided, Decision::External, |_, _| Some(Stage::On)).await.unwrap();
    operator.edit(1, r#"{"id":"812","name":"Olive oil 1 l","regular_price":"19.90"}"#).await.unwrap();
    site
}

const PAGES: [(&str, &str); 20] = [
    ("overview", "/"),
    ("record", "/records/shop/order/5001"),
    ("record-linked", "/records/shop/product/9"),
    ("look", "/records/shop/product/9/look"),
    ("search-none", "/search?q=nothing"),
    ("jobs", "/jobs"),
    ("jobs-dead", "/jobs?state=dead"),
    ("jobs-empty", "/jobs?state=cancelled&record=x"),
    ("job", "/jobs/1"),
    ("causes", "/dead-letters"),
    ("letters", "/dead-letters/list"),
    ("letter", "/dead-letters/1"),
    ("conflict", "/dead-letters/5"),
    ("conflict-decided", "/dead-letters/6"),
    ("record-conflict", "/records/shop/product/7"),
    ("deliveries", "/deliveries"),
    ("delivery", "/deliveries/1"),
    ("backends", "/backends"),
    ("backend", "/backends/shop"),
    ("audit", "/audit"),
];

#[tokio::test]
async fn no_page_has_a_serious_fault_for_people_with_disabilities_or_a_script_error() {
    let site = lived_in().await;
    let browser = Browser::start().await;
    browser.look(1280, false).await;
    let folder = pictures();
    let mut faults = Vec::new();
    browser.open(&format!("{}/sign-in", site.address)).await;
    inspect(&browser, &folder, "sign-in", &mut faults).await;
    sign_in(&browser, &site).await;
    for (name, path) in PAGES {
        browser.open(&format!("{}{path}", site.address)).await;
        inspect(&browser, &folder, name, &mut faults).await;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_no_script_error(&browser).await;
    browser.close().await;
}

/// Looks at the open page with axe at both widths, light and dark, and takes pictures.
async fn inspect(browser: &Browser, folder: &Path, name: &str, faults: &mut Vec<String>) {
    browser.script(axe::source()).await;
    for (width, dark) in [(1280, false), (1280, true), (375, false), (375, true)] {
        browser.look(width, dark).await;
        let mood = if dark { "dark" } else { "light" };
        browser.picture(&folder.join(format!("{name}-{width}-{mood}.png"))).await;
        let script = "const done = arguments[0];
            axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations
              .filter((one) => ['serious', 'critical'].includes(one.impact))
              .map((one) => one.id + ': ' + one.nodes.map((node) => node.html + ' ' + node.failureSummary).join('; '))));";
        let found = browser.async_script(script).await;
        let found = found.as_array().unwrap();
        faults.extend(found.iter().map(|fault| format!("{name} at {width} {mood}: {fault}")));
        let wider = browser.script("return document.documentElement.scrollWidth - window.innerWidth").await;
        if wider.as_i64().unwrap_or(0) > 0 {
            faults.push(format!("{name} at {width}: {wider} pixels wider than the window"));
        }
    }
    browser.look(1280, false).await;
}

#[tokio::test]
async fn hostile_text_runs_no_script_in_a_real_browser() {
    let site = super::hostile::hostile().await;
    let browser = Browser::start().await;
    browser.look(1280, false).await;
    sign_in(&browser, &site).await;
    for path in ["/", "/dead-letters", "/dead-letters/1", "/jobs/1", "/deliveries/1", "/backends/shop"] {
        browser.open(&format!("{}{path}", site.address)).await;
        // An open alert would make this fail.
        assert_eq!(
            browser.script("return document.querySelectorAll('main script, main img').length").await,
            0,
            "{path}"
        );
    }
    assert_no_script_error(&browser).await;
    browser.close().await;
}
