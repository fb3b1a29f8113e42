//! Webhooks with good, wrong and no signature, and one that comes twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use odoo_rpc::{Client, Record};
use serde_json::json;
use sha2::{Sha256, Sha512};

use super::VerifyError;
use super::checklist::{Checklist, Group};
use super::jobs::settle;
use super::module::Module;
use super::server::Server;
use super::subject::{Subject, text};

const G: Group = Group::Integration;
const RECEIVED: &str = "Webhooks received and processed (if applicable)";
const SIGNATURE: &str = "Webhook signature verification works";
const REPEATED: &str = "A repeated delivery is stored once";
const SECRET: &str = "verify-webhook-secret";
const BODY: &[u8] = br#"{"id": 1, "verify": true}"#;
const FIELDS: [&str; 8] = [
    "webhook_url",
    "webhook_kind",
    "webhook_header",
    "webhook_encoding",
    "webhook_prefix",
    "webhook_delivery_header",
    "webhook_topic_header",
    "webhook_max_bytes",
];

pub(super) async fn check(
    admin: &Client,
    server: &Server<'_>,
    module: &Module,
    subject: &Subject,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let skip = |list: &mut Checklist, why: &str| {
        for item in [RECEIVED, SIGNATURE, REPEATED] {
            list.skip(G, item, why);
        }
    };
    let (Some((model, id)), true) = (subject.made(), module.has_webhooks) else {
        skip(list, "the module takes no webhooks");
        return Ok(());
    };
    let mut secret = Record::new();
    secret.insert("webhook_secret".to_owned(), json!(SECRET));
    admin.write(model, &[id], secret).await?;
    let read = admin.read(model, &[id], &FIELDS).await?;
    let Some(backend) = read.first() else { return Ok(()) };
    let Some(good) = signature(backend) else {
        skip(list, "signatures of this kind cannot be made here; the module's own tests do");
        return Ok(());
    };
    let sender = Sender::new(server, backend)?;
    let domain = json!([["backend_id", "=", subject.generic]]);
    let before = admin.search_count("generic.webhook", &domain).await?;
    let wrong = sender.send(Some("wrong"), "verify-1").await?;
    let none = sender.send(None, "verify-1").await?;
    let refused = admin.search_count("generic.webhook", &domain).await? == before;
    let observed = format!("wrong: {wrong}, none: {none}, nothing stored: {refused}");
    list.note(G, SIGNATURE, wrong == 401 && none == 401 && refused, observed);
    let status = sender.send(Some(&good), "verify-1").await?;
    let repeat = sender.send(Some(&good), "verify-1").await?;
    let stored = admin.search_count("generic.webhook", &domain).await? - before;
    settle(admin).await?;
    let pending = json!([["backend_id", "=", subject.generic], ["processing_status", "=", "pending"]]);
    let open = admin.search_count("generic.webhook", &pending).await?;
    let observed = format!("{status}, {stored} stored, {open} left unprocessed");
    list.note(G, RECEIVED, (200..300).contains(&status) && stored > 0 && open == 0, observed);
    match text(backend, "webhook_delivery_header") {
        Some(_) => list.note(G, REPEATED, stored == 1, format!("second answer {repeat}, {stored} stored")),
        None => list.skip(G, REPEATED, "this sender gives its deliveries no id"),
    }
    Ok(())
}

/// Sends to the backend's own address.
struct Sender<'b> {
    http: reqwest::Client,
    url: url::Url,
    backend: &'b Record,
}

impl<'b> Sender<'b> {
    fn new(server: &Server<'_>, backend: &'b Record) -> Result<Sender<'b>, VerifyError> {
        // Odoo shows it with the address that people use; the path is what counts.
        let shown = text(backend, "webhook_url").unwrap_or_default();
        let url = url::Url::parse(shown).and_then(|address| server.url.join(address.path()));
        let url = url.map_err(|error| {
            VerifyError::Options(format!("the backend's webhook address is \"{shown}\": {error}"))
        })?;
        Ok(Sender { http: reqwest::Client::new(), url, backend })
    }

    async fn send(&self, signature: Option<&str>, delivery: &str) -> Result<u16, VerifyError> {
        let mut request =
            self.http.post(self.url.clone()).header("Content-Type", "application/json").body(BODY);
        let kind = text(self.backend, "webhook_kind");
        let header =
            if kind == Some("basic") { Some("Authorization") } else { text(self.backend, "webhook_header") };
        if let (Some(header), Some(signature)) = (header, signature) {
            request = request.header(header, signature);
        }
        for (field, value) in
            [("webhook_delivery_header", delivery), ("webhook_topic_header", "linkspan.verify")]
        {
            if let Some(header) = text(self.backend, field) {
                request = request.header(header, value);
            }
        }
        let sent = request.send().await;
        let failed = |error: reqwest::Error| VerifyError::Io {
            what: "a webhook could not be sent".to_owned(),
            error: std::io::Error::other(error),
        };
        Ok(sent.map_err(failed)?.status().as_u16())
    }
}

/// The header of a webhook that is signed as the backend expects.
fn signature(backend: &Record) -> Option<String> {
    let prefix = text(backend, "webhook_prefix").unwrap_or_default();
    let mac = match text(backend, "webhook_kind")? {
        "token" => return Some(format!("{prefix}{SECRET}")),
        "basic" => return Some(format!("Basic {}", STANDARD.encode(SECRET))),
        "hmac_sha256" => Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())
            .ok()?
            .chain_update(BODY)
            .finalize()
            .into_bytes()
            .to_vec(),
        "hmac_sha512" => Hmac::<Sha512>::new_from_slice(SECRET.as_bytes())
            .ok()?
            .chain_update(BODY)
            .finalize()
            .into_bytes()
            .to_vec(),
        _ => return None,
    };
    let encoded = match text(backend, "webhook_encoding")? {
        "base64" => STANDARD.encode(mac),
        _ => mac.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    Some(format!("{prefix}{encoded}"))
}
