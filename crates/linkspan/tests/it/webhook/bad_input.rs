//! What should not get in, or not for long.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use linkspan::http_server::ServerOptions;

use super::{Plan, SECRET, Service, client, sign, status, taken};

#[tokio::test]
async fn a_wrong_missing_or_truncated_signature_is_401_and_stores_nothing() {
    let service = Service::start(Plan::default()).await;
    let body = r#"{"id":1}"#;
    let good = sign(SECRET, body.as_bytes());
    let post = |signature: &str| {
        service
            .post(body)
            .header("X-WC-Webhook-Topic", "order.updated")
            .header("X-WC-Webhook-Signature", signature)
    };
    for wrong in ["", "x", &good[..43], &good[..20], &format!("{good}="), &sign("another", body.as_bytes())] {
        assert_eq!(status(post(wrong)).await, 401, "{wrong}");
    }
    assert_eq!(status(service.post(body)).await, 401);
    assert_eq!(status(post(&good).header("X-WC-Webhook-Signature", &good)).await, 401);
    assert!(service.deliveries().await.is_empty());
    assert_eq!(status(post(&good)).await, 200);
}

#[tokio::test]
async fn a_replayed_time_is_401() {
    let stripe = "verify = { kind = \"stripe\", secret = \"webhook_secret\", tolerance_secs = 60 }\n";
    let service = Service::start(Plan { webhooks: stripe.to_owned(), ..Plan::default() }).await;
    let body = r#"{"id":"evt_1"}"#;
    let signed = |age_secs: i64| {
        use hmac::Mac as _;
        let time = jiff::Timestamp::now().as_second() - age_secs;
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{time}.{body}").as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        service.post(body).header("Stripe-Signature", format!("t={time},v1={signature}"))
    };
    assert_eq!(status(signed(90)).await, 401);
    assert_eq!(status(signed(-90)).await, 401);
    assert_eq!(status(signed(0)).await, 200);
    assert_eq!(service.deliveries().await.len(), 1);
}

#[tokio::test]
async fn an_unknown_backend_is_404_and_other_methods_are_405() {
    let service = Service::start(Plan::default()).await;
    for name in ["nobody", "%2e%2e%2fshop", "SHOP", &"x".repeat(5_000)] {
        assert_eq!(status(client().post(format!("{}/webhooks/{name}", service.url))).await, 404, "{name}");
    }
    for request in [
        client().get(format!("{}/webhooks/shop", service.url)),
        client().put(format!("{}/webhooks/shop", service.url)),
        client().delete(format!("{}/webhooks/shop", service.url)),
    ] {
        assert_eq!(status(request).await, 405);
    }
    let mut receivers = linkspan::webhook::Receivers::default();
    receivers.insert("unsigned", super::registered(&Plan { secrets: Vec::new(), ..Plan::default() }));
    assert!(receivers.states().all(|(_, state, _)| state != "broken"), "a backend may do without webhooks");
}

