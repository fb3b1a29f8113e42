//! Deliveries that are taken, and what is left of them.

use std::collections::BTreeMap;

use linkspan::store::{AuditFilter, EventFilter, JobKind};
use linkspan::webhook::replay;

use super::{Plan, SECRET, Service, answer, client, sign, status, taken};

#[tokio::test]
async fn a_delivery_is_stored_as_it_came_with_its_job_and_its_event() {
    let service = Service::start(Plan::default()).await;
    let body = "{\"id\":42,\"name\":\"Tea <b>\\\"Royal\\\"<\\/b> \\u2013 شاي\"}";
    let request =
        service.deliver("order.updated", "d1", body).header("Cookie", "a=b").header("X-Api-Token", "t");
    assert_eq!(taken(request).await, (200, "queued".to_owned()));

    let [delivery] = &service.deliveries().await[..] else { panic!() };
    assert_eq!((delivery.entity.as_str(), delivery.record.as_str()), ("order", "42"));
    assert_eq!((delivery.topic.as_str(), delivery.delivery.as_deref()), ("order.updated", Some("d1")));
    assert_eq!((delivery.state.as_str(), delivery.message.as_deref()), ("queued", None));
    assert_eq!((delivery.body.as_str(), delivery.body_encoding.as_str()), (body, "text"));
    let headers: BTreeMap<String, String> = serde_json::from_str(&delivery.headers).unwrap();
    assert_eq!(headers["x-wc-webhook-topic"], "order.updated");
    for hidden in ["x-wc-webhook-signature", "cookie", "x-api-token"] {
        assert!(!headers.contains_key(hidden), "{headers:?}");
    }

    let [job] = &service.jobs().await[..] else { panic!() };
    assert_eq!((job.kind, job.entity.as_str(), job.record.as_str()), (JobKind::Import, "order", "42"));
    assert_eq!(job.correlation, delivery.correlation);
    let events = service.store().list_events(EventFilter::default()).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].kind.as_str(), events[0].correlation.as_ref()),
        ("webhook", Some(&delivery.correlation))
    );
}

