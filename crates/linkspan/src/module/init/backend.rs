//! The backend of a definition: its fields, its defaults, its credentials, its webhooks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::auth::{AuthKind, LoginView};
use super::entity::Translator;
use super::operation;
use super::python::{flag_text, list, long_text, scalar, text};
use crate::definition::auth::Auth;
use crate::definition::model::{Format, LimitScope, Paths, Secret, Setting, SettingType};
use crate::definition::webhooks::{Ping, PingMethod, Place, SignatureEncoding, WebhookVerify};

/// The backend, ready for templates.
#[derive(Debug, Default, Serialize)]
pub(super) struct BackendView {
    /// Settings: name, kind of field, arguments.
    pub(super) settings: Vec<SettingView>,
    /// Field of a generic backend -> Python.
    pub(super) defaults: Vec<(String, String)>,
    /// Python of the address, made of the settings; none when the operator gives the address itself.
    pub(super) base_url: Option<String>,
    /// Settings that the address is made of.
    pub(super) base_url_settings: Vec<String>,
    pub(super) credentials: Vec<CredentialView>,
    /// Whether users have to allow access in a browser.
    pub(super) authorize: bool,
    /// Whether requests carry a token that is asked for.
    pub(super) asks_for_tokens: bool,
    /// The login that gives tokens.
    pub(super) login: Option<LoginView>,
    /// The setting that is the user name of webhooks with HTTP Basic.
    pub(super) webhook_username: Option<String>,
    /// Fields of its own, with secrets that nothing but headers carry.
    pub(super) header_secrets: Vec<SecretView>,
    /// Secret of the definition -> field that authentication has for it.
    #[serde(skip)]
    pub(super) holders: BTreeMap<String, String>,
    /// Headers of every request, with names of fields.
    #[serde(skip)]
    pub(super) headers: BTreeMap<String, String>,
    /// Attributes of the adapter of all entities.
    pub(super) adapter: Vec<(String, String)>,
    pub(super) error_classes: Vec<&'static str>,
    pub(super) verify_endpoint: Option<String>,
    pub(super) topics: Vec<TopicView>,
    pub(super) concurrency: Option<u32>,
    #[serde(skip)]
    pub(super) pagers: BTreeSet<&'static str>,
}

impl BackendView {
    /// A field for a secret in headers; its name.
    fn header_secret(&mut self, name: &str, secret: &Secret) -> String {
        // Another name than the fields of all backends have.
        let field = format!("header_{name}");
        let mut arguments = vec![format!("string={}", text(&secret.title))];
        arguments.extend(secret.help.as_ref().map(|help| format!("help={}", long_text(help))));
        self.header_secrets.push(SecretView { field: field.clone(), arguments: arguments.join(", ") });
        self.credentials.push(CredentialView::of(&field, None, true));
        field
    }
}

/// A field with a secret that headers carry.
#[derive(Debug, Serialize)]
pub(super) struct SecretView {
    pub(super) field: String,
    arguments: String,
}

/// One setting.
#[derive(Debug, Serialize)]
pub(super) struct SettingView {
    pub(super) name: String,
    /// Class in `odoo.fields`.
    pub(super) field: &'static str,
    pub(super) arguments: String,
    /// A value for tests.
    pub(super) sample: String,
    pub(super) is_url: bool,
    pub(super) required: bool,
}

/// A field with a credential, and how this external system calls it.
#[derive(Debug, Serialize, Clone)]
pub(super) struct CredentialView {
    pub(super) field: String,
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
    pub(super) secret: bool,
}

impl CredentialView {
    /// A field with a secret of the definition, if it has one.
    pub(super) fn of(field: &str, secret: Option<&Secret>, hide: bool) -> CredentialView {
        CredentialView {
            field: field.to_owned(),
            label: secret.map(|secret| secret.title.clone()),
            help: secret.and_then(|secret| secret.help.clone()),
            secret: hide,
        }
    }
}

/// A topic of webhooks.
#[derive(Debug, Serialize)]
pub(super) struct TopicView {
    pub(super) topic: String,
    pub(super) entity: String,
    pub(super) id_path: String,
    pub(super) method: String,
}

