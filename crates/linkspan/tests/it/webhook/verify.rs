//! Signatures: recorded ones, published ones, those of other libraries; and everything that is not quite one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linkspan::definition::webhooks::WebhookVerify;
use linkspan::webhook::verify::{Incoming, Refused, Verifier};
use secrecy::SecretString;
use serde_json::Value;

use super::{SECRET, sign};

/// The moment of all requests here.
const NOW: i64 = 1_700_000_000;
const BODY: &[u8] = br#"{"id": 7, "name": "Tea <b>\"Royal\"</b>"}"#;
/// Where all requests here are sent.
const ADDRESS: &str = "https://sync.example.com/webhooks/shop";
const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const SLACK: &str = r#"kind = "hmac_message"
header = "X-Slack-Signature"
encoding = "hex"
prefix = "v0="
message = "v0:{time}:{body}"
time_header = "X-Slack-Request-Timestamp"
secret = "s""#;
const HUBSPOT: &str = r#"kind = "hmac_message"
header = "X-HubSpot-Signature-v3"
encoding = "base64"
message = "{method}{url}{body}{time}"
time_header = "X-HubSpot-Request-Timestamp"
secret = "s""#;

/// A request as it may come.
#[derive(Clone, Debug)]
struct Request {
    headers: HeaderMap,
    query: Option<String>,
    body: Vec<u8>,
}

impl Request {
    fn new(headers: &[(&str, &str)], body: &[u8]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        Request { headers: map, query: None, body: body.to_vec() }
    }

    fn at(&self, verifier: &Verifier, now: i64) -> Result<(), Refused> {
        let incoming = Incoming {
            method: &Method::POST,
            headers: &self.headers,
            query: self.query.as_deref(),
            body: &self.body,
        };
        verifier.check(incoming, now)
    }
}

fn verifier(verify: &str, secret: &str) -> Verifier {
    let verify: WebhookVerify = toml::from_str(verify).unwrap();
    Verifier::new(&verify, Some("shop"), Some(ADDRESS), &SecretString::from(secret)).unwrap()
}

fn hex_hmac(kind: &str, key: &str, message: &[u8]) -> String {
    use hmac::{Hmac, Mac};
    fn done<M: Mac + hmac::digest::KeyInit>(key: &str, message: &[u8]) -> String {
        let mut mac = <M as Mac>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(message);
        hex::encode(mac.finalize().into_bytes())
    }
    match kind {
        "hmac_sha1" => done::<Hmac<sha1::Sha1>>(key, message),
        "hmac_sha512" => done::<Hmac<sha2::Sha512>>(key, message),
        _ => done::<Hmac<sha2::Sha256>>(key, message),
    }
}

