//! Secrets that someone wrote into the file are masked before any line of it is shown.

use std::ops::Range;

use toml::de::DeValue;

use crate::document::{Document, Node};

/// Parts of key names under which secrets are written.
const SMELLS: &[&str] =
    &["secret", "password", "passwd", "token", "api_key", "apikey", "consumer_key", "credential"];

/// Keys under a secret that say where it comes from instead of what it is.
const SOURCES: &[&str] = &["env", "file", "command"];

/// `text` with every value that may be a secret masked; same length, same characters a line.
pub(super) fn masked(text: &str, document: &Document<'_>, whole: bool) -> String {
    let mut spans = Vec::new();
    collect(document.root(), false, &mut spans);
    if !whole {
        spans.extend(suspicious_lines(text));
    }
    let mut shown = text.to_owned();
    for span in spans {
        if let Some(part) = text.get(span.clone()) {
            let stars: String = part.chars().map(star).collect();
            shown.replace_range(span, &stars);
        }
    }
    shown
}

fn collect(node: Node<'_>, is_secret: bool, spans: &mut Vec<Range<usize>>) {
    for (key, member) in node.members() {
        let lower = key.to_lowercase();
        let smells = SMELLS.iter().any(|smell| lower.contains(smell));
        collect(member, (is_secret || smells) && !SOURCES.contains(&key), spans);
    }
    for item in node.items() {
        collect(item, is_secret, spans);
    }
    let is_leaf = node.value().is_some_and(|value| !matches!(value, DeValue::Table(_) | DeValue::Array(_)));
    if is_leaf && (is_secret || node.text().is_some_and(has_user)) {
        spans.push(node.span());
    }
}

/// Whether `text` is an address with a password in it.
pub(super) fn has_password(text: &str) -> bool {
    user(text).is_some_and(|user| user.contains(':'))
}

/// Whether `text` is an address with a user name or password in it; the name may be a token.
pub(crate) fn has_user(text: &str) -> bool {
    let has_user = |url: url::Url| !url.username().is_empty() || url.password().is_some();
    user(text).is_some() || url::Url::parse(text).is_ok_and(has_user)
}

/// What stands before the host of an address.
fn user(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    authority.rsplit_once('@').map(|(user, _)| user)
}

/// Where the grammar is broken there is no tree to trust: everything after the key of a line that smells.
fn suspicious_lines(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let (mut at, mut in_secrets) = (0, false);
    for line in text.split_inclusive('\n') {
        let lower = line.to_lowercase();
        let smells = SMELLS.iter().any(|smell| lower.contains(smell)) || has_user(&lower);
        if lower.trim_start().starts_with('[') && !line.contains('=') {
            in_secrets = smells;
        } else if smells || in_secrets {
            let value = line.find('=').map_or(0, |equals| equals + 1);
            let end = line.trim_end_matches(['\r', '\n']).len();
            spans.push(at + value.min(end)..at + end);
        }
        at += line.len();
    }
    spans
}

/// A mark of as many bytes, so that no place in the text moves.
fn star(character: char) -> char {
    match character {
        '\n' | '\r' => character,
        _ => ['*', '·', '•', '🞄'][character.len_utf8() - 1],
    }
}
