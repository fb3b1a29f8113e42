//! Text that wants to be a script, and filters that want to be SQL.

use linkspan::store::{JobKind, NewDeadLetter, NewDelivery, NewEvent, NewJob, RecordKey};
use reqwest::StatusCode;

use super::site::{Site, shop};
use crate::store::{TestStore, dead_letter};

const SCRIPT: &str = r#""><script>alert('x')</script><img src=x onerror=alert(1)>"#;

/// A site in which every text that comes from outside is a script.
pub(super) async fn hostile() -> Site {
    let mut facts = shop();
    facts.settings.push((SCRIPT.to_owned(), SCRIPT.to_owned()));
    facts.entities[0].rules[0].source = SCRIPT.to_owned();
    let site = Site::with(TestStore::sqlite().await, vec![facts]).await;
    let problem = serde_json::json!([{ "field": SCRIPT, "path": SCRIPT, "value": SCRIPT, "reason": SCRIPT }]);
    let letter = NewDeadLetter {
        message: SCRIPT.to_owned(),
        problems: problem.to_string(),
        payload: Some(
            serde_json::json!({ "name": SCRIPT, "end": "</textarea><script>alert(2)</script>" }).to_string(),
        ),
        ..dead_letter(SCRIPT)
    };
    site.refuse("order", letter).await;
    let store = site.store();
    store
        .enqueue(&[NewJob {
            payload: Some(SCRIPT.to_owned()),
            ..NewJob::new("shop", JobKind::Import, "order", SCRIPT)
        }])
        .await
        .unwrap();
    let event = NewEvent {
        at: 1,
        backend: "shop".to_owned(),
        entity: "order".to_owned(),
        record: SCRIPT.to_owned(),
        kind: "done",
        message: SCRIPT.to_owned(),
        details: Some(serde_json::json!({ "value": SCRIPT }).to_string()),
        job: Some(1),
        correlation: Some(SCRIPT.to_owned()),
    };
    store.log_events(&[event]).await.unwrap();
    store.raise_alert("x", "shop", SCRIPT).await.unwrap();
    let delivery = NewDelivery {
        backend: "shop".to_owned(),
        delivery: Some(SCRIPT.to_owned()),
        fingerprint: "f".to_owned(),
        topic: SCRIPT.to_owned(),
        records: vec![RecordKey { entity: "order".to_owned(), external_id: SCRIPT.to_owned() }],
        state: linkspan::store::DeliveryState::Unreadable,
        message: Some(SCRIPT.to_owned()),
        headers: serde_json::json!({ (SCRIPT): SCRIPT }).to_string(),
        body: SCRIPT.to_owned(),
        body_encoding: linkspan::store::BodyEncoding::Text,
        correlation: "c".to_owned(),
        received_at: 1,
    };
    store.receive(&[delivery]).await.unwrap();
    site
}

#[tokio::test]
async fn html_and_script_in_any_text_are_shown_and_never_run() {
    let site = hostile().await;
    let ada = site.signed_in("ada").await;
    ada.post("/channels/shop%3Aout/pause", &[("reason", SCRIPT)]).await;
    let record: String =
        url::form_urlencoded::byte_serialize(SCRIPT.as_bytes()).collect::<String>().replace('+', "%20");
    let paths = [
        "/".to_owned(),
        format!("/search?q={record}%20x"),
        format!("/records/shop/order/{record}"),
        format!("/records/shop/order/{record}/look"),
        "/jobs".to_owned(),
        format!("/jobs?record={record}&entity={record}"),
        "/jobs/1".to_owned(),
        "/dead-letters".to_owned(),
        "/dead-letters/list".to_owned(),
        format!("/dead-letters/list?text={record}&class={record}&message={record}"),
        "/dead-letters/1".to_owned(),
        "/deliveries".to_owned(),
        format!("/deliveries?topic={record}"),
        "/deliveries/1".to_owned(),
        "/backends".to_owned(),
        "/backends/shop".to_owned(),
        "/audit".to_owned(),
        format!("/audit?actor={record}"),
        format!("/sign-in?back={record}"),
    ];
    for path in &paths {
        let page = ada.page(path).await;
        assert!(!page.contains("<script>alert"), "{path}: {page}");
        assert!(!page.contains("<img src=x"), "{path}: {page}");
        assert_eq!(
            page.matches("<script").count(),
            page.matches(r#"<script src="/static/live.js" defer>"#).count(),
            "{path}"
        );
    }
    for path in ["/dead-letters/1", "/deliveries/1", "/jobs/1", "/backends/shop", "/audit"] {
        assert!(ada.page(path).await.contains("&lt;script&gt;alert("), "{path} shows the text as it is");
    }
    let answer = ada.post("/dead-letters/1/edit", &[("payload", SCRIPT)]).await;
    assert!(!answer.text().await.unwrap().contains("<script>alert"));
    let answer = ada.get(&format!("/backends/{record}")).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(!answer.text().await.unwrap().contains("<script>alert"));
}

#[tokio::test]
async fn filters_that_look_like_sql_or_never_end_match_nothing_and_break_nothing() {
    for test in [TestStore::sqlite().await, TestStore::postgres().await] {
        let site = Site::with(test, vec![shop()]).await;
        site.refuse("order", dead_letter("1")).await;
        let ada = site.signed_in("ada").await;
        let long = "x".repeat(6_000);
        for text in ["'; DROP TABLE job; --", "\" OR 1=1 --", "%", "_", "!", "\u{0}", "$1", "\\", &long] {
            let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            for path in [
                format!("/search?q={text}"),
                format!("/jobs?backend={text}&entity={text}&record={text}"),
                format!("/dead-letters/list?backend={text}&class={text}&text={text}&message={text}"),
                format!("/deliveries?backend={text}&topic={text}&record={text}"),
                format!("/audit?actor={text}&action={text}"),
            ] {
                assert!(
                    ada.get(&path).await.status().is_success(),
                    "{}",
                    path.chars().take(80).collect::<String>()
                );
            }
        }
        assert_eq!(site.store().list_dead_letters(Default::default()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    let body = format!("csrf={}&payload={}", ada.csrf, "x".repeat(9 << 20));
    let answer = ada
        .request(reqwest::Method::POST, "/dead-letters/1/edit")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await;
    // The server may close the connection before all was sent.
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE));
    assert_eq!(ada.get("/").await.status(), StatusCode::OK);
}