#[tokio::test]
async fn only_allowed_addresses_get_in() {
    let local = Service::start(Plan { ips: vec!["127.0.0.0/8"], ..Plan::default() }).await;
    assert_eq!(status(local.deliver("order.updated", "d", r#"{"id":1}"#)).await, 200);
    let others =
        Service::start(Plan { ips: vec!["203.0.113.0/24", "2001:db8::/32"], ..Plan::default() }).await;
    let forged = others.deliver("order.updated", "d", r#"{"id":1}"#).header("X-Forwarded-For", "203.0.113.7");
    assert_eq!(status(forged).await, 403);
    assert!(others.deliveries().await.is_empty());
}

/// A request by hand, to send what no client would; gives the status of the answer.
fn by_hand(
    address: &str,
    head: &str,
    mut send: impl FnMut(&mut TcpStream) -> std::io::Result<()>,
) -> (u16, TcpStream) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(format!("POST /webhooks/shop HTTP/1.1\r\nHost: x\r\n{head}\r\n").as_bytes()).unwrap();
    // The server may refuse and close before all is sent.
    let _ = send(&mut stream);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    (std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap(), stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_gigabyte_is_refused_early() {
    let service = Service::start(Plan::default()).await;
    let address = service.address().to_owned();
    tokio::task::spawn_blocking(move || {
        let signature = "X-WC-Webhook-Signature: eA==\r\n";
        let head = format!("{signature}Content-Length: 1073741824\r\n");
        assert_eq!(by_hand(&address, &head, |_| Ok(())).0, 413, "told beforehand: not a byte of it is read");
        let mut sent = 0_u64;
        let head = format!("{signature}Transfer-Encoding: chunked\r\n");
        let (status, _) = by_hand(&address, &head, |stream| {
            let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
            while sent < 1 << 30 {
                stream.write_all(&chunk)?;
                sent += 0x10000;
                // Who streams looks now and then whether the other side has answered already.
                stream.set_nonblocking(true)?;
                let answered = stream.peek(&mut [0]).is_ok();
                stream.set_nonblocking(false)?;
                if answered {
                    break;
                }
            }
            Ok(())
        });
        assert_eq!(status, 413);
        assert!(sent < 64 << 20, "{sent} bytes went before the refusal");
    })
    .await
    .unwrap();
    assert!(service.deliveries().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_408_and_holds_up_nobody() {
    let plan = Plan { timeout: Duration::from_millis(300), ..Plan::default() };
    let service = Service::start(plan).await;
    let address = service.address().to_owned();
    let slow = tokio::task::spawn_blocking(move || {
        by_hand(&address, "X-WC-Webhook-Signature: eA==\r\nContent-Length: 100\r\n", |stream| {
            stream.write_all(b"{")
        })
        .0
    });
    assert_eq!(status(service.deliver("order.updated", "d", r#"{"id":1}"#)).await, 200);
    assert_eq!(slow.await.unwrap(), 408);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_stores_nothing() {
    let service = Service::start(Plan::default()).await;
    let mut stream = TcpStream::connect(service.address()).unwrap();
    let body = r#"{"id":1}"#;
    let head = format!(
        "POST /webhooks/shop HTTP/1.1\r\nHost: x\r\nX-WC-Webhook-Topic: order.updated\r\n\
         X-WC-Webhook-Signature: {}\r\nContent-Length: {}\r\n\r\n",
        sign(SECRET, body.as_bytes()),
        body.len() + 1
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    assert!(service.deliveries().await.is_empty());
}

#[tokio::test]
async fn a_json_depth_bomb_is_kept_as_unreadable() {
    let service = Service::start(Plan { max_bytes: 16 << 20, ..Plan::default() }).await;
    for bomb in
        ["[".repeat(10 << 20), format!("{{\"id\":{}1", "[".repeat(10 << 20)), "{\"id\":".repeat(1 << 20)]
    {
        assert_eq!(status(service.deliver("order.updated", "d", &bomb)).await, 200);
        let newest = &service.deliveries().await[0];
        assert_eq!((newest.state.as_str(), newest.body.len()), ("unreadable", bomb.len()));
    }
    // Ignored topics are not even looked into.
    let bomb = "[".repeat(10 << 20);
    assert_eq!(status(service.deliver("coupon.updated", "d", &bomb)).await, 200);
    assert_eq!(service.deliveries().await[0].state, "ignored");
    assert!(service.jobs().await.is_empty());
}

#[tokio::test]
async fn long_names_do_not_break_the_store() {
    let service = Service::on(crate::store::TestStore::postgres().await, Plan::default()).await;
    let long = "x".repeat(9_000);
    assert_eq!(status(service.deliver(&long, &long, r#"{"id":1}"#)).await, 200);
    let body = format!(r#"{{"id":"{long}"}}"#);
    assert_eq!(status(service.deliver("order.updated", &long, &body)).await, 200);
    let states: Vec<String> = service.deliveries().await.into_iter().map(|one| one.state).collect();
    assert_eq!(states, ["unreadable", "ignored"]);
    let exactly = format!(r#"{{"id":"{}"}}"#, "ل".repeat(500));
    assert_eq!(status(service.deliver("order.updated", "d", &exactly)).await, 200);
    assert_eq!(service.jobs().await.len(), 1);
}

/// As many idle connections as this process may open, 10,000 where it may: each takes two files here, one for each end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_stop_nobody() {
    let server = ServerOptions { max_connections: 500, ..ServerOptions::default() };
    let service = Service::start(Plan { server, ..Plan::default() }).await;
    let mut idle = Vec::new();
    for number in 0..10_000 {
        // The end of what this process may open is told by an error, on either end.
        let Ok(stream) = TcpStream::connect(service.address()) else { break };
        if number % 2 == 0 {
            let _ = (&stream).write_all(b"POST /webhooks/shop HTT");
        }
        idle.push(stream);
        if number % 500 == 499 {
            let asked = Instant::now();
            assert_eq!(
                status(service.deliver("order.updated", &number.to_string(), r#"{"id":1}"#)).await,
                200
            );
            assert!(asked.elapsed() < Duration::from_secs(5), "{:?} with {number} idle", asked.elapsed());
        }
    }
    println!("{} idle connections", idle.len());
    assert!(idle.len() > 300, "only {}", idle.len());
    drop(idle);
    assert_eq!(status(service.deliver("order.updated", "last", r#"{"id":1}"#)).await, 200);
}

/// A full disk and a read-only database end in the same error; `src/store/inbox.rs` tests those two.
#[tokio::test]
async fn a_store_that_refuses_acknowledges_nothing() {
    let service = Service::start(Plan::default()).await;
    assert_eq!(status(service.deliver("order.updated", "before", r#"{"id":1}"#)).await, 200);
    let path = service.test.url.strip_prefix("sqlite:").unwrap().to_owned();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON job BEGIN SELECT RAISE(ABORT, 'no'); END";
    execute(&path, refuse).await;
    let refused = service.deliver("order.updated", "after", r#"{"id":2}"#).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "30");
    assert!(!refused.text().await.unwrap().contains("sqlite"), "what the store says stays in the log");
    execute(&path, "DROP TRIGGER refuse").await;
    let stored: Vec<String> = service.deliveries().await.into_iter().filter_map(|one| one.delivery).collect();
    assert_eq!(stored, ["before"], "neither the delivery nor its job: they are one transaction");
    assert_eq!(service.jobs().await.len(), 1);
    // It comes again, and goes in.
    assert_eq!(
        taken(service.deliver("order.updated", "after", r#"{"id":2}"#)).await,
        (200, "queued".to_owned())
    );
}

/// Changes a store's file behind its back.
async fn execute(path: &str, sql: &'static str) {
    use sqlx::Connection as _;
    let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite:{path}")).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn one_delivery_that_no_database_wants_does_not_hold_up_others() {
    let service = Service::start(Plan::default()).await;
    let path = service.test.url.strip_prefix("sqlite:").unwrap().to_owned();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON inbox WHEN new.record = '13' BEGIN \
                  SELECT RAISE(ABORT, 'no'); END";
    execute(&path, refuse).await;
    let all = (0..40).map(|n| {
        let request = service.deliver("order.updated", &n.to_string(), &format!(r#"{{"id":{n}}}"#));
        async move { (n, status(request).await) }
    });
    for (n, status) in futures::future::join_all(all).await {
        assert_eq!(status, if n == 13 { 503 } else { 200 }, "{n}");
    }
    assert_eq!(service.deliveries().await.len(), 39);
}