/// One good request of each kind, with the header that carries its proof (empty: the query).
fn kinds() -> Vec<(&'static str, Verifier, Request, &'static str)> {
    let hmac = |kind: &str| {
        let text = format!(
            "kind = \"{kind}\"\nheader = \"X-Sign\"\nencoding = \"hex\"\nprefix = \"v=\"\nsecret = \"s\""
        );
        let request = Request::new(&[("x-sign", &format!("v={}", hex_hmac(kind, SECRET, BODY)))], BODY);
        (verifier(&text, SECRET), request)
    };
    let stamped = [NOW.to_string().as_bytes(), b".", BODY].concat();
    let stripe = format!("t={NOW},v1={},v0=6ffb", hex_hmac("hmac_sha256", SECRET, &stamped));
    let published = standardwebhooks::Webhook::new(STANDARD_SECRET).unwrap();
    let standard = published.sign("msg_1", NOW, BODY).unwrap();
    let (time, basic) = (NOW.to_string(), format!("Basic {}", STANDARD.encode(format!("shop:{SECRET}"))));
    let bearer = format!("Bearer {SECRET}");
    let text = [b"v0:", time.as_bytes(), b":", BODY].concat();
    let slack = Request::new(
        &[
            ("x-slack-signature", &format!("v0={}", hex_hmac("hmac_sha256", SECRET, &text))),
            ("x-slack-request-timestamp", &time),
        ],
        BODY,
    );
    let milliseconds = (NOW * 1_000).to_string();
    let text = [b"POST", ADDRESS.as_bytes(), b"?shop=7", BODY, milliseconds.as_bytes()].concat();
    let mut hubspot = Request::new(
        &[("x-hubspot-signature-v3", &sign(SECRET, &text)), ("x-hubspot-request-timestamp", &milliseconds)],
        BODY,
    );
    hubspot.query = Some("shop=7".to_owned());
    let mut query = Request::new(&[], BODY);
    query.query = Some(format!("a=1&token={SECRET}"));
    let base64 = "kind = \"hmac_sha256\"\nheader = \"X-Sign\"\nencoding = \"base64\"\nsecret = \"s\"";
    let (sha256, sha1, sha512) = (hmac("hmac_sha256"), hmac("hmac_sha1"), hmac("hmac_sha512"));
    vec![
        ("hmac_sha256 hex", sha256.0, sha256.1, "x-sign"),
        ("hmac_sha1", sha1.0, sha1.1, "x-sign"),
        ("hmac_sha512", sha512.0, sha512.1, "x-sign"),
        (
            "hmac_sha256 base64",
            verifier(base64, SECRET),
            Request::new(&[("x-sign", &sign(SECRET, BODY))], BODY),
            "x-sign",
        ),
        (
            "stripe",
            verifier("kind = \"stripe\"\nsecret = \"s\"", SECRET),
            Request::new(&[("stripe-signature", &stripe)], BODY),
            "stripe-signature",
        ),
        (
            "standard_webhooks",
            verifier("kind = \"standard_webhooks\"\nsecret = \"s\"", STANDARD_SECRET),
            Request::new(
                &[("webhook-id", "msg_1"), ("webhook-timestamp", &time), ("webhook-signature", &standard)],
                BODY,
            ),
            "webhook-signature",
        ),
        ("signed text as Slack's", verifier(SLACK, SECRET), slack, "x-slack-signature"),
        ("signed address as HubSpot's", verifier(HUBSPOT, SECRET), hubspot, "x-hubspot-signature-v3"),
        (
            "basic",
            verifier("kind = \"basic\"\nusername = \"u\"\npassword = \"s\"", SECRET),
            Request::new(&[("authorization", &basic)], BODY),
            "authorization",
        ),
        (
            "bearer",
            verifier("kind = \"bearer\"\nsecret = \"s\"", SECRET),
            Request::new(&[("authorization", &bearer)], BODY),
            "authorization",
        ),
        (
            "token in a header",
            verifier("kind = \"token\"\nheader = \"X-Token\"\nsecret = \"s\"", SECRET),
            Request::new(&[("x-token", SECRET)], BODY),
            "x-token",
        ),
        (
            "token in the query",
            verifier("kind = \"token\"\nquery = \"token\"\nsecret = \"s\"", SECRET),
            query,
            "",
        ),
    ]
}

#[test]
fn a_right_signature_is_believed() {
    for (kind, verifier, request, _) in kinds() {
        assert_eq!(request.at(&verifier, NOW), Ok(()), "{kind}");
    }
}

#[test]
fn wrong_missing_and_truncated_signatures_are_refused() {
    for (kind, verifier, good, header) in kinds() {
        let mut cases = Vec::new();
        if header.is_empty() {
            for query in [None, Some(""), Some("token"), Some("token="), Some("token=wrong")] {
                cases.push(Request { query: query.map(str::to_owned), ..good.clone() });
            }
            cases.push(Request { query: Some(format!("token={}", &SECRET[..5])), ..good.clone() });
            cases.push(Request { query: Some(format!("token={SECRET}&token=x")), ..good.clone() });
        } else {
            let value = good.headers[header].to_str().unwrap().to_owned();
            let mut missing = good.clone();
            missing.headers.remove(header);
            assert_eq!(missing.at(&verifier, NOW), Err(Refused::Missing), "{kind}");
            let shorter: Vec<String> = (0..value.len().min(70)).map(|end| value[..end].to_owned()).collect();
            let others =
                [format!("x{value}"), value.replace('=', ""), value.to_uppercase() + "A", "ö".to_owned()];
            for wrong in shorter.into_iter().chain(others) {
                // The end of Stripe's is a signature of an old kind, which counts for nothing.
                if wrong == value || (kind == "stripe" && wrong.len() > value.len() - 8) {
                    continue;
                }
                let mut request = good.clone();
                request.headers.insert(
                    header.parse::<HeaderName>().unwrap(),
                    HeaderValue::from_bytes(wrong.as_bytes()).unwrap(),
                );
                cases.push(request);
            }
            let mut twice = good.clone();
            twice
                .headers
                .append(header.parse::<HeaderName>().unwrap(), HeaderValue::from_str(&value).unwrap());
            cases.push(twice);
        }
        for case in cases {
            let refused = case.at(&verifier, NOW).expect_err(&format!("{kind}: {case:?}"));
            assert_ne!(refused, Refused::Stale, "{kind}: {case:?}");
        }
    }
}

