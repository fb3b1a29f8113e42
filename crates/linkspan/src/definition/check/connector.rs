//! The connector itself: version, names, settings, authentication, limits, errors.

use super::Check;
use super::operation::scan;
use crate::config::fitted;
use crate::definition::model::{Scalar, SettingType};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Node;

impl<'a> Check<'a> {
    pub(super) fn connector(&mut self) {
        if let Some(schema) = self.root.get("schema").filter(|node| node.integer().is_some_and(|n| n != 1)) {
            let message = "this linkspan reads only version 1 of the definition language";
            let help = "Write `schema = 1`; a later version needs a newer linkspan.";
            self.error(codes::SCHEMA_VERSION, schema, message, help);
        }
        if let Some(connector) = self.root.get("connector") {
            if let Some((node, id)) = connector.get("id").and_then(|node| Some((node, node.text()?))) {
                self.name("id of a connector, which is part of external ids in Odoo", id, node.span());
            }
            // It stands in comments and docstrings of the generated Python, which a definition must not add code to.
            if let Some(title) = connector.get("title").filter(|v| v.text().is_some_and(|v| !is_title(v))) {
                let message = "a title is one line, without `\\` and `\"\"\"`";
                self.error(codes::BAD_VALUE, title, message, "Write the system's name, as people say it.");
            }
            if let Some(version) =
                connector.get("version").filter(|v| v.text().is_some_and(|v| !is_version(v)))
            {
                let message = "a version has three numbers";
                self.error(codes::BAD_VALUE, version, message, "Write for example \"1.0.0\".");
            }
        }
        for (table, what) in [
            ("settings", "name of a setting"),
            ("secrets", "name of a secret"),
            ("operations", "name of an operation"),
            ("entities", "name of an entity, which is part of external ids in Odoo"),
        ] {
            for (name, node) in self.root.members_of(table) {
                self.name(what, name, node.key_span());
            }
        }
        self.settings();
        self.auth();
        self.http();
        self.limits();
        self.error_rules();
    }

    fn settings(&mut self) {
        for (name, setting) in self.root.members_of("settings") {
            if let Some(secret) = self.root.get("secrets").and_then(|secrets| secrets.get(name)) {
                let message = format!("`{name}` is a setting and a secret");
                let problem =
                    Diagnostic::error(codes::DUPLICATE_NAME, self.source, secret.key_span(), message)
                        .help("Give one of them another name.")
                        .related(setting.key_span(), "the setting");
                self.problems.push(problem);
            }
            let (Some(default), Some(kind)) = (setting.get("default"), setting_type(setting)) else {
                continue;
            };
            if let Some(scalar) = scalar(default)
                && let Err(expected) = fitted(&scalar, kind)
            {
                let message = format!("the default of the setting `{name}` must be {expected}");
                self.error(codes::BAD_DEFAULT, default, message, format!("Write {expected}."));
            }
        }
    }

    fn auth(&mut self) {
        let Some(auth) = self.root.get("auth") else { return };
        self.secret(auth.get("username"), true);
        self.secret(auth.get("client_id"), true);
        self.secret(auth.get("client_secret"), false);
        self.secret(auth.get("refresh_token"), false);
        if let Some(url) = auth.get("token_url") {
            self.placeholders(url, &[], false);
        }
        self.secret(auth.get("password"), false);
        self.secret(auth.get("secret"), false);
        if auth.text_of("kind") == Some("api_key") {
            self.exactly_one(auth, "the API key's place", &["header", "query"]);
        }
        match auth.text_of("kind") {
            Some("login") => self.login(auth),
            Some("oauth1") => self.oauth1(auth),
            _ => {}
        }
        if let Some(operation) = self.operation(auth.get("verify")) {
            self.needs_no_id(operation, "`auth.verify`");
            self.needs_no_time(auth.get("verify"), "`auth.verify`");
        }
    }

    fn oauth1(&mut self, auth: Node<'a>) {
        self.secret(auth.get("consumer_key"), true);
        for key in ["consumer_secret", "token", "token_secret"] {
            self.secret(auth.get(key), false);
        }
        if let Some(realm) = auth.get("realm") {
            self.placeholders(realm, &[], false);
        }
        for (key, other) in [("token", "token_secret"), ("token_secret", "token")] {
            if let (Some(node), None) = (auth.get(key), auth.get(other)) {
                let message = format!("`{key}` needs `{other}`");
                let help = format!("A token has a secret of its own: add `{other}`, or remove `{key}`.");
                self.error_at_key(codes::NEEDS_KEY, node, message, help);
            }
        }
    }

