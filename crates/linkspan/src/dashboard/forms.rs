//! Addresses with a query, the way back after an action, and the notice that the next page shows.

use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use url::form_urlencoded;

/// Holds what the last action said, in hex: no character of a message is special in a cookie then.
const NOTICE_COOKIE: &str = "linkspan_notice";
const NOTICE_CHARS: usize = 300;

/// `path?name=value` of the values that are there.
pub(super) fn with_query(path: &str, query: &[(&str, Option<&str>)]) -> String {
    let mut encoder = form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            encoder.append_pair(name, value);
        }
    }
    let query = encoder.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A text as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The page of a record.
pub(super) fn record_path(backend: &str, entity: &str, record: &str) -> String {
    format!("/records/{}/{}/{}", segment(backend), segment(entity), segment(record))
}

/// A way back that stays on this dashboard: `//host` and `/\host` would lead elsewhere.
pub(super) fn way_back<'b>(back: Option<&'b str>, otherwise: &'b str) -> &'b str {
    let safe = |back: &&str| {
        back.starts_with('/')
            && !back[1..].starts_with(['/', '\\'])
            && !back.chars().any(|c| c.is_control() || c == '\\')
    };
    back.filter(safe).unwrap_or(otherwise)
}

/// Goes to `path`, which then shows `notice`.
pub(super) fn go_and_say(jar: CookieJar, path: &str, notice: &str, https: bool) -> Response {
    let short: String = notice.chars().take(NOTICE_CHARS).collect();
    let jar = jar.add(cookie(NOTICE_COOKIE, hex::encode(short), https));
    (jar, Redirect::to(path)).into_response()
}

/// What the last action said.
pub(super) fn notice(jar: &CookieJar) -> Option<String> {
    let value = jar.get(NOTICE_COOKIE)?.value();
    String::from_utf8(hex::decode(value).ok()?).ok().map(|text| text.chars().take(NOTICE_CHARS).collect())
}

/// Takes the notice away, since it was shown.
pub(super) fn without_notice() -> Cookie<'static> {
    let mut gone = cookie(NOTICE_COOKIE, String::new(), false);
    gone.make_removal();
    gone
}

/// A cookie that scripts cannot read and that other sites cannot send.
pub(super) fn cookie(name: &'static str, value: String, https: bool) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Strict).secure(https).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leads_elsewhere() {
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "jobs", "", "/a\r\nb: c", "\\/x"]
        {
            assert_eq!(way_back(Some(elsewhere), "/"), "/", "{elsewhere:?}");
        }
        assert_eq!(way_back(Some("/jobs?state=dead"), "/"), "/jobs?state=dead");
    }

    #[test]
    fn any_text_is_one_segment() {
        assert_eq!(record_path("s", "order", "a/b ?#%ü.."), "/records/s/order/a%2Fb%20%3F%23%25%C3%BC%2E%2E");
    }
}
