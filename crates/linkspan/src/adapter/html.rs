//! Pages and PHP messages that come where JSON should be, told so that a shop owner knows what to look at.

use super::error::AdapterError;

/// Characters of a page that are shown when it has no title.
const SHOWN_CHARS: usize = 80;

/// The error for a page of HTML, or for PHP's own messages in front of the JSON.
pub(super) fn error(body: &[u8]) -> AdapterError {
    php_error(body).unwrap_or_else(|| {
        AdapterError::config(format!("The server sent a web page instead of JSON: {}.", describe(body))).hint(
            "Check that the store address is right and leads to the API; a theme's page, a login page, a \
             maintenance page or a firewall in front of the shop looks like this.",
        )
    })
}

/// The error for PHP messages in front of the JSON; `None` when the body does not start with one.
pub(super) fn php_error(body: &[u8]) -> Option<AdapterError> {
    let start = String::from_utf8_lossy(&body[..body.len().min(2_000)]);
    let plain = plain_text(&start);
    const KINDS: [&str; 6] =
        ["Warning:", "Notice:", "Deprecated:", "Fatal error:", "Parse error:", "Strict Standards:"];
    if is_page(&start)
        || !KINDS.iter().any(|kind| plain.starts_with(kind) || plain.starts_with(&format!("PHP {kind}")))
    {
        return None;
    }
    Some(
        AdapterError::config(format!(
            "The server put a PHP message in front of the JSON: {}",
            shown(&plain, 160)
        ))
        .hint(
            "Update or switch off the plugin it names, and switch off `display_errors` (WordPress: \
             WP_DEBUG_DISPLAY), so that messages go to the log.",
        ),
    )
}

/// Whether a text begins as a page of HTML does.
pub(super) fn is_page(text: &str) -> bool {
    let starts =
        |tag: &str| text.trim_start().get(..tag.len()).is_some_and(|first| first.eq_ignore_ascii_case(tag));
    ["<!doctype", "<html"].into_iter().any(starts)
}

/// The page's title in quotes, or the first characters of its text.
pub(super) fn describe(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(16_000)]);
    match title(&text) {
        Some(title) => format!("\"{}\"", shown(&title, SHOWN_CHARS)),
        None => format!("it starts with \"{}\"", shown(&plain_text(&text), SHOWN_CHARS)),
    }
}

/// A sentence that may hold tags and entities, as plain text on one line.
pub(super) fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('>').filter(|_| is_tag(&rest[open + 1..])) else {
            text.push('<');
            rest = &rest[open + 1..];
            continue;
        };
        if !is_inline(&rest[open + 1..]) {
            text.push(' ');
        }
        rest = skip_hidden(&rest[open..], close);
    }
    text.push_str(rest);
    one_line(&html_escape::decode_html_entities(&text))
}

/// What follows a tag; for scripts and styles what follows their end.
fn skip_hidden(tag: &str, close: usize) -> &str {
    for name in ["script", "style"] {
        let named = tag.get(1..=name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if named {
            let end = tag.to_ascii_lowercase().find(&format!("</{name}"));
            return end.map_or("", |end| &tag[end..]);
        }
    }
    &tag[close + 1..]
}

fn is_tag(after: &str) -> bool {
    after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
}

/// Whether a tag stands inside a word or sentence, as `<b>` does.
fn is_inline(after: &str) -> bool {
    let name =
        after.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    ["a", "b", "code", "em", "i", "span", "strong"].iter().any(|inline| name.eq_ignore_ascii_case(inline))
}

fn title(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = one_line(&html_escape::decode_html_entities(&html[start..end]));
    (!title.is_empty()).then_some(title)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_its_title() {
        let page =
            b"<!DOCTYPE html>\n<html><head>\n<TITLE lang='en'>Page not found &#8211;\n Fixture Shop</title>";
        assert_eq!(describe(page), "\"Page not found \u{2013} Fixture Shop\"");
    }

    #[test]
    fn a_page_without_title_is_named_by_its_text() {
        let page =
            b"<style>p { color: red }</style><p>Down for <b>maintenance</b> &amp; repair</p><script>x < 1";
        assert_eq!(describe(page), "it starts with \"Down for maintenance & repair\"");
    }

    #[test]
    fn a_php_message_is_told_from_a_page() {
        let warning = b"<br />\n<b>Warning</b>:  Undefined array key \"k\" in <b>/srv/x.php</b> on line <b>11</b><br />\n[]";
        let error = php_error(warning).expect("a PHP message");
        assert!(
            error.message.contains("Warning: Undefined array key \"k\" in /srv/x.php on line 11"),
            "{error}"
        );
        assert!(php_error(b"<html><title>Warning: high prices").is_none());
    }
}