    fn http(&mut self) {
        let Some(http) = self.root.get("http") else { return };
        if let Some((node, url)) = http.get("base_url").and_then(|node| Some((node, node.text()?))) {
            if !["https://", "http://", "{"].iter().any(|start| url.starts_with(start)) {
                let message = "the base address starts with neither https:// nor a setting";
                let help = "Write for example \"https://api.example.com/v1\" or \"{store_url}/api\".";
                self.error(codes::BAD_VALUE, node, message, help);
            }
            self.placeholders(node, &[], false);
        }
        for (_, value) in http.members_of("headers") {
            let secrets = self.names.secrets.clone();
            self.placeholders(value, &secrets, false);
            for (_, name) in scan(value.text().unwrap_or_default()).into_iter().flatten() {
                self.names.use_one("secrets", name);
            }
        }
        self.not_zero(http, &["timeout_ms", "max_response_bytes"]);
        if let Some(lists) = http.get("lists").filter(|_| http.text_of("format") != Some("xml")) {
            let message = "`lists` needs `format = \"xml\"`";
            let help = "Only XML leaves open whether one element is a list: remove `lists`, or add `format`.";
            self.error_at_key(codes::NEEDS_KEY, lists, message, help);
        }
        for path in [http.get("error_code"), http.get("error_message")]
            .into_iter()
            .chain(http.items_of("error_message").map(Some))
        {
            self.path(path);
        }
        self.error_if(http);
    }

    fn limits(&mut self) {
        let mut seen: Vec<(&str, Node<'_>)> = Vec::new();
        for limit in self.root.items_of("limits") {
            self.not_zero(limit, &["rate", "per_ms", "burst", "concurrency"]);
            let Some((node, name)) = limit.get("name").and_then(|node| Some((node, node.text()?))) else {
                continue;
            };
            self.once(&mut seen, "limit", name, node);
        }
    }

    /// Says so when `name` was seen before.
    pub(super) fn once<'n>(
        &mut self,
        seen: &mut Vec<(&'n str, Node<'n>)>,
        what: &str,
        name: &'n str,
        node: Node<'n>,
    ) {
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == name) {
            let message = format!("there are two {what}s called `{name}`");
            let problem = Diagnostic::error(codes::DUPLICATE_NAME, self.source, node.span(), message)
                .help("Give one of them another name.")
                .related(first.span(), "the first one");
            self.problems.push(problem);
        }
        seen.push((name, node));
    }

    fn error_rules(&mut self) {
        let has_code = self.root.get("http").is_some_and(|http| http.get("error_code").is_some());
        for when in self.root.items_of("errors").filter_map(|rule| rule.get("when")) {
            if when.get("code").is_none() && when.get("status").is_none() && !self.is_broken(when) {
                let message = "this rule names no answer";
                self.error(codes::NEEDS_KEY, when, message, "Write `status`, `code` or both.");
            }
            if let Some(code) = when.get("code").filter(|_| !has_code) {
                let message = "`code` needs `http.error_code`";
                let help = "Add `error_code` under `[http]`: the path to the code in an error answer.";
                self.error_at_key(codes::NEEDS_KEY, code, message, help);
            }
            if let Some(status) = when.get("status")
                && status.integer().is_some_and(|status| !(100..=599).contains(&status))
            {
                self.error(codes::BAD_VALUE, status, "there is no such HTTP status", "Write 100 to 599.");
            }
        }
    }
}

fn is_title(title: &str) -> bool {
    !title.trim().is_empty()
        && !title.contains(|c: char| c.is_control() || c == '\\')
        && !title.contains("\"\"\"")
}

fn is_version(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn setting_type(setting: Node<'_>) -> Option<SettingType> {
    match setting.text_of("type")? {
        "url" => Some(SettingType::Url),
        "text" => Some(SettingType::Text),
        "integer" => Some(SettingType::Integer),
        "boolean" => Some(SettingType::Boolean),
        _ => None,
    }
}

/// The constant that stands at `node`.
pub(super) fn scalar(node: Node<'_>) -> Option<Scalar> {
    use toml::de::DeValue;
    Some(match node.value()? {
        DeValue::Boolean(boolean) => Scalar::Boolean(*boolean),
        DeValue::Integer(_) => Scalar::Integer(node.integer()?),
        DeValue::Float(float) => Scalar::Float(float.as_str().parse().ok()?),
        DeValue::String(text) => Scalar::Text(text.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}
