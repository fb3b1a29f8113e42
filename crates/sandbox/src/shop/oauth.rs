//! Signed requests (OAuth 1.0a with one leg), which a shop takes over plain http instead of keys.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use axum::http::header::HOST;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::route::Request;

/// Seconds that a signature's time may lie off the shop's clock.
const WINDOW: i64 = 15 * 60;

const NEEDED: [&str; 5] =
    ["oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method"];

/// Numbers that were used: a signature counts once.
#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<HashSet<String>>);

/// The key that says it signed; none where nothing is signed. The error names what is missing.
pub(crate) fn signer(request: &Request) -> Result<Option<&str>, String> {
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| request.param(name).is_none()).collect();
    match missing.as_slice() {
        [] => Ok(request.param(NEEDED[0])),
        missing if missing.len() == NEEDED.len() => Ok(None),
        [one] => Err(format!("Missing OAuth parameter {one}")),
        several => Err(format!("Missing OAuth parameters {}", several.join(", "))),
    }
}

/// Whether the key with this secret signed the request just now, and for the first time. Of the hashes that WooCommerce
/// takes it knows SHA-256 alone.
pub(crate) fn check(request: &Request, secret: &str, nonces: &Nonces) -> Result<(), &'static str> {
    let given = |name: &str| request.param(name).unwrap_or_default();
    if given("oauth_signature_method") != "HMAC-SHA256" {
        return Err("Invalid signature - signature method is invalid.");
    }
    let signature = STANDARD.decode(given("oauth_signature")).unwrap_or_default();
    // A key of any length will do.
    let mac = Hmac::<Sha256>::new_from_slice(format!("{secret}&").as_bytes());
    if !mac.is_ok_and(|mac| mac.chain_update(signed(request)).verify_slice(&signature).is_ok()) {
        return Err("Invalid signature - provided signature does not match.");
    }
    let now = jiff::Timestamp::now().as_second();
    if !given("oauth_timestamp").parse::<i64>().is_ok_and(|at| (at - now).abs() <= WINDOW) {
        return Err("Invalid timestamp.");
    }
    let mut used = nonces.0.lock().unwrap_or_else(PoisonError::into_inner);
    if !used.insert(given("oauth_nonce").to_owned()) {
        return Err("Invalid nonce - nonce has already been used.");
    }
    Ok(())
}

/// Method, address and parameters, as RFC 5849, 3.4.1 puts them together.
fn signed(request: &Request) -> String {
    let host = request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut pairs: Vec<(String, String)> = request
        .query
        .iter()
        .filter(|(name, _)| name != "oauth_signature")
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let address = format!("http://{host}{}", request.path);
    format!("{}&{}&{}", request.method, encoded(&address), encoded(&pairs.join("&")))
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
