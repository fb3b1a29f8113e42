use linkspan::store::redact::Redactor;
use linkspan::store::{Exchange, ExchangeFilter, Run, Side};
use secrecy::SecretString;

use super::{TestStore, on_both};

on_both!(
    an_exchange_is_stored_without_its_secrets,
    the_log_keeps_the_last_exchanges_only,
    runs_are_listed_from_the_newest,
    old_runs_go_but_for_the_last_success_of_each_entity,
);

fn exchange(side: Side, number: i64) -> Exchange {
    Exchange {
        backend: "shop".to_owned(),
        side,
        method: "GET".to_owned(),
        url: format!("https://shop.example/products?page={number}&consumer_secret=cs_planted"),
        status: Some(200),
        duration_ms: 12,
        request_body: None,
        response_body: Some("[]".to_owned()),
        error: None,
        at: number,
    }
}

async fn an_exchange_is_stored_without_its_secrets(test: &TestStore) {
    let secret = SecretString::from("cs_planted");
    let full = Exchange {
        request_body: Some(format!(r#"{{"args":["cs_planted"],"text":"{}"}}"#, "x".repeat(9_000))),
        response_body: Some("\0cs_planted\0".to_owned()),
        error: Some("no answer from https://cs_planted@shop.example".to_owned()),
        status: None,
        ..exchange(Side::Odoo, 1)
    };
    test.store.log_exchanges(&[full], &Redactor::new([&secret], [])).await.unwrap();
    let stored = test.store.list_exchanges(ExchangeFilter::default()).await.unwrap().remove(0);
    assert_eq!(stored.url, "https://shop.example/products?page=1&consumer_secret=***");
    assert_eq!(stored.response_body.as_deref(), Some("\u{fffd}***\u{fffd}"));
    assert_eq!(stored.error.as_deref(), Some("no answer from https://***@shop.example"));
    assert_eq!((stored.status, stored.side, stored.duration_ms, stored.at), (None, Side::Odoo, 12, 1));
    let body = stored.request_body.unwrap();
    assert!(body.starts_with(r#"{"args":["***"],"text":"xxx"#) && body.len() < 4_200, "{}", body.len());
}

async fn the_log_keeps_the_last_exchanges_only(test: &TestStore) {
    let redactor = Redactor::new([], []);
    let exchanges: Vec<Exchange> =
        (0..20).map(|n| exchange(if n % 2 == 0 { Side::Shop } else { Side::Odoo }, n)).collect();
    test.store.log_exchanges(&exchanges, &redactor).await.unwrap();
    assert_eq!(test.store.prune_exchanges(5).await.unwrap(), 15);
    test.store.log_exchanges(&exchanges[..1], &redactor).await.unwrap();
    let times = |rows: Vec<Exchange>| rows.into_iter().map(|row| row.at).collect::<Vec<_>>();
    let all = test.store.list_exchanges(ExchangeFilter::default()).await.unwrap();
    assert_eq!(times(all), [0, 19, 18, 17, 16, 15]);
    let odoo = ExchangeFilter { side: Some(Side::Odoo), limit: 2, ..ExchangeFilter::default() };
    assert_eq!(times(test.store.list_exchanges(odoo).await.unwrap()), [19, 17]);
    let other = ExchangeFilter { backend: Some("other".to_owned()), ..ExchangeFilter::default() };
    assert!(test.store.list_exchanges(other).await.unwrap().is_empty());
}

fn run(entity: &str, created: u64) -> Run {
    Run {
        backend: "shop".to_owned(),
        entity: entity.to_owned(),
        kind: "full".to_owned(),
        started_at: 1,
        ended_at: 2,
        created,
        updated: 1,
        unchanged: 2,
        skipped: 3,
        refused: 4,
        shop_calls: 5,
        odoo_calls: 6,
        error: Some("the shop went away".to_owned()),
    }
}

async fn runs_are_listed_from_the_newest(test: &TestStore) {
    let runs = [run("product", 1), run("order", 2), run("product", 3)];
    for run in &runs {
        test.store.record_run(run).await.unwrap();
    }
    let [first, second, third] = runs;
    assert_eq!(
        test.store.last_runs(None, None, 10).await.unwrap(),
        [third.clone(), second.clone(), first.clone()]
    );
    assert_eq!(
        test.store.last_runs(Some("shop"), Some("product"), 10).await.unwrap(),
        [third.clone(), first]
    );
    assert_eq!(test.store.last_runs(None, None, 1).await.unwrap(), [third]);
    assert_eq!(test.store.last_runs(Some("other"), None, 10).await.unwrap(), []);
}

async fn old_runs_go_but_for_the_last_success_of_each_entity(test: &TestStore) {
    let good = |entity, created| Run { error: None, ..run(entity, created) };
    let recent = Run { ended_at: 10, ..run("order", 5) };
    for run in [good("product", 1), good("product", 2), good("order", 3), run("order", 4), recent] {
        test.store.record_run(&run).await.unwrap();
    }
    assert_eq!(test.store.prune_history(0, 3).await.unwrap(), 2);
    let kept = test.store.last_runs(None, None, 10).await.unwrap();
    assert_eq!(kept.iter().map(|run| run.created).collect::<Vec<_>>(), [5, 3, 2]);
}
