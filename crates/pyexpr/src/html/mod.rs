//! `html_to_text`: descriptions of shops as plain text. The Python twin follows the same steps.

mod entities;

use entities::ENTITIES;

/// Elements whose content is not text.
const HIDDEN: &[&str] = &["script", "style"];

/// Elements that end a line.
const BLOCKS: &[&str] =
    &["br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr"];

/// Plain text: tags gone, entities decoded, a line break where a block ends, blanks and empty lines collapsed.
pub fn html_to_text(html: &str) -> String {
    let mut raw = String::with_capacity(html.len());
    let mut rest = html;
    // Behind it no tag ends. Looking for that end anew at each `<` would take a second for a text of 100 KB.
    let last = html.rfind('>').unwrap_or(0);
    while let Some(open) = rest.find('<') {
        raw.push_str(&rest[..open]);
        let ends = html.len() - rest.len() + open < last;
        match tag(&rest[open..], ends) {
            Some((name, closing, after)) => {
                if BLOCKS.contains(&name.as_str()) {
                    raw.push('\n');
                }
                rest = if !closing && HIDDEN.contains(&name.as_str()) {
                    after_hidden(after, &name)
                } else {
                    after
                };
            }
            None => {
                raw.push('<');
                rest = &rest[open + 1..];
            }
        }
    }
    raw.push_str(rest);
    tidy(&decode(&raw))
}

/// The tag or comment at the start of `text`: lower-case name, whether it closes, and what follows. `ends`: there is a `>`
/// somewhere.
fn tag(text: &str, ends: bool) -> Option<(String, bool, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        let after = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        return Some((String::new(), false, after));
    }
    let inner = ends.then(|| &text[1..])?;
    let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') {
        return None;
    }
    let end = inner.find('>')?;
    let length = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
    Some((inner[..length].to_ascii_lowercase(), closing, &inner[end + 1..]))
}

/// What follows `</name`, up to and with its `>`; nothing when it never ends.
fn after_hidden<'t>(text: &'t str, name: &str) -> &'t str {
    let wanted = format!("</{name}");
    let is_wanted = |at: &usize| {
        text.as_bytes()[*at..]
            .get(..wanted.len())
            .is_some_and(|tag| tag.eq_ignore_ascii_case(wanted.as_bytes()))
    };
    let Some(start) = text.match_indices("</").map(|(at, _)| at).find(is_wanted) else { return "" };
    text[start..].find('>').map_or("", |end| &text[start + end + 1..])
}

/// Character references: numeric ones and the names of HTML 4.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest[1..].bytes().take(9).position(|byte| byte == b';');
        let reference = end.map(|end| &rest[1..=end]);
        match reference.and_then(character) {
            Some(c) => {
                out.push(c);
                rest = &rest[reference.map_or(0, str::len) + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character of `amp`, `#8211` or `#x2013`.
fn character(reference: &str) -> Option<char> {
    if let Some(number) = reference.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        let code = plain.then(|| u32::from_str_radix(digits, radix).ok())??;
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    ENTITIES.binary_search_by_key(&reference, |(name, _)| name).ok().map(|at| ENTITIES[at].1)
}

/// Blanks collapse to one, lines lose theirs at both ends, empty lines go.
fn tidy(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        line.split([' ', '\t', '\r', '\u{a0}']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