impl Translator<'_> {
    pub(super) fn backend(
        &mut self,
        auth_kind: Option<AuthKind>,
        entities: &BTreeSet<String>,
    ) -> BackendView {
        let mut view = BackendView::default();
        let definition = self.definition;
        let login = match &definition.auth {
            Auth::Basic { username, .. } if auth_kind.is_none() => Some(username.as_str()),
            _ => None,
        };
        for (name, setting) in &definition.settings {
            if Some(name.as_str()) == login {
                self.refuse(
                    "auth.username",
                    "a module keeps the user name among its credentials; declare it under `secrets`",
                );
            }
            view.settings.push(setting_view(name, setting));
        }
        self.base_url(&mut view);
        self.auth(&mut view, auth_kind);
        self.limits(&mut view);
        self.adapter_of_all(&mut view);
        self.webhooks(&mut view, entities);
        let overlaps =
            definition.entities.values().filter_map(|entity| entity.import.as_ref()?.since.as_ref());
        if let Some(longest) = overlaps.map(|since| since.overlap_ms.div_ceil(1_000)).max() {
            view.defaults.push(("overlap".to_owned(), longest.to_string()));
        }
        let seconds = definition.http.timeout_ms.div_ceil(1_000);
        view.defaults.push(("timeout".to_owned(), seconds.to_string()));
        view.defaults.sort();
        view
    }

    fn base_url(&mut self, view: &mut BackendView) {
        let address = self.definition.http.base_url.as_str();
        let used: Vec<String> = self
            .definition
            .settings
            .keys()
            .filter(|name| address.contains(&format!("{{{name}}}")))
            .cloned()
            .collect();
        if used.is_empty() {
            view.defaults.push(("base_url".to_owned(), text(address)));
            return;
        }
        let mut code = text(address);
        for name in &used {
            let slash = self.definition.settings[name].kind == SettingType::Url;
            let value = if slash {
                format!("{{(backend.{name} or '').rstrip('/')}}")
            } else {
                format!("{{backend.{name} or ''}}")
            };
            code = code.replace(&format!("{{{name}}}"), &value);
        }
        view.base_url = Some(format!("f{code}"));
        view.base_url_settings = used;
    }

    fn limits(&mut self, view: &mut BackendView) {
        for (position, limit) in self.definition.limits.iter().enumerate() {
            let key = format!("limits[{position}]");
            if position > 0 {
                self.refuse(&key, "a module keeps one limit for each backend; write the strictest one only");
                continue;
            }
            if limit.scope == LimitScope::Host {
                self.refuse(
                    &format!("{key}.scope"),
                    "a module counts requests of one backend, not of a host",
                );
            }
            for (name, used) in [
                ("remaining_header", limit.remaining_header.is_some()),
                ("reset_header", limit.reset_header.is_some()),
            ] {
                if used {
                    let reason = "a module understands the header Retry-After only";
                    self.refuse(&format!("{key}.{name}"), reason);
                }
            }
            let period = limit.per_ms as f64 / 1_000.0;
            view.defaults.push(("rate_limit".to_owned(), limit.rate.to_string()));
            view.defaults.push(("rate_period".to_owned(), format!("{period:?}")));
            if let Some(burst) = limit.burst {
                view.defaults.push(("rate_burst".to_owned(), burst.to_string()));
            }
            view.concurrency = limit.concurrency;
        }
    }

    fn adapter_of_all(&mut self, view: &mut BackendView) {
        let http = &self.definition.http;
        match http.format {
            Format::Json => {}
            Format::Form => view.adapter.push(("_format".to_owned(), text("form"))),
            Format::Xml => view.adapter.push(("_format".to_owned(), text("xml"))),
        }
        if !http.lists.is_empty() {
            view.adapter.push(("_lists".to_owned(), list(&http.lists)));
        }
        self.headers(view);
        for (name, code) in [
            ("_error_code_path", http.error_code.as_deref().map(text)),
            ("_error_message_path", http.error_message.as_ref().map(paths)),
            ("_error_if", http.error_if.as_ref().map(operation::error_if)),
        ] {
            view.adapter.extend(code.map(|code| (name.to_owned(), code)));
        }
        let mut classes = BTreeSet::new();
        let mut rules = Vec::new();
        for rule in &self.definition.errors {
            let class = operation::error_class(rule.class);
            classes.insert(class);
            let none = || "None".to_owned();
            let status = rule.when.status.map_or_else(none, |status| status.to_string());
            let code = rule.when.code.as_ref().map_or_else(none, |code| text(code));
            let hint = rule.hint.as_ref().map_or_else(none, |hint| format!("({})", long_text(hint)));
            rules.push(format!("({status}, {code}, {class}, {hint})"));
        }
        if !rules.is_empty() {
            view.adapter.push(("_error_rules".to_owned(), format!("[{},]", rules.join(", "))));
        }
        view.error_classes = classes.into_iter().collect();
        let verify = self.definition.auth.verify().and_then(|name| self.definition.operations.get(name));
        if let Some(verify) = verify {
            let code = operation::code(verify, &mut view.pagers);
            view.adapter.push(("_verify".to_owned(), code));
            view.verify_endpoint = Some(verify.path.clone());
        }
    }

    pub(super) fn stands_in_headers(&self, name: &str) -> bool {
        let place = format!("{{{name}}}");
        self.definition.http.headers.values().any(|value| value.contains(&place))
    }

    /// The headers of every request. A secret in them stands in the field that has it anyway, or in one of its own.
    fn headers(&mut self, view: &mut BackendView) {
        let mut fields = BTreeMap::new();
        let mut needed = Vec::new();
        for (name, secret) in &self.definition.secrets {
            if !self.stands_in_headers(name) {
                continue;
            }
            let held = view.holders.get(name).cloned();
            let field = held.unwrap_or_else(|| view.header_secret(name, secret));
            needed.push(format!("{}: {}", text(&field), flag_text(!secret.optional)));
            fields.insert(name.as_str(), field);
        }
        let headers = self.definition.http.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), renamed(value, &fields))).collect();
        view.headers = headers;
        if !view.headers.is_empty() {
            view.adapter.push(("_headers".to_owned(), operation::texts(&view.headers)));
        }
        if !needed.is_empty() {
            view.adapter.push(("_header_secrets".to_owned(), format!("{{{}}}", needed.join(", "))));
        }
    }

    fn webhooks(&mut self, view: &mut BackendView, entities: &BTreeSet<String>) {
        let Some(webhooks) = &self.definition.webhooks else { return };
        self.verify(view, &webhooks.verify);
        for (name, key, place) in [
            ("webhook_delivery_header", "webhooks.delivery_id", &webhooks.delivery_id),
            ("webhook_topic_header", "webhooks.topic", &webhooks.topic),
        ] {
            match place {
                Some(Place { header: Some(header), .. }) => {
                    view.defaults.push((name.to_owned(), text(header)))
                }
                Some(_) => self.refuse(key, "a module reads it from a header, not from the body"),
                None => {}
            }
        }
        if webhooks.each.is_some() {
            self.refuse("webhooks.each", "a module reads one record from a delivery, not a list of events");
        }
        self.pings(view, &webhooks.ping);
        // What a topic without an entity sends is stored and processed by nobody, as an ignored one should be.
        let importing = webhooks.topics.iter().filter_map(|(topic, what)| {
            Some((
                topic,
                what.import.as_ref().filter(|import| entities.contains(*import))?,
                what.id.as_ref()?,
            ))
        });
        for (topic, import, id) in importing {
            let plain =
                view.topics.iter().all(|other: &TopicView| other.entity != *import || other.id_path == *id);
            let suffix =
                if plain { String::new() } else { format!("_{}", topic.replace(['.', '/', '-'], "_")) };
            view.topics.push(TopicView {
                topic: topic.clone(),
                entity: import.clone(),
                id_path: id.clone(),
                method: format!("_on_{import}{suffix}"),
            });
        }
    }

    fn verify(&mut self, view: &mut BackendView, verify: &WebhookVerify) {
        let secrets = &self.definition.secrets;
        let credential = |field, name: &str, hide| CredentialView::of(field, secrets.get(name), hide);
        let hmac = |kind, header, encoding, prefix| (kind, Some(header), Some(encoding), prefix);
        let (kind, header, encoding, prefix) = match verify {
            WebhookVerify::HmacSha256 { header, encoding, prefix, .. } => {
                hmac("hmac_sha256", header.as_str(), *encoding, prefix.as_deref())
            }
            WebhookVerify::HmacSha1 { header, encoding, prefix, .. } => {
                hmac("hmac_sha1", header.as_str(), *encoding, prefix.as_deref())
            }
            WebhookVerify::HmacSha512 { header, encoding, prefix, .. } => {
                hmac("hmac_sha512", header.as_str(), *encoding, prefix.as_deref())
            }
            WebhookVerify::Basic { username, .. } => {
                if secrets.contains_key(username) {
                    view.credentials.push(credential("webhook_username", username, false));
                } else {
                    view.webhook_username = Some(username.clone());
                }
                ("basic", None, None, None)
            }
            WebhookVerify::Bearer { .. } => ("token", Some("Authorization"), None, Some("Bearer ")),
            WebhookVerify::Token { header: Some(header), .. } => ("token", Some(header.as_str()), None, None),
            WebhookVerify::Token { .. } => {
                let reason = "a module reads a token from a header, not from the query";
                return self.refuse("webhooks.verify.query", reason);
            }
            WebhookVerify::HmacMessage { .. }
            | WebhookVerify::StandardWebhooks { .. }
            | WebhookVerify::Stripe { .. } => {
                let reason = "a module cannot check this kind of signature; write the check in Python by \
                              overriding `_webhook_signed_message`, or use the service";
                return self.refuse("webhooks.verify.kind", reason);
            }
        };
        view.credentials.push(credential("webhook_secret", verify.secret(), true));
        let mut default = |name: &str, value: &str| view.defaults.push((name.to_owned(), text(value)));
        default("webhook_kind", kind);
        if let Some(header) = header {
            default("webhook_header", header);
        }
        if let Some(encoding) = encoding {
            default("webhook_encoding", if encoding == SignatureEncoding::Base64 { "base64" } else { "hex" });
        }
        if let Some(prefix) = prefix {
            default("webhook_prefix", prefix);
        }
    }

    fn pings(&mut self, view: &mut BackendView, pings: &[Ping]) {
        for (position, ping) in pings.iter().enumerate() {
            let key = format!("webhooks.ping[{position}]");
            let plain = ping.method == PingMethod::Post && !ping.echo && ping.secret.is_none();
            match &ping.form {
                Some(form) if position == 0 && plain && ping.value.is_none() => {
                    view.defaults.push(("webhook_ping_field".to_owned(), text(form)));
                }
                _ => {
                    self.refuse(&key, "a module answers one ping only, which is a form with a certain field")
                }
            }
        }
    }
}

