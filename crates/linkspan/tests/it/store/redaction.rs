use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use linkspan::store::redact::Redactor;
use proptest::prelude::*;
use secrecy::SecretString;

const KEY: &str = "ck_9f8e7d6c5b4a";
const SECRET: &str = "p@ss/wörd+\"<1>\\&";

fn redactor() -> Redactor {
    let secrets: Vec<SecretString> = [KEY, SECRET].map(SecretString::from).into();
    Redactor::new(&secrets, ["X-Shop-Pass"])
}

fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn a_secret_in_a_query_is_masked_by_name_and_by_value() {
    let cases = [
        (
            "https://s.example/wc/v3/products?consumer_key=any&page=2",
            "https://s.example/wc/v3/products?consumer_key=***&page=2",
        ),
        (
            "https://s.example/?page=2&X%2Dshop_pass=any#access_token=any",
            "https://s.example/?page=2&X%2Dshop_pass=***#access_token=***",
        ),
        ("https://s.example/?q=ck_9f8e7d6c5b4a", "https://s.example/?q=***"),
        ("https://user:pw@s.example/p?a=b@c", "https://***@s.example/p?a=b@c"),
        ("https://s.example/hook/ck%5F9f8e7d6c5b4a/x", "https://s.example/hook/***/x"),
        ("https://s.example/products?search=key&token", "https://s.example/products?search=key&token"),
        ("/relative?password=", "/relative?password="),
    ];
    for (url, expected) in cases {
        assert_eq!(redactor().url(url), expected);
    }
    let encoded = format!("https://s.example/?q={}&page=2", percent_encoded(SECRET));
    assert_eq!(redactor().url(&encoded), "https://s.example/?q=***&page=2");
    let twice = format!("https://s.example/?next={}", percent_encoded(&percent_encoded(SECRET)));
    assert_eq!(redactor().url(&twice), "https://s.example/?next=***");
}

#[test]
fn a_secret_header_keeps_its_scheme_only() {
    let basic = format!("Basic {}", STANDARD.encode(format!("{KEY}:{SECRET}")));
    assert_eq!(redactor().header("authorization", &basic), "Basic ***");
    assert_eq!(redactor().header("Authorization", "Bearer anything"), "Bearer ***");
    assert_eq!(redactor().header("X_Shop_pass", "a b"), "***");
    assert_eq!(redactor().header("Set-Cookie", "session_id=1; Path=/"), "***");
    assert_eq!(redactor().header("X-Trace", &format!("1-{KEY}-2")), "1-***-2");
    assert_eq!(redactor().header("Accept", "application/json"), "application/json");
}

#[test]
fn a_secret_in_base64_is_found_at_every_place() {
    for user in ["", "u", "us", "use", "user@example.com"] {
        for text in [format!("{user}:{KEY}"), format!("{user}:{KEY}:x"), format!("{KEY}{user}")] {
            let standard = STANDARD.encode(&text);
            let url_safe = URL_SAFE_NO_PAD.encode(&text);
            assert_eq!(redactor().text(&format!("sent <{standard}>.")), "sent <***>.", "{text}");
            assert_eq!(redactor().text(&format!("sent <{url_safe}>.")), "sent <***>.", "{text}");
            let in_url = format!("https://s.example/?a={}", percent_encoded(&standard));
            assert_eq!(redactor().url(&in_url), "https://s.example/?a=***", "{text}");
        }
    }
}

#[test]
fn anybodys_basic_credentials_are_masked_but_not_the_word() {
    let line = format!("401 for Authorization: Basic {}", STANDARD.encode("admin:admin"));
    assert_eq!(redactor().text(&line), "401 for Authorization: Basic ***");
    assert_eq!(redactor().text("A basic subscription, Basic T-shirt"), "A basic subscription, Basic T-shirt");
}