#[test]
fn a_body_that_was_changed_is_refused_by_every_kind_that_signs_it() {
    let signing = kinds().into_iter().take(8);
    for (kind, verifier, good, _) in signing {
        for body in [&BODY[..BODY.len() - 1], b"", &[BODY, b" "].concat()] {
            let request = Request { body: body.to_vec(), ..good.clone() };
            assert_eq!(request.at(&verifier, NOW), Err(Refused::Wrong), "{kind}");
        }
    }
}

#[test]
fn a_signature_with_a_time_is_good_for_five_minutes_only() {
    for (kind, verifier, good, _) in kinds().into_iter().filter(|(kind, ..)| kind.starts_with('s')) {
        for now in [NOW - 300, NOW + 300] {
            assert_eq!(good.at(&verifier, now), Ok(()), "{kind}");
        }
        for now in [NOW - 301, NOW + 301, 0, i64::MAX] {
            assert_eq!(good.at(&verifier, now), Err(Refused::Stale), "{kind} at {now}");
        }
    }
}

#[test]
fn the_time_is_part_of_what_is_signed() {
    for (kind, verifier, good, header) in kinds().into_iter().filter(|(kind, ..)| kind.starts_with('s')) {
        let mut later = good.clone();
        let after = (NOW + 900).to_string();
        let (name, value) = match header {
            "x-slack-signature" => ("x-slack-request-timestamp", after),
            "x-hubspot-signature-v3" => ("x-hubspot-request-timestamp", format!("{after}000")),
            "stripe-signature" => {
                let value = good.headers[header].to_str().unwrap();
                (header, value.replace(&format!("t={NOW}"), &format!("t={}", NOW + 900)))
            }
            _ => ("webhook-timestamp", after),
        };
        later.headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(&value).unwrap());
        assert_eq!(later.at(&verifier, NOW + 900), Err(Refused::Wrong), "{kind}");
    }
}

#[test]
fn a_signed_address_is_that_of_the_configuration_with_the_query_as_it_came() {
    let hubspot = kinds().into_iter().find(|(kind, ..)| kind.contains("HubSpot"));
    let (_, verifier, good, _) = hubspot.unwrap();
    for query in [None, Some("shop=8"), Some("shop=7&a=1")] {
        let request = Request { query: query.map(str::to_owned), ..good.clone() };
        assert_eq!(request.at(&verifier, NOW), Err(Refused::Wrong), "{query:?}");
    }
    let verify: WebhookVerify = toml::from_str(HUBSPOT).unwrap();
    let error = Verifier::new(&verify, None, None, &SecretString::from(SECRET)).unwrap_err();
    assert!(error.contains("`public_url`"), "{error}");
}

#[test]
fn while_a_secret_is_changed_old_and_new_are_both_right() {
    let text = "kind = \"hmac_sha256\"\nheader = \"X-Sign\"\nencoding = \"base64\"\nsecret = \"s\"";
    let both = verifier(text, "the-new-one\n  the-old-one  \n\n");
    for (secret, expected) in [
        ("the-new-one", Ok(())),
        ("the-old-one", Ok(())),
        ("another", Err(Refused::Wrong)),
        ("", Err(Refused::Wrong)),
    ] {
        let request = Request::new(&[("x-sign", &sign(secret, BODY))], BODY);
        assert_eq!(request.at(&both, NOW), expected, "{secret}");
    }
}

