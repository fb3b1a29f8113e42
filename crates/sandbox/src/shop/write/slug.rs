//! Slugs as WordPress makes them.

/// `Tea <b>"Royal"</b> &amp; mug – 250 g` becomes `tea-royal-mug-250-g`; other scripts stay readable here.
pub(crate) fn readable(name: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in name.replace("&amp;", " ").chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            c if c.is_alphanumeric() => text.extend(c.to_lowercase()),
            ' ' | '-' | '–' | '—' | '/' | '_' => text.push('-'),
            _ => {}
        }
    }
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The slug as it is kept: bytes beyond ASCII in lower case percent form.
pub(crate) fn kept(name: &str) -> String {
    let readable = readable(name);
    let mut out = String::new();
    for byte in readable.bytes() {
        if byte.is_ascii() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}
