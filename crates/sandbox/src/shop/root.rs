//! The small resources: indexes, system status, settings, taxes, currencies.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal, no_route};
use super::derive;
use super::present::{api_url, site};
use super::route::{Request, Route};
use super::spec::Settings;
use super::state::State;

/// Whether a path below the API root is one of the small resources.
pub(crate) fn knows(parts: &[&str]) -> bool {
    matches!(
        parts,
        ["system_status" | "taxes"] | ["taxes", "classes"] | ["settings", _, _] | ["data", "currencies", _]
    ) || matches!(parts, ["taxes", id] if id.parse::<u64>().is_ok())
}

/// `Allow` of the small resources.
pub(crate) fn allow(route: Route, path: &str) -> Option<&'static str> {
    if route != Route::Other {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    Some(match &*parts {
        ["taxes"] | ["taxes", "classes"] => "GET, POST",
        ["taxes", _] => "GET, POST, PUT, PATCH, DELETE",
        ["settings", _, _] => "GET, POST, PUT, PATCH",
        _ => "GET",
    })
}

/// `/wp-json/` and what is beside `wc/v3` there; needs no key.
pub(crate) fn index(state: &State, path: &str) -> Answer {
    if !path.trim_matches('/').is_empty() {
        return *no_route();
    }
    let settings = &state.settings;
    let body = json!({
        "name": settings.title, "description": "", "url": site(settings), "home": site(settings),
        "gmt_offset": super::money::number(settings.utc_offset_secs as f64 / 3600.0),
        "timezone_string": settings.timezone,
        "namespaces": ["oembed/1.0", "wc/v3", "wc/store", "wc/store/v1", "wc/v1", "wc/v2", "wp/v2"],
        "authentication": { "application-passwords": { "endpoints": {
            "authorization": format!("{}/wp-admin/authorize-application.php", site(settings)) } } },
        "routes": {}, "site_logo": 0, "site_icon": 0, "site_icon_url": "",
        "_links": { "help": [{ "href": "https://developer.wordpress.org/rest-api/" }] },
    });
    Answer::json(200, &body).with("Allow", "GET").with("Vary", "Origin")
}

/// Reads one of the small resources.
pub(crate) fn read(state: &State, request: &Request) -> Result<Answer, Refusal> {
    let settings = &state.settings;
    let path = request.path.trim_start_matches("/wp-json/wc/v3");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let body = match &*parts {
        [] => json!({ "namespace": "wc/v3", "routes": {}, "_links": { "up": [{
            "href": format!("{}/wp-json/", site(settings)) }] } }),
        ["system_status"] => system_status(settings),
        ["taxes"] => return Ok(taxes(settings, request)),
        ["taxes", "classes"] => tax_classes(settings),
        ["taxes", id] => {
            let rate = settings.tax_rates.iter().position(|rate| rate.id.to_string() == *id);
            tax(settings, rate.ok_or_else(no_route)?)
        }
        ["settings", group, name] => setting(settings, group, name).ok_or_else(no_route)?,
        ["data", "currencies", code] => currency(settings, code),
        _ => return Err(no_route()),
    };
    let view = super::query::view(&request.query);
    let body = view.fields.map_or(body.clone(), |fields| super::present::select(&body, &fields));
    Ok(Answer::json(200, &body))
}

fn system_status(settings: &Settings) -> Value {
    json!({
        "environment": {
            "home_url": site(settings), "site_url": site(settings), "version": "9.2.5", "wp_version": "6.5.5",
            "wp_multisite": false, "language": "en_US", "php_version": "8.2.36", "default_timezone": "UTC",
        },
        "settings": {
            "api_enabled": false, "force_ssl": false, "currency": settings.currency,
            "currency_symbol": derive::symbol(&settings.currency).0, "currency_position": "left",
            "thousand_separator": ",", "decimal_separator": ".", "number_of_decimals": settings.decimals,
            "geolocation_enabled": false, "HPOS_enabled": true, "HPOS_sync_enabled": false,
        },
        "security": { "secure_connection": false, "hide_errors": true },
    })
}

fn taxes(settings: &Settings, request: &Request) -> Answer {
    let class = request.param("class");
    let wanted = |at: &usize| class.is_none_or(|class| settings.tax_rates[*at].class == class);
    let rates: Vec<Value> =
        (0..settings.tax_rates.len()).filter(wanted).map(|at| tax(settings, at)).collect();
    let total = rates.len().to_string();
    let pages = rates.len().div_ceil(10).to_string();
    Answer::json(200, &Value::Array(rates)).with("X-WP-Total", total).with("X-WP-TotalPages", pages)
}

fn tax(settings: &Settings, at: usize) -> Value {
    let rate = &settings.tax_rates[at];
    json!({
        "id": rate.id, "country": rate.country, "state": "", "postcode": "", "city": "",
        "rate": format!("{:.4}", rate.percent), "name": rate.name, "priority": 1, "compound": false,
        "shipping": rate.shipping, "order": 0, "class": rate.class, "postcodes": [], "cities": [],
        "_links": {
            "self": [{ "href": api_url(settings, &format!("taxes/{}", rate.id)) }],
            "collection": [{ "href": api_url(settings, "taxes") }],
        },
    })
}

fn tax_classes(settings: &Settings) -> Value {
    let classes =
        [("standard", "Standard rate"), ("reduced-rate", "Reduced rate"), ("zero-rate", "Zero rate")];
    let links = json!({ "collection": [{ "href": api_url(settings, "taxes/classes") }] });
    classes.iter().map(|(slug, name)| json!({ "slug": slug, "name": name, "_links": links })).collect()
}

pub(crate) fn setting(settings: &Settings, group: &str, name: &str) -> Option<Value> {
    let yes_no = |on: bool| if on { "yes" } else { "no" }.to_owned();
    let (label, kind, default, value) = match (group, name) {
        ("general", "woocommerce_currency") => ("Currency", "select", "USD", settings.currency.clone()),
        ("general", "woocommerce_price_num_decimals") => {
            ("Number of decimals", "number", "2", settings.decimals.to_string())
        }
        ("products", "woocommerce_weight_unit") => {
            ("Weight unit", "select", "kg", settings.weight_unit.clone())
        }
        ("tax", "woocommerce_prices_include_tax") => {
            ("Prices entered with tax", "radio", "no", yes_no(settings.prices_include_tax))
        }
        _ => return None,
    };
    Some(json!({
        "id": name, "label": label, "type": kind, "default": default, "value": value, "group_id": group,
        "_links": {
            "self": [{ "href": api_url(settings, &format!("settings/{group}/{name}")) }],
            "collection": [{ "href": api_url(settings, &format!("settings/{group}")) }],
        },
    }))
}

fn currency(settings: &Settings, code: &str) -> Value {
    let code = if code == "current" { settings.currency.clone() } else { code.to_uppercase() };
    let name = match &*code {
        "SAR" => "Saudi riyal",
        "USD" => "United States (US) dollar",
        "EUR" => "Euro",
        "KWD" => "Kuwaiti dinar",
        other => other,
    };
    json!({
        "code": code, "name": name, "symbol": derive::symbol(&code).0,
        "_links": {
            "self": [{ "href": api_url(settings, &format!("data/currencies/{code}")) }],
            "collection": [{ "href": api_url(settings, "data/currencies") }],
        },
    })
}
