//! Requests that are no deliveries.

use super::{Plan, SECRET, Service, answer, client, sign, status};

#[tokio::test]
async fn an_unsigned_creation_ping_is_answered_and_not_stored() {
    let service = Service::start(Plan::default()).await;
    let form = || service.post("webhook_id=17").header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(answer(form()).await, (200, String::new()));
    // The ping's form is no key: neither JSON of that name, nor another field, nor a wrong signature.
    assert_eq!(
        status(service.post(r#"{"webhook_id": 17}"#).header("Content-Type", "application/json")).await,
        401
    );
    let other = service.post("id=17").header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(status(other).await, 401);
    assert_eq!(status(form().header("X-WC-Webhook-Signature", sign("another", b"webhook_id=17"))).await, 401);
    assert!(service.deliveries().await.is_empty() && service.jobs().await.is_empty());
}

#[tokio::test]
async fn a_stranger_cannot_send_much_in_the_shape_of_a_ping() {
    let service = Service::start(Plan::default()).await;
    let long = format!("webhook_id={}", "1".repeat(70_000));
    let request = service.post(long).header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(status(request).await, 413);
}

#[tokio::test]
async fn a_challenge_in_the_body_is_sent_back_as_text() {
    let slack = r#"
verify = { kind = "hmac_sha256", header = "X-Sign", encoding = "base64", secret = "webhook_secret" }
ping = [{ path = "challenge", echo = true }]
"#;
    let service = Service::start(Plan { webhooks: slack.to_owned(), ..Plan::default() }).await;
    let body = r#"{"type":"url_verification","challenge":"<script>3eZbrw1a</script>"}"#;
    let response = service.post(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(response.text().await.unwrap(), "<script>3eZbrw1a</script>");
    // Signed too, it is a challenge all the same; with a wrong signature it is not.
    let signed = |secret: &str| service.post(body).header("X-Sign", sign(secret, body.as_bytes()));
    assert_eq!(status(signed(SECRET)).await, 200);
    assert_eq!(status(signed("another")).await, 401);
    let long = format!(r#"{{"challenge":"{}"}}"#, "x".repeat(1_025));
    assert_eq!(status(service.post(long)).await, 401);
    assert!(service.deliveries().await.is_empty());
}

#[tokio::test]
async fn a_challenge_in_the_query_needs_the_secret() {
    let meta = r#"
verify = { kind = "hmac_sha256", header = "X-Hub-Signature-256", encoding = "hex", prefix = "sha256=", secret = "webhook_secret" }
ping = [{ method = "GET", query = "hub.challenge", echo = true, secret_query = "hub.verify_token", secret = "verify_token" }]
"#;
    let secrets = vec![("webhook_secret", SECRET.to_owned()), ("verify_token", "sesame".to_owned())];
    let service = Service::start(Plan { webhooks: meta.to_owned(), secrets, ..Plan::default() }).await;
    let get = |query: &str| client().get(format!("{}/webhooks/shop?{query}", service.url));
    let right = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=sesame";
    assert_eq!(answer(get(right)).await, (200, "1158201444".to_owned()));
    for wrong in ["hub.challenge=1", "hub.challenge=1&hub.verify_token=simsim", "hub.verify_token=sesame", ""]
    {
        assert_eq!(status(get(wrong)).await, 405, "{wrong}");
    }
}
