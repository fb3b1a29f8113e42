//! Signatures that are refused are told by an alert, whoever posts how often.

use linkspan::store::Alert;

use super::{Plan, Service, status};
use crate::service::until;

async fn alert(service: &Service) -> Option<Alert> {
    let alerts = service.store().list_alerts(Some("shop"), 10).await.unwrap();
    alerts.into_iter().find(|alert| alert.name == "signatures:shop")
}

#[tokio::test]
async fn a_wrong_secret_is_told_until_a_delivery_is_accepted_and_written_once_a_minute_at_most() {
    let service = Service::start(Plan::default()).await;
    let forged =
        |body: &'static str| service.post(body).header("X-WC-Webhook-Signature", "c29tZXRoaW5nIGVsc2U=");
    assert_eq!(status(forged("{}")).await, 401);
    let first = until("the alert is raised", || alert(&service)).await;
    for part in [
        "1 with a wrong signature",
        "Webhooks are refused since 20",
        "the secret `webhook_secret` under [backends.shop.secrets]",
    ] {
        assert!(first.message.contains(part), "{}", first.message);
    }
    // Anybody may post, so more of them write nothing now.
    for _ in 0..50 {
        assert_eq!(status(forged("{}")).await, 401);
        assert_eq!(status(service.post("{}")).await, 401);
    }
    assert_eq!(alert(&service).await, Some(first));
    assert_eq!(status(service.deliver("order.updated", "d1", "{\"id\":1}")).await, 200);
    until("the alert is taken back", || async { alert(&service).await.is_none().then_some(()) }).await;
}

/// Another node, or this one before its restart, raised the alert.
#[tokio::test]
async fn the_first_delivery_that_a_node_accepts_takes_back_what_another_one_raised() {
    let service = Service::start(Plan::default()).await;
    service.store().raise_alert("signatures:shop", "shop", "Webhooks are refused.").await.unwrap();
    assert_eq!(status(service.deliver("order.updated", "d1", "{\"id\":1}")).await, 200);
    until("the alert is taken back", || async { alert(&service).await.is_none().then_some(()) }).await;
}
