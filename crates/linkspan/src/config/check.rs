//! What the schema of `linkspan.toml` cannot say, as far as the file alone shows it.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use ipnet::IpNet;

use super::mask::{has_password, has_user};
use crate::connectors;
use crate::diagnostic::{Diagnostic, Source, codes};
use crate::document::{Document, Node, suggest};

/// All problems of the file in itself.
pub(super) fn check(document: &Document<'_>) -> Vec<Diagnostic> {
    let mut checker = Checker { source: document.source(), problems: Vec::new() };
    checker.file(document.root());
    checker.problems
}

/// Whether `text` is an address of a web server.
pub(crate) fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether `text` is the address of a web server without a path.
pub(crate) fn is_origin(text: &str) -> bool {
    let is_bare = |url: url::Url| url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    is_web_address(text) && !has_user(text) && url::Url::parse(text).is_ok_and(is_bare)
}

/// The network that `text` means; an address is a network of one.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The networks of a checked list.
pub(crate) fn networks(texts: &[String]) -> Vec<IpNet> {
    texts.iter().filter_map(|text| network(text)).collect()
}

/// The problem of a `connector` that is neither shipped nor a path.
pub(super) fn unknown_connector(source: &Arc<Source>, span: Range<usize>, id: &str) -> Diagnostic {
    let help = suggest::instead_of(id, "shipped connector", connectors::IDS);
    Diagnostic::error(codes::UNKNOWN_IN_CONFIG, source, span, format!("there is no shipped connector `{id}`"))
        .help(format!("{help} The path to a definition of your own starts with `./` or `/`."))
}

const NAME_A_VARIABLE: &str = "Write the name of an environment variable.";
const NAME_A_FILE: &str = "Write the path of a file that holds only the secret.";
const NAME_A_LANGUAGE: &str = "Write a language such as `en_US`, or remove the key.";

/// Texts of an Odoo that must not be empty, each with what to write.
const ODOO_TEXTS: &[(&str, &str)] = &[
    ("database", "Write the name of the database."),
    ("login", "Write the login of the user who writes the records."),
    ("lang", NAME_A_LANGUAGE),
];

