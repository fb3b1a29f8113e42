//! Answers that are not what they should be: too large, too slow, broken, or no JSON at all.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use futures::stream;
use linkspan::adapter::AdapterError;
use linkspan::definition::model::ErrorClass;
use sandbox::serve::Cut;

use super::shop::{BASIC, Shop, adapter, answer, json};

const MIB: u64 = 1024 * 1024;

/// `BASIC` with further keys of `[http]`, and a list without paging.
fn listing(http: &str) -> String {
    format!(
        "{BASIC}{http}\n[operations.list_products]\nmethod = 'GET'\npath = '/products'\nrepeat = 'safe'\n"
    )
}

/// The error of the first page.
async fn first_error(shop: &Shop, http: &str) -> AdapterError {
    let adapter = adapter(&shop.url(), &listing(http));
    adapter.list("list_products", vec![], None).next().await.expect_err("no page")
}

/// The error for a body that is sent as it stands.
async fn error_for(body: impl Into<Bytes>) -> AdapterError {
    let body: Bytes = body.into();
    let shop = Shop::start(move |_| Ok(Response::new(Body::from(body.clone())))).await;
    first_error(&shop, "").await
}

/// A body of `part` over and over, and how many bytes of it were taken.
fn endless(
    part: Bytes,
    encoding: &'static str,
) -> (impl Fn() -> Result<Response<Body>, Cut>, Arc<AtomicU64>) {
    let sent = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&sent);
    let respond = move || {
        let (part, counted) = (part.clone(), Arc::clone(&counted));
        let parts = stream::iter(std::iter::repeat_with(move || {
            counted.fetch_add(part.len() as u64, Ordering::Relaxed);
            Ok::<_, Infallible>(part.clone())
        }));
        Ok(Response::builder()
            .header("content-encoding", encoding)
            .body(Body::from_stream(parts))
            .expect("a response"))
    };
    (respond, sent)
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_the_cap() {
    let (respond, sent) = endless(Bytes::from(vec![b' '; 64 * 1024]), "identity");
    let shop = Shop::start(move |_| respond()).await;
    let error = first_error(&shop, "max_response_bytes = 8388608").await;
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains("larger than 8 MiB (8388608 bytes)"), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("max_response_bytes")), "{error}");
    // What was taken beyond the cap lay in the sockets' buffers.
    assert!(sent.load(Ordering::Relaxed) < 8 * MIB + 16 * MIB, "{} bytes", sent.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_gigabytes_is_cut_at_the_cap() {
    // 10 MB on the wire, 10 GiB unpacked.
    let shop = Shop::start(|_| {
        let header = Bytes::from_static(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
        let parts = std::iter::once(header).chain(std::iter::repeat_with(mebibyte_of_zeros)).take(10_000);
        let body = Body::from_stream(stream::iter(parts.map(Ok::<_, Infallible>)));
        Ok(Response::builder().header("content-encoding", "gzip").body(body).expect("a response"))
    })
    .await;
    let error = first_error(&shop, "max_response_bytes = 8388608").await;
    assert!(error.message.contains("larger than 8 MiB"), "{error}");
}

/// One MiB of zeros as deflate blocks that end on a byte (a full flush), so that more of them may follow.
fn mebibyte_of_zeros() -> Bytes {
    let mut blocks = vec![0xec, 0xc1, 0x31, 0x01, 0, 0, 0, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x08, 0x5f, 0xa0];
    blocks.resize(1031, 0);
    blocks.extend([0x3e, 0x03, 0, 0, 0xff, 0xff]);
    Bytes::from(blocks)
}

#[tokio::test]
async fn an_answer_in_drips_is_given_up_in_time() {
    let shop = Shop::start(|_| {
        let drips = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
        });
        Ok(Response::new(Body::from_stream(drips)))
    })
    .await;
    let started = Instant::now();
    let error = first_error(&shop, "timeout_ms = 100").await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("within 0.1 seconds"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(shop.asked().len(), 4, "a list may be asked for again");
}

#[tokio::test]
async fn a_page_of_html_is_named_by_its_title() {
    let page = "<!DOCTYPE html><html><head><title>Coming soon &#8211; Fixture Shop</title></head></html>";
    let error = error_for(page).await;
    assert_eq!((error.class, error.status), (ErrorClass::Config, Some(200)));
    assert!(error.message.contains("\"Coming soon \u{2013} Fixture Shop\""), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("store address")), "{error}");
}

