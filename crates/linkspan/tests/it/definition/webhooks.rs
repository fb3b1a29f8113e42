//! `[webhooks]`: every way that it can be written, and what is wrong with those that are not.

use linkspan::definition::{self, Report};

use super::SKETCH;

/// The sketch with other webhooks, and the secrets that they name.
fn sketch(webhooks: &str) -> String {
    let (before, _) = SKETCH.split_once("[webhooks]").expect("the sketch has webhooks");
    let before = before.replacen("[secrets]", "[secrets]\nhook = { title = \"Hook\", optional = true }", 1);
    // The sketch's own secret is nobody's then.
    let before: String = before
        .lines()
        .filter(|line| !line.starts_with("webhook_secret"))
        .fold(String::new(), |text, line| text + line + "\n");
    format!("{before}{webhooks}\n")
}

fn problems(webhooks: &str) -> Report {
    match definition::parse(&sketch(webhooks), "connector.toml", None) {
        Ok(checked) => Report::new(checked.findings),
        Err(report) => report,
    }
}

#[test]
fn every_kind_of_signature_can_be_written() {
    for verify in [
        r#"kind = "hmac_sha256", header = "X-S", encoding = "hex", prefix = "sha256=", secret = "hook""#,
        r#"kind = "hmac_sha1", header = "X-S", encoding = "base64", secret = "hook""#,
        r#"kind = "hmac_sha512", header = "X-S", encoding = "hex", secret = "hook""#,
        r#"kind = "hmac_message", header = "X-S", encoding = "hex", prefix = "v0=", message = "v0:{time}:{body}", time_header = "X-T", secret = "hook""#,
        r#"kind = "hmac_message", hash = "sha1", header = "X-S", encoding = "base64", message = "{body}{url}", secret = "hook""#,
        r#"kind = "standard_webhooks", secret = "hook""#,
        r#"kind = "stripe", secret = "hook", tolerance_secs = 60"#,
        r#"kind = "basic", username = "store_url", password = "hook""#,
        r#"kind = "bearer", secret = "hook""#,
        r#"kind = "token", header = "X-Token", secret = "hook""#,
        r#"kind = "token", query = "token", secret = "hook""#,
    ] {
        let report = problems(&format!("[webhooks]\nverify = {{ {verify} }}"));
        assert!(report.diagnostics.is_empty(), "{verify}\n{report}");
    }
}

#[test]
fn places_pings_topics_and_subscriptions_can_be_written() {
    let report = problems(
        r#"[webhooks]
verify = { kind = "bearer", secret = "hook" }
delivery_id = { path = "id" }
topic = { path = "type" }
each = "notifications[].events[]"
ping = [
  { form = "webhook_id" },
  { path = "challenge", echo = true },
  { method = "GET", query = "hub.challenge", echo = true, secret_query = "hub.verify_token", secret = "hook" },
]
[webhooks.topics]
"order.updated" = { import = "order", id = "data.object.id" }
"order.seen" = { ignore = true }
[webhooks.subscriptions]
list = "list_orders"
create = "create_product"
update = "update_product"
id = "id"
topic = "topic"
address = "url"
status = "status"
active = "on"
switch_on = { disabled = false }
fields = { name = "Linkspan", retry = true }
wrap = "webhook"
"#,
    );
    assert!(report.diagnostics.is_empty(), "{report}");
}

#[test]
fn what_is_wrong_with_webhooks_is_told() {
    let message = |message: &str, time: &str| {
        format!(
            "[webhooks]\nverify = {{ kind = \"hmac_message\", header = \"X-S\", encoding = \"hex\", {time}\
             message = \"{message}\", secret = \"hook\" }}"
        )
    };
    let bearer = "[webhooks]\nverify = { kind = \"bearer\", secret = \"hook\" }\n";
    let topic = "topic = { header = \"X-T\" }\n[webhooks.topics]\n";
    let subscriptions = "[webhooks.subscriptions]\nlist = \"list_orders\"\ncreate = \"create_product\"\nid = \"id\"\n\
                         topic = \"topic\"\naddress = \"url\"\n";
    for (webhooks, expected) in [
        ("[webhooks]\nverify = { kind = \"hmac_md5\", secret = \"hook\" }".to_owned(), "hmac_md5"),
        (
            "[webhooks]\nverify = { kind = \"token\", secret = \"hook\" }".to_owned(),
            "none of `header`, `query`",
        ),
        (
            "[webhooks]\nverify = { kind = \"token\", header = \"a\", query = \"b\", secret = \"hook\" }"
                .to_owned(),
            "at once",
        ),
        (
            "[webhooks]\nverify = { kind = \"stripe\", secret = \"hook\", tolerance_secs = 0 }".to_owned(),
            "is 0",
        ),
        (message("{time}{body}", ""), "`{time}` needs `time_header`"),
        (message("{body}", "time_header = \"X-T\", "), "needs `{time}` in `message`"),
        (message("{time}", "time_header = \"X-T\", "), "`{body}` is not signed"),
        (message("{body}{path}", ""), "`{path}` is nothing that can be signed"),
        (message("{body", ""), "is not closed"),
        (
            "[webhooks]\nverify = { kind = \"basic\", username = \"who\", password = \"hook\" }".to_owned(),
            "`who`",
        ),
        (format!("{bearer}delivery_id = {{}}"), "none of `header`, `path`"),
        (format!("{bearer}topic = {{ header = \"a\", path = \"b\" }}"), "at once"),
        (format!("{bearer}{topic}\"a\" = {{ import = \"order\" }}"), "needs `id`"),
        (format!("{bearer}{topic}\"a\" = {{ id = \"id\" }}"), "needs `import`"),
        (
            format!("{bearer}{topic}\"a\" = {{ import = \"order\", id = \"id\", ignore = true }}"),
            "is ignored and imports",
        ),
        (format!("{bearer}each = \"events\"\n{topic}"), "names no list"),
        (format!("{bearer}each = \"events[]\""), "`each` needs `topics`"),
        (format!("{bearer}ping = [{{ echo = true }}]"), "none of `form`, `path`, `query`"),
        (format!("{bearer}ping = [{{ method = \"GET\", form = \"a\" }}]"), "a GET has no body"),
        (
            format!("{bearer}ping = [{{ query = \"a\", secret_query = \"b\" }}]"),
            "`secret_query` needs `secret`",
        ),
        (format!("{bearer}{subscriptions}"), "could not be repaired"),
        (format!("{bearer}{subscriptions}update = \"create_product\""), "no `{id}`"),
        (format!("{bearer}{subscriptions}delete = \"nothing\""), "no operation `nothing`"),
        (
            format!("{bearer}{subscriptions}update = \"update_product\"\nstatus = \"s\""),
            "`status` needs `active`",
        ),
        (
            format!("{bearer}{subscriptions}update = \"update_product\"\nswitch_on = {{ disabled = false }}"),
            "`switch_on` needs `status`",
        ),
        (
            format!(
                "{bearer}{subscriptions}update = \"update_product\"\nstatus = \"s\"\nactive = \"on\"\nswitch_on = {{}}"
            ),
            "`switch_on` needs `delete`",
        ),
    ] {
        let report = problems(&webhooks);
        let text = report.to_string();
        assert!(text.contains(expected), "{webhooks}\n{text}");
    }
}