struct Checker<'a> {
    source: &'a Arc<Source>,
    problems: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn file(&mut self, root: Node<'_>) {
        if let Some(schema) =
            root.get("schema").filter(|node| node.integer().is_some_and(|number| number != 1))
        {
            let help = "Write `schema = 1`; a later version needs a newer linkspan.";
            self.bad(schema, "this linkspan reads only version 1 of the configuration", help);
        }
        if let Some(url) = root.get("store").and_then(|store| store.get("url")) {
            self.store_url(url);
        }
        for (_, odoo) in root.members_of("odoo") {
            self.odoo(odoo);
        }
        if let Some(service) = root.get("service") {
            self.service(service);
        }
        let odoo_names: Vec<&str> = root.members_of("odoo").map(|(name, _)| name).collect();
        for (name, backend) in root.members_of("backends") {
            self.backend(name, backend, &odoo_names);
        }
    }

    fn store_url(&mut self, url: Node<'_>) {
        self.not_empty(url, &[("env", NAME_A_VARIABLE)]);
        let Some(text) = url.text() else { return };
        if has_password(text) {
            let problem = self.problem(codes::PLAIN_SECRET, url, "the store's address holds a password");
            let help = "Put the address into an environment variable and write `url = { env = \"NAME\" }`.";
            self.problems.push(problem.help(help));
        } else if !["sqlite:", "postgres://", "postgresql://"].iter().any(|start| text.starts_with(start)) {
            let help = "Write `sqlite:linkspan.db`, or `{ env = \"NAME\" }` for a variable with a `postgres://` address.";
            self.bad(url, "the store is neither SQLite nor PostgreSQL", help);
        }
    }

    fn service(&mut self, service: Node<'_>) {
        let text_of = |key: &str| service.get(key).and_then(|node| Some((node, node.text()?)));
        if let Some((node, _)) =
            text_of("listen").filter(|(_, text)| text.parse::<std::net::SocketAddr>().is_err())
        {
            self.bad(
                node,
                "this is no address to listen on",
                "Write an address and a port, `127.0.0.1:8710` for example.",
            );
        }
        if let Some((node, text)) = text_of("public_url").filter(|(_, text)| !is_origin(text)) {
            let message = match is_web_address(text) {
                true => "a public address has nothing behind its host and port, and no user name",
                false => "this is no public address",
            };
            let help =
                "Write what others type to reach this service, `https://sync.example.com` for example.";
            self.bad(node, message, help);
        }
        self.networks(service, "trusted_proxies");
        if let Some(alerts) = service.get("alerts") {
            self.alerts(alerts);
        }
        for key in ["webhook_max_bytes", "webhook_timeout_ms"] {
            if let Some(zero) = service.get(key).filter(|node| node.integer() == Some(0)) {
                self.bad(zero, &format!("`{key}` is 0, so no webhook could ever arrive"), "Write 1 or more.");
            }
        }
        if let Some(days) =
            service.get("inbox_days").filter(|node| node.integer().is_some_and(|days| days < 7))
        {
            let help = "Write 7 or more: external systems repeat webhooks for days, and a repeat is told by the one kept.";
            self.bad(days, "webhooks are kept for too short a time", help);
        }
    }

    fn alerts(&mut self, alerts: Node<'_>) {
        if let Some(url) = alerts.get("url") {
            self.secret(url);
        }
        let wrong = |node: &Node<'_>| node.integer().is_some_and(|rate| !(1..=60).contains(&rate));
        if let Some(node) = alerts.get("per_minute").filter(wrong) {
            self.bad(node, "messages cannot come so often", "Write a number from 1 to 60.");
        }
    }

    fn networks(&mut self, table: Node<'_>, key: &str) {
        let wrong = |node: &Node<'_>| node.text().is_some_and(|text| network(text).is_none());
        for node in table.items_of(key).filter(wrong).collect::<Vec<_>>() {
            let help = "Write `203.0.113.7`, `203.0.113.0/24` or `2001:db8::/32`.";
            self.bad(node, "this is neither an address nor a network", help);
        }
    }

    fn odoo(&mut self, odoo: Node<'_>) {
        if let Some(url) = odoo.get("url").filter(|url| url.text().is_some_and(|text| !is_web_address(text)))
        {
            self.bad(url, "this is no address of an Odoo", "Write it with https:// or http:// in front.");
        }
        if let Some(url) = odoo.get("url").filter(|url| url.text().is_some_and(has_user)) {
            let message = "this is an address with a user name or password in it";
            let problem = self.problem(codes::PLAIN_SECRET, url, message);
            self.problems
                .push(problem.help("Remove it from the address; `login` and `secret` say who writes."));
        }
        if let Some(secret) = odoo.get("secret") {
            self.secret(secret);
        }
        self.not_empty(odoo, ODOO_TEXTS);
        self.timezone(odoo);
        for key in ["max_concurrency", "rate", "per_ms", "timeout_ms"] {
            if let Some(zero) = odoo.get(key).filter(|node| node.integer() == Some(0)) {
                self.bad(zero, &format!("`{key}` is 0, so no request could ever go out"), "Write 1 or more.");
            }
        }
    }

    fn backend(&mut self, name: &str, backend: Node<'_>, odoo_names: &[&str]) {
        if !is_name(name) {
            let message = format!("`{name}` cannot be the name of a backend");
            let problem =
                Diagnostic::error(codes::BAD_CONFIG_VALUE, self.source, backend.key_span(), message);
            let help =
                "It is part of external ids in Odoo: small letters, digits and `_`, starting with a letter.";
            self.problems.push(problem.help(help));
        }
        if let Some((node, odoo)) = backend.get("odoo").and_then(|node| Some((node, node.text()?)))
            && !odoo_names.contains(&odoo)
        {
            let problem = self.problem(codes::UNKNOWN_IN_CONFIG, node, &format!("there is no Odoo `{odoo}`"));
            self.problems.push(problem.help(suggest::instead_of(odoo, "Odoo", odoo_names)));
        }
        if let Some((node, id)) = backend.get("connector").and_then(|node| Some((node, node.text()?)))
            && !id.starts_with(['.', '/'])
            && connectors::text(id).is_none()
        {
            self.problems.push(unknown_connector(self.source, node.span(), id));
        }
        for (_, secret) in backend.members_of("secrets") {
            self.secret(secret);
        }
        self.not_empty(backend, &[("lang", NAME_A_LANGUAGE)]);
        self.timezone(backend);
        self.networks(backend, "webhook_ips");
    }

    fn secret(&mut self, secret: Node<'_>) {
        if secret.table().is_none() {
            return;
        }
        let given: Vec<&str> =
            ["env", "file", "command"].into_iter().filter(|key| secret.get(key).is_some()).collect();
        if given.len() != 1 {
            let message = match given.len() {
                0 => "nothing says where this secret comes from".to_owned(),
                _ => format!("this secret comes from {} at once", suggest::list(&given)),
            };
            let problem = self.problem(codes::SECRET_SOURCE, secret, &message);
            self.problems.push(problem.help(
                "Write exactly one of `{ env = \"NAME\" }`, `{ file = \"/path\" }`, `{ command = [\"program\", \"argument\"] }`.",
            ));
        }
        self.not_empty(secret, &[("env", NAME_A_VARIABLE), ("file", NAME_A_FILE)]);
        let is_list = |node: &Node<'_>| node.value().is_some_and(|value| value.as_array().is_some());
        let has_program = |list: Node<'_>| list.items().next().is_some_and(|program| !is_blank(program));
        if let Some(command) = secret.get("command").filter(is_list).filter(|list| !has_program(*list)) {
            self.bad(command, "the command is empty", "Name the program first, then its arguments.");
        }
    }

    /// Texts that mean something only when something stands in them, each with what to write.
    fn not_empty(&mut self, table: Node<'_>, texts: &[(&str, &str)]) {
        for (key, help) in texts {
            if let Some(node) = table.get(key).filter(|node| is_blank(*node)) {
                self.bad(node, &format!("`{key}` is empty"), help);
            }
        }
    }

    fn timezone(&mut self, table: Node<'_>) {
        let Some((node, name)) = table.get("timezone").and_then(|node| Some((node, node.text()?))) else {
            return;
        };
        if jiff::tz::TimeZone::get(name).is_err() {
            let help = "Write a name such as `Asia/Riyadh`, `Europe/Paris` or `UTC`.";
            self.bad(node, &format!("there is no time zone `{name}`"), help);
        }
    }

    fn bad(&mut self, node: Node<'_>, message: &str, help: &str) {
        let problem = self.problem(codes::BAD_CONFIG_VALUE, node, message).help(help);
        self.problems.push(problem);
    }

    fn problem(&self, code: &'static str, node: Node<'_>, message: &str) -> Diagnostic {
        Diagnostic::error(code, self.source, node.span(), message)
    }
}

fn is_blank(node: Node<'_>) -> bool {
    node.text().is_some_and(|text| text.trim().is_empty())
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