#[tokio::test]
async fn a_page_without_title_shows_how_it_starts() {
    let error = error_for(format!("<p>Hello {}</p>", "x".repeat(200))).await;
    assert!(error.message.contains("starts with \"Hello xxx"), "{error}");
    assert!(!error.message.contains(&"x".repeat(80)), "{error}");
}

#[tokio::test]
async fn a_php_warning_in_front_of_json_is_told_and_not_cut_off() {
    // server-php-warning-before-json of the recorded exchanges.
    let body = "<br />\n<b>Warning</b>:  Undefined array key \"missing_key\" in \
                <b>/srv/shop/wp-content/mu-plugins/fixture.php</b> on line <b>11</b><br />\n\
                [{\"id\":32,\"name\":\"Mug\"}]";
    let shop =
        Shop::start(move |_| answer(200, &[("content-type", "application/json; charset=UTF-8")], body)).await;
    let error = first_error(&shop, "").await;
    assert_eq!(error.class, ErrorClass::Config);
    assert!(
        error.message.contains("PHP message in front of the JSON: Warning: Undefined array key"),
        "{error}"
    );
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("display_errors")), "{error}");
}

#[tokio::test]
async fn text_in_another_encoding_is_found_by_its_byte() {
    let error = error_for(Bytes::from_static(b"[{\"id\": 1, \"name\": \"Caf\xe9\"}]")).await;
    assert_eq!(error.class, ErrorClass::Data);
    assert!(error.message.contains("not valid UTF-8: byte 23 "), "{error}");
}

#[tokio::test]
async fn a_byte_order_mark_is_passed_over() {
    let shop = Shop::start(|_| json("\u{feff}\u{feff}[{\"id\": 1}]")).await;
    let mut walk = adapter(&shop.url(), &listing("")).list("list_products", vec![], None);
    let page = walk.next().await.expect("a page").expect("one page");
    assert_eq!(page.records().expect("records").len(), 1);
}

#[tokio::test]
async fn an_empty_answer_is_no_list() {
    for body in ["", "  \n"] {
        let error = error_for(body).await;
        assert!(error.message.contains("empty answer"), "{error}");
        assert_eq!(error.class, ErrorClass::Transient);
    }
}

#[tokio::test]
async fn json_that_is_no_list_tells_what_it_is() {
    let error = error_for(r#"{"products": [], "count": 0}"#).await;
    assert_eq!(error.class, ErrorClass::Config);
    assert!(
        error.message.contains("A list was expected, but the answer has an object with products, count"),
        "{error}"
    );
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("`records`")), "{error}");
}

#[tokio::test]
async fn half_an_answer_is_asked_for_again_and_then_told() {
    let error = error_for(r#"[{"id": 1}, {"id":"#).await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("breaks off after 18 bytes"), "{error}");
}

#[tokio::test]
async fn text_that_is_no_json_shows_its_beginning() {
    let error = error_for("Rate limit, sorry").await;
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains("starts with: Rate limit, sorry"), "{error}");
}

#[tokio::test]
async fn gzip_is_asked_for_and_understood() {
    // `[{"id":1}]`
    const PACKED: &[u8] = &[
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0x8b, 0xae, 0x56, 0xca, 0x4c, 0x51, 0xb2, 0x32, 0xac, 0x8d, 5, 0,
        0x64, 0xa8, 0xe5, 0x68, 10, 0, 0, 0,
    ];
    let shop = Shop::start(|_| {
        Ok(Response::builder()
            .header("content-encoding", "gzip")
            .body(Body::from(PACKED))
            .expect("a response"))
    })
    .await;
    let mut walk = adapter(&shop.url(), &listing("")).list("list_products", vec![], None);
    let page = walk.next().await.expect("a page").expect("one page");
    assert_eq!(page.body().as_ref(), br#"[{"id":1}]"#);
    assert!(shop.asked()[0].header("accept-encoding").contains("gzip"));
}
