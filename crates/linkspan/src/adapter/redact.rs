//! Keeps secrets out of everything that is shown or stored.
//!
//! It knows the secrets' values, not where they stand: a server may repeat a key in a `Link` header, an error
//! sentence or a redirect, plain, percent-encoded, base64-encoded or with JSON's `\/`.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use reqwest::header::HeaderMap;
use url::Url;

/// What stands where a secret stood.
pub(super) const REDACTED: &str = "[redacted]";

/// Headers that carry credentials whatever their value.
const SECRET_HEADERS: &[&str] = &["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// Tokens that are remembered: the one in use, and those that answers under way may still repeat.
const TOKENS: usize = 3;

/// Replaces known secret values.
#[derive(Default)]
pub(super) struct Redactor {
    patterns: Vec<String>,
    /// Forms of the last tokens that the other side gave.
    tokens: RwLock<VecDeque<Vec<String>>>,
}

impl Redactor {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redactor {
        let mut patterns: Vec<String> =
            secrets.into_iter().filter(|secret| !secret.is_empty()).flat_map(forms).collect();
        patterns.sort_unstable();
        patterns.dedup();
        Redactor { patterns, ..Redactor::default() }
    }

    /// Remembers a token that the other side gave.
    pub(super) fn learn(&self, token: &str) {
        let known = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        if known.iter().flatten().any(|form| form == token) {
            return;
        }
        drop(known);
        let mut known = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        known.push_front(forms(token));
        known.truncate(TOKENS);
    }

    /// Whether a secret stands in `text`.
    pub(super) fn finds_in(&self, text: &str) -> bool {
        !self.hits(text).is_empty()
    }

    /// `text` without secrets.
    pub(super) fn text(&self, text: &str) -> String {
        let hits = self.hits(text);
        let mut clean = String::with_capacity(text.len());
        let mut from = 0;
        for hit in hits {
            if hit.start >= from {
                clean.push_str(&text[from..hit.start]);
                clean.push_str(REDACTED);
            }
            from = from.max(hit.end);
        }
        clean.push_str(&text[from..]);
        clean
    }

    /// The first `limit` bytes of `body` as text without secrets.
    pub(super) fn excerpt(&self, body: &[u8], limit: usize) -> String {
        let cut = body.len().min(limit);
        let mut clean = self.text(&String::from_utf8_lossy(&body[..cut]));
        if cut < body.len() {
            // The cut may have left the first half of a secret, which no pattern finds. Three times: each of
            // its bytes may be percent-encoded.
            let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
            let longest = self.patterns.iter().chain(tokens.iter().flatten()).map(String::len).max();
            let doubt = 3 * longest.unwrap_or(0);
            clean.truncate(clean.floor_char_boundary(clean.len().saturating_sub(doubt)));
            clean.push_str(" [...]");
        }
        clean
    }

    /// An address without user name, password and secrets.
    pub(super) fn url(&self, url: &Url) -> String {
        let mut url = url.clone();
        // Both fail only for addresses that cannot have a user name.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        self.text(url.as_str())
    }

    /// Headers as pairs, without secrets.
    pub(super) fn headers(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let clean = |name: &str, value: &[u8]| match SECRET_HEADERS.contains(&name) {
            true => REDACTED.to_owned(),
            false => self.text(&String::from_utf8_lossy(value)),
        };
        headers
            .iter()
            .map(|(name, value)| (name.to_string(), clean(name.as_str(), value.as_bytes())))
            .collect()
    }

    /// Where secrets stand, in order; overlapping places are joined.
    fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let patterns = || self.patterns.iter().chain(tokens.iter().flatten());
        let mut hits = Vec::new();
        for pattern in patterns() {
            hits.extend(text.match_indices(pattern.as_str()).map(|(at, _)| at..at + pattern.len()));
        }
        if text.contains('%') {
            let (decoded, source) = percent_decoded(text);
            for pattern in patterns().map(String::as_bytes) {
                let found = decoded.windows(pattern.len()).enumerate().filter(|(_, part)| *part == pattern);
                hits.extend(found.map(|(at, _)| {
                    let end = text.ceil_char_boundary(source[at + pattern.len()]);
                    text.floor_char_boundary(source[at])..end
                }));
            }
        }
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        hits.dedup_by(|next, before| {
            let overlaps = next.start < before.end;
            if overlaps {
                before.end = before.end.max(next.end);
            }
            overlaps
        });
        hits
    }
}

/// Shows nothing: the patterns are the secrets.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

/// The forms in which one secret may stand in a text; percent-encoding is handled apart.
fn forms(secret: &str) -> Vec<String> {
    let base64 = [
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    let mut forms = vec![secret.to_owned(), secret.replace(' ', "+")];
    forms.extend(base64);
    let json: Vec<String> = forms.iter().map(|form| json_text(form)).collect();
    let php_json: Vec<String> = json.iter().map(|form| form.replace('/', "\\/")).collect();
    forms.extend(json);
    forms.extend(php_json);
    forms
}

/// `text` as it stands between the quotes of a JSON string.
fn json_text(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The text with `%XX` decoded, and for each byte of it (and the end) where it came from.
fn percent_decoded(text: &str) -> (Vec<u8>, Vec<usize>) {
    let bytes = text.as_bytes();
    let (mut decoded, mut source) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(bytes.len() + 1));
    let mut at = 0;
    while at < bytes.len() {
        source.push(at);
        match hex_pair(bytes, at) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    source.push(at);
    (decoded, source)
}

fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |offset: usize| char::from(*bytes.get(at + offset)?).to_digit(16);
    if bytes[at] != b'%' {
        return None;
    }
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let secret = "cs/a+b c=é";
        let redactor = Redactor::new([secret]);
        let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let json = serde_json::to_string(secret).expect("text is JSON").replace('/', "\\/");
        for form in [secret.to_owned(), STANDARD.encode(secret), percent, json, secret.replace('/', "%2F")] {
            let clean = redactor.text(&format!("before {form} after"));
            assert!(
                clean.contains(REDACTED) && clean.starts_with("before ") && clean.ends_with(" after"),
                "{clean}"
            );
            assert!(!clean.contains("cs") && !clean.contains("a+b"), "{clean}");
        }
    }

    #[test]
    fn the_longest_of_overlapping_secrets_goes_whole() {
        let redactor = Redactor::new(["abc", "abcdef", "fgh"]);
        assert_eq!(redactor.text("x abcdefgh y abc z"), "x [redacted] y [redacted] z");
    }

    #[test]
    fn an_excerpt_never_ends_in_the_first_half_of_a_secret() {
        let redactor = Redactor::new(["0123456789"]);
        let clean = redactor.excerpt(format!("{}0123456789", "x".repeat(195)).as_bytes(), 200);
        assert!(!clean.contains("01"), "{clean}");
    }

    #[test]
    fn an_address_loses_its_user_and_its_keys() {
        let redactor = Redactor::new(["key-1"]);
        let url = Url::parse("https://user:pass@shop.example/a?k=key%2D1&n=2").expect("an address");
        assert_eq!(redactor.url(&url), "https://shop.example/a?k=[redacted]&n=2");
    }

    #[test]
    fn text_without_secrets_stays_as_it_is() {
        let text = "100 % of é, 50%zz";
        assert_eq!(Redactor::new(["secret"]).text(text), text);
        assert_eq!(Redactor::default().text(text), text);
    }
}
