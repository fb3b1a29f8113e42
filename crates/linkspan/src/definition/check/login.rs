//! A login that gives a token: what is posted, and where the token stands.

use toml::de::DeValue;

use super::Check;
use super::operation::alone;
use crate::adapter::body_name;
use crate::diagnostic::codes;
use crate::document::Node;

impl<'a> Check<'a> {
    pub(super) fn login(&mut self, auth: Node<'a>) {
        self.path_after_base(auth.get("path"), &[], false);
        self.not_zero(auth, &["lifetime"]);
        for key in ["token", "expires_in"] {
            self.path(auth.get(key));
        }
        let Some(body) = auth.get("body") else { return };
        let (secrets, places) = (self.names.secrets.clone(), alone(body));
        for place in &places {
            self.placeholders(*place, &secrets, false);
            self.names.use_one("secrets", named(place).unwrap_or_default());
        }
        self.json(body);
        for role in ["username", "password"].into_iter().filter_map(|key| auth.get(key)) {
            let Some(name) = role.text() else { continue };
            if !places.iter().any(|place| named(place) == Some(name)) {
                let message = format!("`{name}` does not go into `body`");
                let help = format!("Write \"{{{name}}}\" where it belongs in `body`.");
                self.error(codes::BAD_VALUE, role, message, help);
            }
        }
        if auth.get("form").is_some_and(Node::is_true) {
            for (_, member) in body.members() {
                if matches!(member.value(), None | Some(DeValue::Array(_) | DeValue::Table(_))) {
                    let help = "Leave out `form`, or write text.";
                    self.error(codes::NOT_TOGETHER, member, "a form has no lists and no tables", help);
                }
            }
        }
    }
}

/// The name that a text stands for.
fn named<'a>(place: &Node<'a>) -> Option<&'a str> {
    place.text().and_then(body_name)
}
