//! What the buttons do.

use linkspan::store::{
    AuditFilter, Direction, EventFilter, JobFilter, JobKind, NewDeadLetter, NewJob, RolloutKey, Stage,
};
use reqwest::StatusCode;

use super::site::{Site, location, shop};
use crate::store::{TestStore, dead_letter};

async fn audit(site: &Site) -> Vec<(String, String, String)> {
    let entries =
        site.store().list_audit(AuditFilter { actor: Some("ada".to_owned()), ..AuditFilter::default() });
    entries.await.unwrap().into_iter().rev().map(|entry| (entry.actor, entry.action, entry.target)).collect()
}

fn owned(rows: &[(&str, &str)]) -> Vec<(String, String, String)> {
    rows.iter()
        .map(|(action, target)| ("ada".to_owned(), (*action).to_owned(), (*target).to_owned()))
        .collect()
}

async fn events(site: &Site, record: &str) -> Vec<String> {
    let filter = EventFilter { record: Some(record.to_owned()), ..EventFilter::default() };
    site.store().list_events(filter).await.unwrap().into_iter().map(|event| event.kind).collect()
}

#[tokio::test]
async fn a_dead_letter_is_edited_and_retried() {
    let site = Site::start().await;
    let id = site.refuse("order", dead_letter("1042")).await;
    let ada = site.signed_in("ada").await;
    let answer = ada
        .post(&format!("/dead-letters/{id}/edit"), &[("payload", r#"{ "price": "1.5" }"#), ("retry", "yes")])
        .await;
    assert_eq!(location(&answer), "/records/shop/order/1042");
    let letter = site.store().dead_letter(id).await.unwrap().unwrap();
    assert_eq!((letter.payload.as_deref(), letter.edited), (Some(r#"{ "price": "1.5" }"#), true));
    let jobs = site.store().list_jobs(JobFilter::default()).await.unwrap();
    assert_eq!(
        (jobs[0].job.kind, jobs[0].job.record.as_str(), jobs[0].job.priority),
        (JobKind::Retry, "1042", 1)
    );
    assert_eq!(events(&site, "1042").await, ["retried", "edited"]);
    let edited = &site.store().list_events(EventFilter::default()).await.unwrap()[1];
    assert_eq!(edited.details.as_deref(), Some(r#"{"after":{"price":"1.5"},"before":{"price":"abc"}}"#));
    let target = format!("dead letter {id}");
    assert_eq!(audit(&site).await, owned(&[("dead_letter.edit", &target), ("dead_letter.retry", &target)]));
    let page = ada.page("/records/shop/order/1042").await;
    assert!(page.contains("Its retry is in line for the next free worker."), "{page}");
}

#[tokio::test]
async fn a_conflict_is_decided_from_its_page_and_from_its_records() {
    let site = Site::start().await;
    let (first, second) = (site.disagree("7").await, site.disagree("8").await);
    let ada = site.signed_in("ada").await;
    let bob = site.signed_in("bob").await;
    let pages = [format!("/dead-letters/{first}"), "/records/shop/product/8".to_owned()];
    for path in &pages {
        let page = ada.page(path).await;
        for part in ["Odoo&#x27;s</code>", "The shop&#x27;s</code>", "Lamp</code>"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(
            page.contains("Keep Odoo&#x27;s value") && page.contains("Keep the other system&#x27;s value")
        );
        let seen = bob.page(path).await;
        assert!(seen.contains("What both sides changed") && !seen.contains("Keep "), "{seen}");
    }
    for _ in 0..2 {
        let back = "/records/shop/product/7";
        let answer =
            ada.post(&format!("/dead-letters/{first}/decide"), &[("side", "odoo"), ("back", back)]).await;
        assert_eq!(location(&answer), back);
    }
    ada.post(&format!("/dead-letters/{second}/decide"), &[("side", "external")]).await;
    for (path, said) in pages.iter().zip(["Odoo&#x27;s value stays", "the other system&#x27;s value stays"]) {
        let page = ada.page(path).await;
        assert!(page.contains(&format!("It was decided: {said}.")) && !page.contains("Keep "), "{page}");
    }
    assert!(ada.page(&pages[1]).await.contains("Its decision is in line for the next free worker."));
    assert_eq!(events(&site, "7").await, ["decided"]);
    let expected = [first, second].map(|id| format!("dead letter {id}"));
    let expected = expected.each_ref().map(|target| ("dead_letter.decide", target.as_str()));
    assert_eq!(audit(&site).await, owned(&expected), "a double click is one decision");
    let other = ada.post(&format!("/dead-letters/{first}/decide"), &[("side", "external")]).await;
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.text().await.unwrap().contains("was decided the other way already"));
    ada.post("/backends/shop/stages/product/out", &[("stage", "off")]).await;
    let third = site.store();
    third.commit_batch(crate::store::conflict("9")).await.unwrap();
    let third = third.open_dead_letters_for("shop", "product", &["9"]).await.unwrap()[0].id;
    let held = ada.post(&format!("/dead-letters/{third}/decide"), &[("side", "odoo")]).await;
    assert_eq!(held.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let held = held.text().await.unwrap();
    assert!(held.contains("the stage of product out of Odoo is off, so nothing is written."), "{held}");
    let neither = ada.post(&format!("/dead-letters/{first}/decide"), &[("side", "both")]).await;
    assert!(neither.status().is_client_error());
}

#[tokio::test]
async fn an_edit_that_is_no_json_keeps_what_was_typed_and_says_where_it_is_wrong() {
    let site = Site::start().await;
    let id = site.refuse("order", dead_letter("1042")).await;
    let ada = site.signed_in("ada").await;
    for (text, said) in [
        ("{\n \"price\": }", "line 2, column 11"),
        ("[1]", "begins with `{`"),
        ("", "line 1"),
        ("{\"a\":1} x", "trailing"),
    ] {
        let answer = ada.post(&format!("/dead-letters/{id}/edit"), &[("payload", text)]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text().await.unwrap();
        assert!(page.contains(said), "{said}: {page}");
        let shown = text.replace('"', "&quot;").replace('<', "&lt;");
        assert!(page.contains(&format!(">{shown}</textarea>")), "{page}");
    }
    let letter = site.store().dead_letter(id).await.unwrap().unwrap();
    assert_eq!((letter.payload, letter.edited), (dead_letter("1042").payload, false));
}

#[tokio::test]
async fn all_dead_letters_of_a_cause_are_retried_or_dismissed_at_once() {
    let site = Site::start().await;
    for id in ["1", "2", "3"] {
        site.refuse("order", dead_letter(id)).await;
    }
    let other = NewDeadLetter { message: "Another cause.".to_owned(), ..dead_letter("4") };
    site.refuse("order", other).await;
    let ada = site.signed_in("ada").await;
    let cause = [("class", "data"), ("message", "The price \"abc\" is no number."), ("backend", "shop")];
    let answer = ada.post("/dead-letters/retry", &cause).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let mut records: Vec<String> = site
        .store()
        .list_jobs(JobFilter::default())
        .await
        .unwrap()
        .into_iter()
        .map(|view| view.job.record)
        .collect();
    records.sort();
    assert_eq!(records, ["1", "2", "3"]);
    ada.post("/dead-letters/dismiss", &[("message", "Another cause.")]).await;
    assert_eq!(events(&site, "4").await, ["dismissed"]);
    let expected = [
        (
            "dead_letter.retry",
            "dead letters: backend=shop class=data message=The price \"abc\" is no number.",
        ),
        ("dead_letter.dismiss", "dead letters: message=Another cause."),
    ];
    assert_eq!(audit(&site).await, owned(&expected));
    assert!(ada.page("/dead-letters").await.contains("<strong>3</strong>"));
}

#[tokio::test]
async fn jobs_are_cancelled_and_run_by_number_and_by_filter() {
    let site = Site::start().await;
    let later = |record: &str| NewJob {
        run_at: 9_000_000_000_000,
        ..NewJob::new("shop", JobKind::Import, "order", record)
    };
    site.store().enqueue(&[later("a"), later("b"), later("c"), later("d")]).await.unwrap();
    let ada = site.signed_in("ada").await;
    let ids: Vec<i64> =
        site.store().list_jobs(JobFilter::default()).await.unwrap().iter().map(|view| view.job.id).collect();
    ada.post(&format!("/jobs/{}/cancel", ids[0]), &[]).await;
    assert_eq!(
        ada.post(&format!("/jobs/{}/cancel", ids[0]), &[]).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    ada.post(&format!("/jobs/{}/run", ids[1]), &[]).await;
    assert!(site.store().job(ids[1]).await.unwrap().unwrap().job.run_at < 9_000_000_000_000);
    ada.post("/jobs/cancel", &[("record", "a"), ("state", "waiting")]).await;
    ada.post("/jobs/run", &[("kind", "import")]).await;
    let over = site
        .store()
        .list_jobs(JobFilter { state: Some("over".to_owned()), ..JobFilter::default() })
        .await
        .unwrap();
    let cancelled: Vec<_> = over
        .iter()
        .map(|view| (view.job.record.as_str(), view.state.as_str(), view.message.as_deref()))
        .collect();
    assert_eq!(
        cancelled,
        [("d", "cancelled", Some("cancelled by ada")), ("a", "cancelled", Some("cancelled by ada"))]
    );
    let waiting = site.store().list_jobs(JobFilter::default()).await.unwrap();
    assert!(waiting.iter().all(|view| view.job.run_at < 9_000_000_000_000), "{waiting:?}");
    assert_eq!(audit(&site).await.len(), 4, "what touched nothing is not in the audit");
}

#[tokio::test]
async fn channels_are_paused_resumed_and_resized() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    ada.post("/channels/shop%3Ain/pause", &[("reason", "stock-taking"), ("minutes", "30")]).await;
    ada.post("/channels/shop%3Aout/resize", &[("capacity", "7")]).await;
    let channels = site.store().channels().await.unwrap();
    assert!(channels[0].paused && channels[0].resume_at.is_some());
    assert_eq!(
        (channels[0].reason.as_deref(), channels[1].capacity, channels[1].paused),
        (Some("stock-taking"), 7, false)
    );
    site.store().enqueue(&[NewJob::new("shop", JobKind::Import, "order", "9")]).await.unwrap();
    assert!(ada.page("/records/shop/order/9").await.contains("the channel shop:in is paused: stock-taking."));
    ada.post("/channels/shop%3Ain/resume", &[]).await;
    assert!(!site.store().channels().await.unwrap()[0].paused);
    for (path, fields) in [
        ("/channels/shop%3Ain/resume", vec![]),
        ("/channels/shop%3Ain/resize", vec![("capacity", "0")]),
        ("/channels/shop%3Ain/pause", vec![("minutes", "-1")]),
        ("/channels/other%3Ain/pause", vec![]),
        ("/channels/shop%3Asideways/pause", vec![]),
    ] {
        let answer = ada.post(path, &fields).await;
        assert!(answer.status().is_client_error(), "{path} {fields:?}");
    }
}

#[tokio::test]
async fn what_only_goes_out_is_shown_and_not_imported() {
    let mut shop = shop();
    shop.entities[0].stage_in = None;
    shop.entities[0].stage_out = Some(Stage::On);
    let name = shop.entities[0].name.clone();
    let site = Site::with(TestStore::sqlite().await, vec![shop]).await;
    let ada = site.signed_in("ada").await;
    assert!(ada.page("/").await.contains(&format!(r#"<th scope="row">{name}"#)));
    let answer = ada.post(&format!("/records/shop/{name}/7/import"), &[]).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(answer.text().await.unwrap().contains("only goes out of Odoo"));
    assert!(site.store().list_jobs(JobFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn stages_polls_imports_and_held_changes() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    ada.post("/backends/shop/stages/order/in", &[("stage", "shadow")]).await;
    let key = RolloutKey { backend: "shop", entity: "order", direction: Direction::In };
    assert_eq!(site.store().rollout(key).await.unwrap().unwrap().stage, Stage::Shadow);
    assert!(ada.page("/").await.contains(r#"<span class="chip shadow">shadow</span>"#));
    site.store().hold_changes(key, Stage::Shadow, "2,000 orders would change, 100 may").await.unwrap();
    assert!(ada.page("/backends/shop").await.contains("2,000 orders would change, 100 may"));
    ada.post("/backends/shop/stages/order/in/allow", &[]).await;
    assert!(site.store().take_allowance(key).await.unwrap());
    assert!(!site.store().take_allowance(key).await.unwrap(), "once");
    ada.post("/backends/shop/poll", &[]).await;
    ada.post("/records/shop/order/a%2Fb/import", &[]).await;
    let mut jobs: Vec<_> = site
        .store()
        .list_jobs(JobFilter::default())
        .await
        .unwrap()
        .into_iter()
        .map(|view| (view.job.kind, view.job.entity, view.job.record))
        .collect();
    jobs.sort();
    let expected =
        [(JobKind::Import, "order", "a/b"), (JobKind::Poll, "order", ""), (JobKind::Poll, "product", "")];
    assert_eq!(jobs, expected.map(|(kind, entity, record)| (kind, entity.to_owned(), record.to_owned())));
    for path in ["/backends/none/poll", "/backends/shop/stages/none/in", "/records/none/order/1/import"] {
        assert_eq!(ada.post(path, &[("stage", "on")]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert!(
        ada.post("/backends/shop/stages/order/in", &[("stage", "full")]).await.status().is_client_error()
    );
}