#[tokio::test]
async fn a_repeated_delivery_imports_once() {
    let service = Service::start(Plan::default()).await;
    let deliver = |body: &str| service.deliver("order.updated", "d1", body);
    assert_eq!(taken(deliver(r#"{"id":1}"#)).await, (200, "queued".to_owned()));
    assert_eq!(taken(deliver(r#"{"id":1}"#)).await, (200, "repeated".to_owned()));
    assert_eq!(service.deliveries().await.len(), 1);
    assert_eq!(service.jobs().await.len(), 1);
}

/// Recorded as 020 and 021: WooCommerce makes the id of the webhook and the second.
#[tokio::test]
async fn two_deliveries_of_one_second_have_one_id_and_both_import() {
    let service = Service::start(Plan::default()).await;
    for body in [r#"{"id":1}"#, r#"{"id":2}"#] {
        assert_eq!(taken(service.deliver("product.updated", "d1", body)).await, (200, "queued".to_owned()));
    }
    let mut records: Vec<String> = service.jobs().await.into_iter().map(|job| job.record).collect();
    records.sort();
    assert_eq!(records, ["1", "2"]);
}

#[tokio::test]
async fn a_topic_that_imports_nothing_is_stored_and_answered_with_200() {
    let service = Service::start(Plan::default()).await;
    for (topic, reason) in [
        ("refund.created", "The definition has no topic refund.created, so it imports nothing."),
        ("coupon.updated", "The topic coupon.updated is ignored."),
        ("", "It has no topic, so it imports nothing."),
    ] {
        let body = format!(r#"{{"id":"{topic}"}}"#);
        assert_eq!(status(service.deliver(topic, "d", &body)).await, 200);
        let delivery = service.deliveries().await.into_iter().find(|one| one.topic == topic).unwrap();
        assert_eq!((delivery.state.as_str(), delivery.message.as_deref()), ("ignored", Some(reason)));
    }
    assert!(service.jobs().await.is_empty());
}

/// Salla sends an app's tokens with the topic app.store.authorize.
#[tokio::test]
async fn tokens_that_come_by_a_webhook_nobody_uses_are_not_kept() {
    let service = Service::start(Plan::default()).await;
    let body = r#"{"id":7,"data":{"access_token":"ory_at_hush","expires":1,"refresh_token":"ory_rt_hush"}}"#;
    for topic in ["app.store.authorize", "order.updated"] {
        assert_eq!(status(service.deliver(topic, topic, body)).await, 200);
        let kept = service.deliveries().await.into_iter().find(|one| one.topic == topic).unwrap().body;
        let masked = body.replace("ory_at_hush", "***").replace("ory_rt_hush", "***");
        assert_eq!(kept, if topic == "order.updated" { body } else { &masked }, "{topic}");
    }
}

#[tokio::test]
async fn a_delivery_that_cannot_be_read_is_kept_and_answered_with_200() {
    let service = Service::start(Plan::default()).await;
    for (number, body) in
        ["", "no json", "[1]", "{\"id\":null}", "{\"id\":1.5}", "{\"id\":\"\"}", "{\"id\":{}}", "{\"id\":1"]
            .into_iter()
            .enumerate()
    {
        assert_eq!(
            status(service.deliver("order.updated", &format!("d{number}"), body)).await,
            200,
            "{body}"
        );
        let newest = &service.deliveries().await[0];
        assert_eq!(newest.state, "unreadable", "{body}");
        assert!(
            newest.message.as_ref().is_some_and(|why| why.ends_with('.')),
            "{body}: {:?}",
            newest.message
        );
    }
    let bytes = [0xff_u8, 0, b'x'];
    let request = service.post(bytes.to_vec()).header("X-WC-Webhook-Topic", "order.updated");
    assert_eq!(status(request.header("X-WC-Webhook-Signature", sign(SECRET, &bytes))).await, 200);
    let newest = &service.deliveries().await[0];
    assert_eq!((newest.body.as_str(), newest.body_encoding.as_str()), ("/wB4", "base64"));
    assert!(service.jobs().await.is_empty());
}

#[tokio::test]
async fn topic_and_delivery_id_may_stand_in_the_body() {
    let stripe = r#"
verify = { kind = "bearer", secret = "webhook_secret" }
delivery_id = { path = "id" }
topic = { path = "type" }
[topics]
"charge.updated" = { import = "order", id = "data.object.id" }
"#;
    let service = Service::start(Plan { webhooks: stripe.to_owned(), ..Plan::default() }).await;
    let body = r#"{"id":"evt_1","type":"charge.updated","data":{"object":{"id":"ch_9"}}}"#;
    for expected in ["queued", "repeated"] {
        assert_eq!(taken(service.post(body).bearer_auth(SECRET)).await, (200, expected.to_owned()));
    }
    assert_eq!(service.jobs().await[0].record, "ch_9");
    assert_eq!(status(service.post("{").bearer_auth(SECRET)).await, 200);
    assert_eq!(service.deliveries().await[0].state, "unreadable");
}

#[tokio::test]
async fn markup_in_a_delivery_stays_data() {
    let service = Service::start(Plan::default()).await;
    let body = r#"{"id":"<script>alert(1)</script>","name":"<img src=x onerror=alert(1)>"}"#;
    let request = service.deliver("<b>order</b>", "<i>d</i>", body);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["linkspan-delivery"], "ignored");
    let response = client().post(format!("{}/webhooks/<b>", service.url)).send().await.unwrap();
    assert!(!response.text().await.unwrap().contains("<b>"));
    let delivery = &service.deliveries().await[0];
    assert_eq!((delivery.topic.as_str(), delivery.delivery.as_deref()), ("<b>order</b>", Some("<i>d</i>")));
}

#[tokio::test]
async fn a_delivery_is_replayed_as_the_definition_is_now() {
    let service = Service::start(Plan::default()).await;
    for (topic, body) in
        [("order.updated", r#"{"id":1}"#), ("refund.created", r#"{"id":2}"#), ("order.updated", "x")]
    {
        assert_eq!(status(service.deliver(topic, body, body)).await, 200);
    }
    let ids: Vec<i64> = service.deliveries().await.iter().rev().map(|one| one.id).collect();
    let done =
        replay(service.store(), &service.receivers, &[ids[0], ids[1], ids[2], 999], "maria").await.unwrap();
    assert_eq!(done.replayed, 1);
    let left: Vec<(i64, bool)> = done.left.iter().map(|one| (one.id, one.reason.ends_with('.'))).collect();
    assert_eq!(left, [(ids[1], true), (ids[2], true), (999, true)]);
    assert_eq!(service.store().delivery(ids[0]).await.unwrap().unwrap().replays, 1);
    let audit = service.store().list_audit(AuditFilter::default()).await.unwrap();
    assert_eq!((audit[0].actor.as_str(), audit[0].action.as_str()), ("maria", "webhook.replay"));

    // A topic that the definition learnt since.
    let mut receivers = linkspan::webhook::Receivers::default();
    let plan = Plan {
        webhooks: super::WOOCOMMERCE.to_owned()
            + "\"refund.created\" = { import = \"order\", id = \"id\" }\n",
        ..Plan::default()
    };
    receivers.insert("shop", super::registered(&plan));
    let done = replay(service.store(), &receivers, &ids[1..2], "maria").await.unwrap();
    assert_eq!((done.replayed, done.left.len()), (1, 0));
    let mut jobs = service.jobs().await;
    jobs.sort_by_key(|job| job.record.clone());
    assert_eq!(
        jobs.iter().map(|job| (job.record.as_str(), job.priority)).collect::<Vec<_>>(),
        [("1", 1), ("2", 1)]
    );
    let delivery = service.store().delivery(ids[1]).await.unwrap().unwrap();
    assert_eq!((delivery.state.as_str(), delivery.message, delivery.record.as_str()), ("queued", None, "2"));
}

/// As Xero has it: ids only, several events in one delivery.
const EVENTS: &str = r#"
verify = { kind = "hmac_sha256", header = "x-xero-signature", encoding = "base64", secret = "webhook_secret" }
each = "events[]"
topic = { path = "eventCategory" }
[topics]
INVOICE = { import = "order", id = "resourceId" }
ITEM = { import = "product", id = "resourceId" }
"#;

#[tokio::test]
async fn each_event_of_a_delivery_imports_its_record() {
    let service = Service::start(Plan { webhooks: EVENTS.to_owned(), ..Plan::default() }).await;
    let deliver =
        |body: &str| service.post(body.to_owned()).header("x-xero-signature", sign(SECRET, body.as_bytes()));
    let event = |category: &str, id: &str| format!(r#"{{"eventCategory":"{category}","resourceId":"{id}"}}"#);
    let body = [
        event("INVOICE", "a"),
        event("ITEM", "b"),
        event("INVOICE", "a"),
        event("CONTACT", "c"),
        event("ITEM", ""),
    ];
    let body = format!(r#"{{"events":[{}]}}"#, body.join(","));
    assert_eq!(taken(deliver(&body)).await, (200, "queued".to_owned()));
    let mut records: Vec<(String, String)> =
        service.jobs().await.into_iter().map(|job| (job.entity, job.record)).collect();
    records.sort();
    let expected = [("order", "a"), ("product", "b")].map(|(entity, id)| (entity.to_owned(), id.to_owned()));
    assert_eq!(records, expected);
    let [delivery] = &service.deliveries().await[..] else { panic!() };
    assert_eq!((delivery.state.as_str(), delivery.topic.as_str()), ("queued", "CONTACT, INVOICE, ITEM"));
    assert!(delivery.message.as_ref().unwrap().starts_with("1 of 5 events cannot be read"), "{delivery:?}");
    let replayed = replay(service.store(), &service.receivers, &[delivery.id], "ada").await.unwrap();
    assert_eq!(replayed.replayed, 1);
    assert_eq!(service.store().delivery(delivery.id).await.unwrap().unwrap().records.len(), 2);

    for (body, state) in [
        (r#"{"events":[]}"#, "ignored"),
        (r#"{"events":[{"eventCategory":"CONTACT"}]}"#, "ignored"),
        (r#"{"events":[{"eventCategory":"ITEM"}]}"#, "unreadable"),
        (r#"{"events":7}"#, "unreadable"),
        ("no JSON", "unreadable"),
    ] {
        assert_eq!(answer(deliver(body)).await.0, 200);
        assert_eq!(service.deliveries().await[0].state, state, "{body}");
    }
    assert_eq!(answer(deliver(r#"{"events":[{"eventCategory":"ITEM","resourceId":9}]}"#)).await.0, 200);
    assert_eq!(service.deliveries().await[0].record, "9");
}
