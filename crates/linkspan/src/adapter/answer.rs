//! An answer that came whole: its status, headers and body, and whether the body is the JSON it should be.

use std::fmt;

use bytes::Bytes;
use pyexpr::Json;
use reqwest::header::HeaderMap;
use serde::de::IgnoredAny;
use url::Url;

use super::error::AdapterError;
use super::html;
use crate::definition::model::ErrorClass;

/// What to do about text that cannot be read.
pub(super) const OTHER_ENCODING: &str =
    "A record holds text in another encoding; find it in the external system and type that text again.";

/// What the external system answered.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers; they may hold secrets that the server repeats.
    pub headers: HeaderMap,
    /// The body, decompressed, without byte order mark. JSON, or empty; of an answer in XML the JSON that stands for it.
    pub body: Bytes,
    /// Bytes of the body as it came, decompressed.
    pub(super) size: u64,
    /// Why the body is no JSON, where the definition expects it in another format.
    pub(super) unreadable: Option<AdapterError>,
    /// Address of the request, redacted.
    pub url: String,
    /// The operation.
    pub operation: String,
    /// Address of the request without credentials; addresses in the answer are relative to it.
    pub(super) from: Url,
    /// Whether the request may be sent again.
    pub(super) repeats: bool,
}

impl Answer {
    /// The body as JSON, borrowed from it.
    pub fn json(&self) -> Result<Json<'_>, AdapterError> {
        if self.body.trim_ascii().is_empty() {
            return Err(self.error(
                AdapterError::new(
                    ErrorClass::Transient,
                    "The server sent an empty answer where JSON was expected.",
                )
                .hint("Look into the server's error log; a crashed plugin often looks like this."),
            ));
        }
        Json::parse(&self.body).map_err(|error| self.error(syntax_error(&self.body, &error)))
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// A header's value as a whole number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.parse().ok()
    }

    /// The server's clock when it answered, from the `Date` header.
    pub fn server_time(&self) -> Option<jiff::Timestamp> {
        http_date(self.header("date")?)
    }

    /// Adds to an error where it happened, and that a success which cannot be read may have done its work.
    pub(super) fn error(&self, mut error: AdapterError) -> AdapterError {
        if !self.repeats && self.status < 300 {
            error.unknown_outcome();
        }
        error.status(self.status).at(&self.operation, &self.url)
    }

    pub(super) fn is_html(&self) -> bool {
        let declared = self.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let start = self.body.trim_ascii_start();
        start.first() == Some(&b'<') || (declared && !matches!(start.first(), Some(b'{' | b'[') | None))
    }

    /// An error when a body is there that is no JSON. What it is instead is told, never repaired.
    pub(super) fn check_json(&self) -> Result<(), AdapterError> {
        if self.body.trim_ascii().is_empty() {
            return Ok(());
        }
        if let Some(error) = &self.unreadable {
            return Err(self.error(error.clone()));
        }
        match serde_json::from_slice::<IgnoredAny>(&self.body) {
            // Skipping does not look into strings, reading does.
            Ok(_) => {
                std::str::from_utf8(&self.body).map(|_| ()).map_err(|error| utf8_error(error.valid_up_to()))
            }
            Err(error) => Err(match std::str::from_utf8(&self.body) {
                Err(utf8) if !self.is_html() => utf8_error(utf8.valid_up_to()),
                _ if self.is_html() => html::error(&self.body),
                _ => html::php_error(&self.body).unwrap_or_else(|| syntax_error(&self.body, &error)),
            }),
        }
        .map_err(|error| self.error(error))
    }
}

/// Leaves out headers and body: a server may repeat our keys in them.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} from {}, {} bytes)", self.status, self.url, self.body.len())
    }
}

/// `Sun, 22 Nov 2026 00:13:56 GMT` (RFC 9110, 5.6.7).
pub(super) fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// A body without the byte order marks that some PHP files put in front of it (RFC 8259, 8.1 allows to skip it).
pub(super) fn without_byte_order_mark(mut body: Bytes) -> Bytes {
    while body.starts_with(b"\xEF\xBB\xBF") {
        body = body.slice(3..);
    }
    body
}

/// Half of a pair of escapes (`\ud83d\ude00` is one character) stands for no character. JavaScript writes one where a text
/// was cut inside of an emoji; the record has U+FFFD there, and does not make the whole answer unreadable.
pub(super) fn with_whole_characters(body: Bytes) -> Bytes {
    // Hardly any answer has one, so hardly any is copied.
    let Some(mut place) = half(&body, 0) else { return body };
    let mut whole = body.to_vec();
    loop {
        whole[place + 2..place + 6].copy_from_slice(b"fffd");
        place = match half(&whole, place + 6) {
            Some(next) => next,
            None => return Bytes::from(whole),
        };
    }
}

/// Where the first half of a pair stands that is alone.
fn half(body: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == b'\\')?;
        match escape(body, at) {
            Some(0xd800..0xdc00) if matches!(escape(body, at + 6), Some(0xdc00..0xe000)) => at += 12,
            Some(0xd800..0xe000) => return Some(at),
            Some(_) => at += 6,
            None => at += 2,
        }
    }
}

/// The number of the `\uXXXX` at this place.
fn escape(body: &[u8], at: usize) -> Option<u32> {
    let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn utf8_error(at: usize) -> AdapterError {
    AdapterError::new(
        ErrorClass::Data,
        format!("The answer is not valid UTF-8: byte {at} starts no character."),
    )
    .hint(OTHER_ENCODING)
}

fn syntax_error(body: &[u8], error: &serde_json::Error) -> AdapterError {
    if error.is_eof() {
        return AdapterError::new(
            ErrorClass::Transient,
            format!("The answer breaks off after {} bytes, in the middle of its JSON.", body.len()),
        )
        .hint("The server or a proxy in front of it stopped early; look into its error log if this stays.");
    }
    let start: String = String::from_utf8_lossy(body).chars().take(80).collect();
    AdapterError::config(format!("The answer is not JSON ({error}). It starts with: {start}"))
        .hint("Check that the address leads to the API.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_makes_no_answer_unreadable() {
        for (given, expected) in [
            (
                r#"["a\ud83d", "\uDE00b", "\ud83d\ud83d\ude00"]"#,
                r#"["a\ufffd", "\ufffdb", "\ufffd\ud83d\ude00"]"#,
            ),
            (r#"["\ud83d\n", "\\\ud83d", "\\ud83d"]"#, r#"["\ufffd\n", "\\\ufffd", "\\ud83d"]"#),
        ] {
            let whole = with_whole_characters(Bytes::from(given));
            assert_eq!(std::str::from_utf8(&whole), Ok(expected));
            assert!(Json::parse(&whole).is_ok(), "{expected}");
        }
        for as_it_is in ["", "\\", r"\u", r"\ud8", r#"["\ud83d\ude00", "\u0000", "\u00e9"]"#, "no JSON \\"] {
            assert_eq!(with_whole_characters(Bytes::from(as_it_is)), as_it_is);
        }
    }
}