/// A header whose `{secret}`s are those of the fields that hold them.
fn renamed(value: &str, fields: &BTreeMap<&str, String>) -> String {
    let part = |part: &str| {
        let found = part.split_once('}').and_then(|(name, rest)| Some((fields.get(name)?, rest)));
        found.map_or_else(|| part.to_owned(), |(field, rest)| format!("{field}}}{rest}"))
    };
    value.split('{').map(part).collect::<Vec<_>>().join("{")
}

fn paths(paths: &Paths) -> String {
    match paths {
        Paths::One(path) => text(path),
        Paths::Several(paths) => list(paths),
    }
}

fn setting_view(name: &str, setting: &Setting) -> SettingView {
    let mut arguments = vec![format!("string={}", text(&setting.title))];
    let field = match setting.kind {
        SettingType::Url | SettingType::Text => "Char",
        SettingType::Integer => "Integer",
        SettingType::Boolean => "Boolean",
    };
    // Odoo shows 0 for no number, so a number that may be missing cannot be told from 0: it is not required.
    let required = !setting.optional && field == "Char";
    if required {
        arguments.push("required=True".to_owned());
    }
    if let Some(default) = &setting.default {
        arguments.push(format!("default={}", scalar(default)));
    }
    if let Some(help) = &setting.help {
        arguments.push(format!("help={}", long_text(help)));
    }
    let sample = match (&setting.default, setting.kind) {
        (Some(default), _) => scalar(default),
        (None, SettingType::Integer) => "1".to_owned(),
        (None, SettingType::Boolean) => flag_text(false).to_owned(),
        (None, SettingType::Url | SettingType::Text) => text("test"),
    };
    SettingView {
        name: name.to_owned(),
        field,
        arguments: arguments.join(", "),
        sample,
        is_url: setting.kind == SettingType::Url,
        required,
    }
}
