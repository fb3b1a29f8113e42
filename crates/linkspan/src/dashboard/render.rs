//! Templates become pages.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};

use super::failure::{Failure, Result};
use super::guard::Identity;
use super::{assets, forms};
use crate::store::{Role, now_ms};

/// Values for a template by name: `values! { jobs, title => "Jobs" }`.
macro_rules! values {
    (@one $name:ident) => { minijinja::Value::from(minijinja::value::Serde(&$name)) };
    (@one $name:ident $value:expr) => { minijinja::Value::from(minijinja::value::Serde(&$value)) };
    ($($name:ident $(=> $value:expr)?),* $(,)?) => {
        minijinja::Value::from(std::collections::BTreeMap::from([
            $((stringify!($name), $crate::dashboard::render::values!(@one $name $($value)?))),*
        ]))
    };
}
pub(super) use values;

/// Names of undefined values are errors, and `.html` is escaped.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    for path in assets::templates() {
        let name = path.trim_start_matches("templates/").to_owned();
        if let Some(text) = assets::text(&path)
            && let Err(error) = environment.add_template_owned(name, text)
        {
            tracing::error!(%error, "a template of the dashboard is wrong");
        }
    }
    environment.add_filter("time", time);
    environment.add_filter("span", span);
    environment.add_filter("segment", |text: String| forms::segment(&text));
    environment.add_filter("pretty", pretty);
    environment.add_filter("shown", shown);
    environment.add_filter("number", number);
    environment.add_filter("plural", plural);
    environment
});

/// A page of somebody who is signed in; `section` is the part of the navigation it belongs to.
pub(super) fn page(who: &Identity, section: &str, template: &str, values: Value) -> Result {
    let base = values! {
        me => who.name,
        role => who.role.text(),
        operator => who.role == Role::Operator,
        csrf => who.csrf,
        notice => who.notice,
        section,
        now => now_ms(),
    };
    let html = render(template, both(base, values))?;
    let mut headers = HeaderMap::new();
    if who.notice.is_some()
        && let Ok(cookie) = HeaderValue::from_str(&forms::without_notice().to_string())
    {
        headers.insert(header::SET_COOKIE, cookie);
    }
    Ok((headers, Html(html)).into_response())
}

/// The values of two maps; the first one wins.
pub(super) fn both(first: Value, second: Value) -> Value {
    context! { ..first, ..second }
}

/// A page outside any session.
pub(super) fn bare(template: &str, values: Value) -> Response {
    match render(template, values) {
        Ok(html) => Html(html).into_response(),
        // A template that is wrong is found by the first test that renders it.
        Err(failure) => failure.message.into_response(),
    }
}

fn render(template: &str, values: Value) -> Result<String> {
    let rendered = TEMPLATES.get_template(template).and_then(|template| template.render(values));
    rendered.map_err(|error| {
        tracing::error!(%error, template, "a page could not be rendered");
        Failure::new(
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            "This page could not be rendered. That is a bug of Linkspan; the log has its place",
        )
    })
}

/// A time as people say it, with the exact one in its title.
fn time(at: Option<i64>) -> Value {
    let Some(at) = at else { return Value::from("never") };
    let Ok(exact) = Timestamp::from_millisecond(at) else { return Value::from(at.to_string()) };
    let machine = exact.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let title = exact.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    Value::from_safe_string(format!(
        r#"<time datetime="{machine}" title="{title}">{}</time>"#,
        relative(at, now_ms(), exact)
    ))
}

fn relative(at: i64, now: i64, exact: Timestamp) -> String {
    let away = now - at;
    match away.unsigned_abs() {
        0..2_000 => "now".to_owned(),
        ms if ms >= 7 * 86_400_000 => exact.strftime("%Y-%m-%d").to_string(),
        _ if away > 0 => format!("{} ago", length(away)),
        _ => format!("in {}", length(-away)),
    }
}

/// A length of time: "3 min".
fn span(ms: Option<i64>) -> String {
    ms.map_or_else(|| "–".to_owned(), length)
}

pub(super) fn length(ms: i64) -> String {
    match ms.max(0) {
        ms @ 0..1_000 => format!("{ms} ms"),
        ms @ 1_000..60_000 => format!("{} s", ms / 1_000),
        ms @ 60_000..3_600_000 => format!("{} min", ms / 60_000),
        ms @ 3_600_000..86_400_000 => format!("{} h", ms / 3_600_000),
        ms => format!("{} d", ms / 86_400_000),
    }
}

/// JSON over several lines; what is no JSON as it is.
pub(super) fn pretty(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&text)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or(text)
}

/// A value of Odoo as people read it: a link `[7, "Goods"]` by its name, text without quotes.
fn shown(value: Value) -> String {
    let json = serde_json::to_value(&value).unwrap_or_default();
    match (&json, json.as_array().map(Vec::as_slice)) {
        (serde_json::Value::String(text), _) => text.clone(),
        (_, Some([serde_json::Value::Number(id), serde_json::Value::String(name)])) => {
            format!("{name} ({id})")
        }
        _ => json.to_string(),
    }
}

/// 12345 as "12,345".
fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

/// "1 job", "2 jobs".
fn plural(count: i64, one: String) -> String {
    format!("{} {one}{}", number(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        let now = 1_800_000_000_000;
        let exact = Timestamp::from_millisecond(now).expect("a time");
        let cases = [
            (0, "now"),
            (5_000, "5 s ago"),
            (180_000, "3 min ago"),
            (7_200_000, "2 h ago"),
            (3 * 86_400_000, "3 d ago"),
            (-90_000, "in 1 min"),
            (30 * 86_400_000, "2027-01-15"),
        ];
        for (away, expected) in cases {
            assert_eq!(relative(now - away, now, exact), expected);
        }
    }

    #[test]
    fn numbers_have_thousands() {
        for (value, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn every_template_is_understood() {
        let names: Vec<String> = assets::templates().collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            let name = name.trim_start_matches("templates/");
            assert!(TEMPLATES.get_template(name).is_ok(), "{name}");
        }
    }
}