#[test]
fn a_secret_in_a_body_is_masked_in_each_spelling() {
    let rpc = serde_json::json!({"params": {"args": ["db", 2, SECRET, "product.product"]}}).to_string();
    assert_eq!(redactor().body(&rpc), r#"{"params":{"args":["db",2,"***","product.product"]}}"#);
    let php = rpc.replace('/', "\\/").replace('ö', "\\u00f6").replace('<', "\\u003C");
    assert_eq!(redactor().body(&php), r#"{"params":{"args":["db",2,"***","product.product"]}}"#);
    let nested = serde_json::json!({"raw": rpc}).to_string();
    assert!(
        redactor().body(&nested).contains("***") && !redactor().body(&nested).contains("rd+"),
        "{nested}"
    );
    let xml = "<string>p@ss/w&#xF6;rd+&quot;&lt;1&gt;\\&amp;</string>";
    assert_eq!(redactor().body(xml), "<string>***</string>");
    let form = format!("login=admin&password=other&note={}", percent_encoded(SECRET));
    assert_eq!(redactor().body(&form), "login=admin&password=***&note=***");
}

#[test]
fn named_values_of_json_are_masked_whatever_they_are() {
    let cases = [
        (r#"{"Access-Token" : "any\"thing", "name": "x"}"#, r#"{"Access-Token" : "***", "name": "x"}"#),
        (r#"{"token":12345,"a":{"password":null}}"#, r#"{"token":***,"a":{"password":***}}"#),
        (r#"{"a":"token","b":"password: x"}"#, r#"{"a":"token","b":"password: x"}"#),
        (r#"{"password":"cut off he"#, r#"{"password":"***"#),
        (r#"{"token":{"secret":"x"},"cookie":["y"]}"#, r#"{"token":{"secret":"***"},"cookie":["y"]}"#),
        (
            r#"{"access_token":"x","expires_in":60,"refresh_token":"y","shop":{"name":"z","secret":"z"}}"#,
            r#"{"access_token":"***","expires_in":60,"refresh_token":"***","shop":{"name":"z","secret":"***"}}"#,
        ),
        (r#"{"token":"","password":"x","api_key":""}"#, r#"{"token":"","password":"***","api_key":""}"#),
        (r#"{"password"#, r#"{"password"#),
        (r#"""#, r#"""#),
    ];
    for (body, expected) in cases {
        assert_eq!(redactor().body(body), expected);
    }
}

#[test]
fn a_secret_across_the_cut_leaves_no_part_behind() {
    for encoded in [SECRET.to_owned(), serde_json::json!(SECRET).to_string(), STANDARD.encode(SECRET)] {
        for start in 80..=101 {
            let body = format!("{}{encoded}{}", "x ".repeat(start / 2), " y".repeat(500));
            let clipped = redactor().clipped_body(&body, 100);
            assert!(!clipped.contains(&encoded[..3]), "{clipped}");
            assert!(
                clipped.len() < 130 && clipped.ends_with(&format!("... ({} bytes)", body.len())),
                "{clipped}"
            );
        }
    }
    assert_eq!(redactor().clipped_body("short", 100), "short");
}

#[test]
fn texts_without_secrets_stay_as_they_are() {
    for text in
        ["", "%", "%4", "100% done & <b>ö</b>", "\\u12", "&#xffffffff;", "a=b&c=%zz", "سلام", "\\ud800\\u0041"]
    {
        assert_eq!(redactor().text(text), text);
        assert_eq!(redactor().body(text), text);
        assert_eq!(redactor().url(text), text);
    }
}

#[test]
fn a_redactor_shows_no_secret_of_its_own() {
    let shown = format!("{:?}", redactor());
    assert!(!shown.contains("ck_") && shown.starts_with("Redactor"), "{shown}");
}

#[test]
fn short_and_empty_secrets_leave_texts_readable() {
    let secrets = ["", "a", "  \n", "abc"].map(SecretString::from);
    assert_eq!(Redactor::new(&secrets, []).text("an abc"), "an abc");
    assert_eq!(Redactor::new(&["secret-value\n".into()], []).text("is secret-value."), "is ***.");
}

/// Each character plain or in the given spelling; those that begin a spelling are never plain.
fn spelled(text: &str, choices: &[u8], spell: fn(char) -> String) -> String {
    text.chars()
        .zip(choices.iter().cycle())
        .map(|(c, choice)| if choice % 2 == 0 && !"%\\&".contains(c) { c.to_string() } else { spell(c) })
        .collect()
}

proptest! {
    #[test]
    fn no_mixture_of_spellings_gets_through(
        secret in "[!-~äß漢🚢]{4,20}", before in "\\PC{0,12}", after in "\\PC{0,12}",
        choices in proptest::collection::vec(any::<u8>(), 1..20), way in 0..3_usize,
    ) {
        let ways: [fn(char) -> String; 3] = [
            |c| c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
            |c| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect(),
            |c| format!("&#{};", u32::from(c)),
        ];
        let hidden = spelled(&secret, &choices, ways[way]);
        let redactor = Redactor::new(&[SecretString::from(secret.clone())], []);
        let shown = redactor.text(&format!("{before} {hidden} {after}"));
        prop_assert_eq!(shown, format!("{} *** {}", redactor.text(&before), redactor.text(&after)));
    }

    #[test]
    fn nothing_breaks_on_any_text(text in "\\PC{0,60}") {
        let redactor = redactor();
        redactor.text(&text);
        redactor.url(&text);
        redactor.body(&text);
        redactor.clipped_body(&text, 7);
    }
}
