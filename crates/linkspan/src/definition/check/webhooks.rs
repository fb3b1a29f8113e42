//! Webhooks: secrets that must exist, places that exclude each other, topics, pings, subscriptions.

use super::Check;
use crate::diagnostic::codes;
use crate::document::Node;
use crate::webhook::Events;
use crate::webhook::verify::Piece;

impl<'a> Check<'a> {
    pub(super) fn webhooks(&mut self) {
        let Some(webhooks) = self.root.get("webhooks") else { return };
        self.webhook_verify(webhooks);
        for key in ["delivery_id", "topic"] {
            if let Some(place) = webhooks.get(key) {
                self.exactly_one(place, &format!("the place of `{key}`"), &["header", "path"]);
                self.path(place.get("path"));
            }
        }
        if let Some(topics) = webhooks.get("topics").filter(|_| webhooks.get("topic").is_none()) {
            let message = "`topics` needs `topic`";
            let help = "Add `topic = { header = \"...\" }`: the header that tells which topic it is, or its `path` in the body.";
            self.error_at_key(codes::NEEDS_KEY, topics, message, help);
        }
        self.each(webhooks);
        for (name, topic) in webhooks.members_of("topics") {
            self.topic(name, topic);
        }
        for ping in webhooks.items_of("ping") {
            self.ping(ping);
        }
        if let Some(subscriptions) = webhooks.get("subscriptions") {
            self.subscriptions(subscriptions);
        }
    }

    fn each(&mut self, webhooks: Node<'a>) {
        let Some((each, text)) = webhooks.get("each").and_then(|node| Some((node, node.text()?))) else {
            return;
        };
        if let Err(message) = Events::parse(text) {
            let help = "Write `events[]` for the list `events` in the body, or `[]` when the body itself is the list.";
            self.error_at_key(codes::PATH_SYNTAX, each, message, help);
        }
        if webhooks.get("topics").is_none() && !self.is_broken(webhooks) {
            let help = "Add `topics`: what each event imports.";
            self.error_at_key(codes::NEEDS_KEY, each, "`each` needs `topics`", help);
        }
    }

    fn webhook_verify(&mut self, webhooks: Node<'a>) {
        let Some(verify) = webhooks.get("verify") else { return };
        self.secret(verify.get("secret"), false);
        self.secret(verify.get("username"), true);
        self.secret(verify.get("password"), false);
        self.not_zero(verify, &["tolerance_secs"]);
        if verify.text_of("kind") == Some("token") {
            self.exactly_one(verify, "the token's place", &["header", "query"]);
        }
        if let Some((message, text)) = verify.get("message").and_then(|node| Some((node, node.text()?))) {
            self.signed_message(verify, message, text);
        }
    }

    fn signed_message(&mut self, verify: Node<'a>, message: Node<'a>, text: &str) {
        let pieces = match Piece::parse(text) {
            Ok(pieces) => pieces,
            Err(problem) => {
                let help = "Write what is signed with `{method}`, `{url}`, `{time}` and `{body}`: `v0:{time}:{body}`.";
                self.error_at_key(codes::PLACEHOLDER, message, problem, help);
                return;
            }
        };
        let time = verify.get("time_header");
        match (pieces.contains(&Piece::Time), time) {
            (true, None) => {
                let help = "Add `time_header`: the header that carries the time.";
                self.error_at_key(codes::NEEDS_KEY, message, "`{time}` needs `time_header`", help);
            }
            (false, Some(time)) => {
                let help = "Add `{time}` to `message`: a time that is not signed can be made up.";
                self.error_at_key(codes::NEEDS_KEY, time, "`time_header` needs `{time}` in `message`", help);
            }
            _ => {}
        }
    }