#[test]
fn an_empty_secret_is_told_and_never_right() {
    let verify: WebhookVerify = toml::from_str("kind = \"bearer\"\nsecret = \"hook\"").unwrap();
    let error = Verifier::new(&verify, None, None, &SecretString::from(" \n ")).unwrap_err();
    assert!(error.contains("`hook` is empty"), "{error}");
    let verify: WebhookVerify = toml::from_str("kind = \"standard_webhooks\"\nsecret = \"hook\"").unwrap();
    for wrong in ["whsec_not base64!", "whsec_"] {
        let error = Verifier::new(&verify, None, None, &SecretString::from(wrong)).unwrap_err();
        assert!(error.contains("`hook` is not `whsec_` and base64"), "{error}");
        assert!(!error.contains("not base64!"), "{error}");
    }
}

/// GitHub's example of `X-Hub-Signature-256`, and the RFCs' of HMAC with the key "Jefe" (2202 and 4231, case 2).
#[test]
fn published_examples_verify() {
    let jefe = ("Jefe", &b"what do ya want for nothing?"[..]);
    let github = ("It's a Secret to Everybody", &b"Hello, World!"[..]);
    let cases = [
        ("hmac_sha256", github, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
        ("hmac_sha1", jefe, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("hmac_sha256", jefe, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            "hmac_sha512",
            jefe,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ];
    for (kind, (secret, body), signature) in cases {
        let text = format!(
            "kind = \"{kind}\"\nheader = \"X-Sign\"\nencoding = \"hex\"\nprefix = \"x=\"\nsecret = \"s\""
        );
        for written in [signature.to_owned(), signature.to_uppercase()] {
            let request = Request::new(&[("x-sign", &format!("x={written}"))], body);
            assert_eq!(request.at(&verifier(&text, secret), NOW), Ok(()), "{kind} {written}");
        }
    }
}

/// What a real WooCommerce sent.
fn recorded() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/fixtures/woocommerce/webhooks");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap()
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

#[test]
fn recorded_deliveries_verify_and_with_one_other_bit_they_do_not() {
    let definition = linkspan::connectors::shipped("woocommerce").unwrap().unwrap();
    let verify = &definition.webhooks.as_ref().unwrap().verify;
    let (mut signed, mut unsigned) = (0, 0);
    for delivery in recorded() {
        let secret = SecretString::from(delivery["secret"].as_str().unwrap());
        let verifier = Verifier::new(verify, None, None, &secret).unwrap();
        let headers: Vec<(&str, &str)> = delivery["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect();
        let request =
            Request::new(&headers, &STANDARD.decode(delivery["body_base64"].as_str().unwrap()).unwrap());
        if delivery["signature_verified"].is_null() {
            unsigned += 1;
            assert_eq!(request.at(&verifier, NOW), Err(Refused::Missing), "{}", delivery["seq"]);
            continue;
        }
        signed += 1;
        assert_eq!(request.at(&verifier, NOW), Ok(()), "{}", delivery["seq"]);
        // Some 60 bits of each body, spread over all of it, and every bit of the signature.
        for bit in (0..request.body.len() * 8).step_by(request.body.len() * 8 / 60 + 1) {
            let mut other = request.clone();
            other.body[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(other.at(&verifier, NOW), Err(Refused::Wrong), "{} bit {bit}", delivery["seq"]);
        }
        let signature = STANDARD.decode(request.headers["x-wc-webhook-signature"].as_bytes()).unwrap();
        for bit in 0..signature.len() * 8 {
            let (mut other, mut bytes) = (request.clone(), signature.clone());
            bytes[bit / 8] ^= 1 << (bit % 8);
            let value = HeaderValue::from_str(&STANDARD.encode(bytes)).unwrap();
            other.headers.insert("x-wc-webhook-signature", value);
            assert_eq!(other.at(&verifier, NOW), Err(Refused::Wrong), "{} bit {bit}", delivery["seq"]);
        }
    }
    assert_eq!((signed, unsigned), (40, 17));
}
