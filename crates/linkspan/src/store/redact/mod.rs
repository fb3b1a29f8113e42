//! Takes secrets out of texts before they are stored, logged or shown.
//!
//! A [`Redactor`] knows the secrets of a backend and the names that carry secrets. It finds a secret
//! as it is, percent-encoded, JSON- or XML-escaped, two of these deep, and in base64 at any place,
//! as HTTP Basic has it behind the user name. A value under a secret name goes whatever it is.

mod views;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// Shorter secrets are masked under their names only: masking each "a" would leave no text.
const SHORTEST_SECRET: usize = 4;

/// Names of headers, query parameters and fields that carry secrets in most APIs.
const SECRET_NAMES: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "auth_token",
    "authorization",
    "client_secret",
    "consumer_key",
    "consumer_secret",
    "cookie",
    "oauth_consumer_key",
    "oauth_signature",
    "oauth_token",
    "passwd",
    "password",
    "private_key",
    "proxy_authorization",
    "refresh_token",
    "secret",
    "session_id",
    "set_cookie",
    "token",
    "x_api_key",
    "x_auth_token",
    "x_openerp_session_id",
];

/// Masks the secrets of a backend.
#[derive(Clone)]
pub struct Redactor {
    needles: Vec<Needle>,
    names: HashSet<String>,
    longest_secret: usize,
}

#[derive(Clone)]
struct Needle {
    bytes: Vec<u8>,
    /// The middle of a base64 text; the text around it gives the rest of the secret away.
    is_base64: bool,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("names", &self.names.len()).finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor for these secrets, and for values under these names besides the usual ones
    /// (`Authorization`, `consumer_secret`...). Case and `-` or `_` in a name do not matter.
    pub fn new<'a>(
        secrets: impl IntoIterator<Item = &'a SecretString>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut redactor = Self {
            needles: Vec::new(),
            names: names.into_iter().chain(SECRET_NAMES.iter().copied()).map(plain_name).collect(),
            longest_secret: 0,
        };
        for secret in secrets {
            // A pasted secret often has a line end that its user trims.
            redactor.add(secret.expose_secret());
            redactor.add(secret.expose_secret().trim());
            // Each line of a webhook's secret is one.
            secret.expose_secret().lines().for_each(|line| redactor.add(line.trim()));
        }
        redactor
    }

    fn add(&mut self, secret: &str) {
        let is_known = self.needles.iter().any(|needle| needle.bytes == secret.as_bytes());
        if secret.len() < SHORTEST_SECRET || is_known {
            return;
        }
        self.longest_secret = self.longest_secret.max(secret.len());
        self.needles.push(Needle { bytes: secret.as_bytes().to_vec(), is_base64: false });
        self.needles.extend((0..3).flat_map(|offset| base64_middles(secret, offset)));
    }

    /// A text of any kind: an error message, a log line.
    pub fn text(&self, text: &str) -> String {
        let mut spans = basic_credentials(text);
        for view in views::all(text) {
            for needle in &self.needles {
                spans.extend(view.find(&needle.bytes).map(|found| {
                    let found = if needle.is_base64 { view.base64_around(found) } else { found };
                    view.original(found)
                }));
            }
        }
        mask(text, spans)
    }

    /// A URL: credentials before the host, and parameters with secret names.
    pub fn url(&self, url: &str) -> String {
        let mut spans = Vec::new();
        spans.extend(user_info(url));
        if let Some(query) = url.find(['?', '#']) {
            spans.extend(self.named_pairs(url, query + 1));
        }
        self.text(&mask(url, spans))
    }

    /// The value of a header; the scheme of an `Authorization` stays readable.
    pub fn header(&self, name: &str, value: &str) -> String {
        if !self.is_secret_name(name) {
            return self.text(value);
        }
        match value.split_once(' ') {
            Some((scheme @ ("Basic" | "Bearer" | "Digest" | "OAuth"), _)) => format!("{scheme} {MASK}"),
            _ => MASK.to_owned(),
        }
    }

    /// A JSON, form or other body.
    pub fn body(&self, body: &str) -> String {
        let mut spans = self.named_json_values(body);
        let looks_like_form = body.contains('=') && !body.contains(['{', '[', '<', ' ', '\n']);
        if looks_like_form {
            spans.extend(self.named_pairs(body, 0));
        }
        self.text(&mask(body, spans))
    }

    /// At most `max_bytes` of a body. A secret across the cut is masked before the cut is made.
    pub fn clipped_body(&self, body: &str, max_bytes: usize) -> String {
        // The widest form of a byte found by `views` is `\\u0041` within JSON within JSON.
        let enough = max_bytes.saturating_add(self.longest_secret * 8);
        let mut masked = self.body(&body[..body.floor_char_boundary(enough)]);
        if masked.len() > max_bytes || body.len() > enough {
            masked.truncate(masked.floor_char_boundary(max_bytes));
            masked.push_str(&format!("... ({} bytes)", body.len()));
        }
        masked
    }

    fn is_secret_name(&self, name: &str) -> bool {
        self.names.contains(&plain_name(name))
    }

    /// Values of `name=value&...` with a secret name.
    fn named_pairs(&self, text: &str, from: usize) -> Vec<Range<usize>> {
        let mut start = from;
        let mut spans = Vec::new();
        for pair in text[from..].split(['&', '#', '?']) {
            if let Some((name, value)) = pair.split_once('=')
                && self.is_secret_name(&views::percent_decoded(name))
            {
                spans.push(start + name.len() + 1..start + name.len() + 1 + value.len());
            }
            start += pair.len() + 1;
        }
        spans
    }

    /// Values of `"name": "value"` with a secret name. It reads tokens and not a document, because
    /// a logged body may be cut off or broken.
    fn named_json_values(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        let mut rest = 0;
        while let Some(name) = json_string(text, rest) {
            rest = name.end;
            let behind = text[name.end..].trim_start();
            let Some(value) = behind.strip_prefix(':').map(str::trim_start) else { continue };
            let value_start = text.len() - value.len();
            let inner = name.start + 1..name.end - 1;
            if inner.start <= inner.end && self.is_secret_name(&text[inner]) {
                let (value, end) = json_scalar(text, value_start);
                rest = end;
                spans.push(value);
            }
        }
        spans
    }
}