    fn topic(&mut self, name: &str, topic: Node<'a>) {
        let ignored = topic.get("ignore").is_some_and(Node::is_true);
        if ignored {
            if let Some(import) = topic.get("import") {
                let message = format!("topic `{name}` is ignored and imports something");
                self.error_at_key(codes::NOT_TOGETHER, import, message, "Keep `import` or `ignore`.");
            }
            return;
        }
        self.path(topic.get("id"));
        for (key, help) in [
            ("import", "Add `import`: the entity whose record is fetched. Or write `ignore = true`."),
            ("id", "Add `id`: the path to the record's id in the body."),
        ] {
            if topic.get(key).is_none() && !self.is_broken(topic) {
                let message = format!("topic `{name}` needs `{key}`");
                self.error(codes::NEEDS_KEY, topic, message, help);
                return;
            }
        }
        let Some(entity) = self.entity_named(topic.get("import")) else { return };
        let has_get = entity.get("import").is_some_and(|import| import.get("get").is_some());
        if let Some(node) = topic.get("import").filter(|_| !has_get && !self.is_broken(entity)) {
            let entity = node.text().unwrap_or_default();
            let message = format!("topic `{name}` cannot fetch one {entity}: its `import` has no `get`");
            let help = format!("Add `get` to `entities.{entity}.import`.");
            self.error(codes::NEEDS_KEY, node, message, help);
        }
    }

    fn ping(&mut self, ping: Node<'a>) {
        self.exactly_one(ping, "the ping", &["form", "path", "query"]);
        self.path(ping.get("path"));
        self.secret(ping.get("secret"), false);
        for (one, other) in [("secret", "secret_query"), ("secret_query", "secret")] {
            if let Some(node) = ping.get(one).filter(|_| ping.get(other).is_none() && !self.is_broken(ping)) {
                let help = "Name the query parameter with `secret_query` and the secret with `secret`.";
                self.error_at_key(codes::NEEDS_KEY, node, format!("`{one}` needs `{other}`"), help);
            }
        }
        let reads = ping.text_of("method") == Some("GET");
        if let Some(node) = ping.get("form").or(ping.get("path")).filter(|_| reads) {
            let message = "a GET has no body";
            self.error_at_key(
                codes::NOT_TOGETHER,
                node,
                message,
                "Name the `query` parameter that tells it.",
            );
        }
    }

    fn subscriptions(&mut self, subscriptions: Node<'a>) {
        if let Some(list) = self.operation(subscriptions.get("list")) {
            self.needs_paginate(list, subscriptions.text_of("list").unwrap_or_default());
            self.needs_no_id(list, "`webhooks.subscriptions.list`");
        }
        if let Some(create) = self.operation(subscriptions.get("create")) {
            self.needs_no_id(create, "`webhooks.subscriptions.create`");
        }
        for key in ["update", "delete"] {
            let operation = self.operation(subscriptions.get(key));
            self.needs_id(operation, &format!("`webhooks.subscriptions.{key}`"));
        }
        self.path(subscriptions.get("id"));
        if subscriptions.get("update").is_none()
            && subscriptions.get("delete").is_none()
            && !self.is_broken(subscriptions)
        {
            let message = "a subscription that went wrong could not be repaired";
            let help = "Name the operation that changes one with `update`, or the one that deletes one with `delete`.";
            self.error(codes::NEEDS_KEY, subscriptions, message, help);
        }
        for (one, other) in [("status", "active"), ("active", "status")] {
            if let Some(node) = subscriptions.get(one).filter(|_| subscriptions.get(other).is_none()) {
                let message = format!("`{one}` needs `{other}`");
                let help = "`status` names the field, `active` is its value of a subscription that delivers.";
                self.error_at_key(codes::NEEDS_KEY, node, message, help);
            }
        }
        self.switch_on(subscriptions);
    }

    /// What is switched on again is known to be off, and can be changed or made anew.
    fn switch_on(&mut self, subscriptions: Node<'a>) {
        let Some(switch_on) = subscriptions.get("switch_on") else { return };
        if subscriptions.get("status").is_none() {
            let help = "Name the field that tells whether a subscription delivers with `status`, or remove `switch_on`.";
            self.error_at_key(codes::NEEDS_KEY, switch_on, "`switch_on` needs `status`", help);
        }
        let (needed, help) = match switch_on.members().next() {
            Some(_) => ("update", "Name the operation that changes one with `update`."),
            None => ("delete", "Say which fields switch one on, or name the operation that deletes one."),
        };
        if subscriptions.get(needed).is_none() && !self.is_broken(subscriptions) {
            let message = format!("`switch_on` needs `{needed}` here");
            self.error_at_key(codes::NEEDS_KEY, switch_on, message, help);
        }
    }
}
