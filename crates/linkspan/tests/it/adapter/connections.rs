//! Servers that cannot be reached, and connections that cannot be encrypted.

use linkspan::adapter::AdapterError;
use linkspan::definition::model::ErrorClass;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::shop::{BASIC, Shop, json, quick, try_adapter};

const GET_PRODUCT: &str =
    "[operations.get_product]\nmethod = 'GET'\npath = '/products/{id}'\nrepeat = 'safe'\n";

async fn error_from(store_url: &str, http: &str) -> AdapterError {
    let text = format!("{BASIC}{http}\n{GET_PRODUCT}");
    let adapter = try_adapter(store_url, &text, quick()).expect("an adapter");
    adapter.get("get_product", "1").await.expect_err("no answer")
}

#[tokio::test]
async fn a_server_without_https_is_told_so() {
    let shop = Shop::start(|_| json("{}")).await;
    let error = error_from(&shop.url().replace("http://", "https://"), "").await;
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains("does not speak https"), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("`store_url`")), "{error}");
    assert!(!error.outcome_unknown);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_dns_error() {
    let error = error_from("https://shop.invalid", "").await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("The name of https://shop.invalid was not found"), "{error}");
}

#[tokio::test]
async fn a_refused_connection_names_address_and_port() {
    // Bound and closed at once: nobody listens there now.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let free = listener.local_addr().expect("an address");
    drop(listener);
    let error = error_from(&format!("http://{free}"), "").await;
    assert!(error.message.contains(&format!("http://{free} refused the connection")), "{error}");
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let error = error_from(&url, "timeout_ms = 100").await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("did not send its whole answer within 0.1 seconds"), "{error}");
    drop(listener);
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_broken_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
        }
    });
    let error = error_from(&url, "").await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("broke before the answer was there"), "{error}");
    server.abort();
}

#[tokio::test]
async fn an_answer_that_breaks_off_says_after_how_many_bytes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // A connection closed with bytes unread is reset, and the answer lost with it.
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\": 1").await;
        }
    });
    let error = error_from(&url, "").await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("broke off after 8 bytes"), "{error}");
    server.abort();
}