fn plain_name(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('-', "_")
}

/// What of the secret's base64 is the same whatever stands around it, when it begins `offset`
/// bytes behind a multiple of three: in both alphabets.
fn base64_middles(secret: &str, offset: usize) -> Vec<Needle> {
    let mut padded = vec![0; offset];
    padded.extend(secret.as_bytes());
    // Each character holds 6 bits; those that share bits with the bytes around are left out.
    let middle = (offset * 8).div_ceil(6)..padded.len() * 8 / 6;
    let mut middles = vec![STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)];
    middles.dedup();
    middles
        .into_iter()
        .map(|text| Needle { bytes: text.as_bytes()[middle.clone()].to_vec(), is_base64: true })
        .collect()
}

/// What follows the word Basic, if it is `user:password` in base64, whoever's it is.
fn basic_credentials(text: &str) -> Vec<Range<usize>> {
    const WORD: &str = "basic ";
    let lower = text.to_ascii_lowercase();
    lower
        .match_indices(WORD)
        .filter_map(|(place, _)| {
            let start = place + WORD.len();
            let token = text[start..].split(|c: char| !is_base64_char(c) && c != '=').next()?;
            let decoded = STANDARD_NO_PAD.decode(token.trim_end_matches('=')).ok()?;
            decoded.contains(&b':').then_some(start..start + token.len())
        })
        .collect()
}

fn is_base64_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_')
}

/// `user:password` of `scheme://user:password@host`.
fn user_info(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + 3;
    let authority = &url[start..start + url[start..].find(['/', '?', '#']).unwrap_or(url.len() - start)];
    authority.rfind('@').map(|at| start..start + at)
}

/// The next JSON string at or behind `from`, quotes included; an unfinished one ends with the text.
fn json_string(text: &str, from: usize) -> Option<Range<usize>> {
    let start = from + text.get(from..)?.find('"')?;
    let mut is_escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(start..place + 1),
            _ => {}
        }
    }
    Some(start..text.len())
}

/// A string without its quotes, or a number or word, and where what follows it begins. Objects and lists are looked into
/// instead.
fn json_scalar(text: &str, start: usize) -> (Range<usize>, usize) {
    if text[start..].starts_with('"') {
        let string = json_string(text, start).unwrap_or(start..text.len());
        let has_end = string.len() > 1 && text[..string.end].ends_with('"');
        return (string.start + 1..if has_end { string.end - 1 } else { string.end }, string.end);
    }
    let length = text[start..].find([',', '}', ']', '{', '[', ' ', '\n']).unwrap_or(text.len() - start);
    (start..start + length, start + length)
}

/// The text with each span masked; spans may overlap.
fn mask(text: &str, mut spans: Vec<Range<usize>>) -> String {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        let end = text.ceil_char_boundary(span.end);
        if end <= done {
            continue;
        }
        let start = text.floor_char_boundary(span.start);
        if start >= done {
            masked.push_str(&text[done..start]);
            masked.push_str(MASK);
        }
        done = end;
    }
    masked.push_str(&text[done..]);
    masked
}
