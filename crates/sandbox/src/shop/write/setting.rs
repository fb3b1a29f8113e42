//! Options that can be set through the API.

use serde_json::Value;

use super::super::answer::{Answer, Refusal, no_route};
use super::super::root;
use super::super::state::State;
use super::Fields;

/// Sets one option; the answer shows it.
pub(super) fn update(state: &mut State, path: &str, body: &Fields) -> Result<Answer, Refusal> {
    let parts: Vec<&str> = path.trim_start_matches("/wp-json/wc/v3/").split('/').collect();
    let (["settings", group, name], Some(value)) = (&*parts, body.get("value").and_then(Value::as_str))
    else {
        return Err(no_route());
    };
    let settings = &mut state.settings;
    match (*group, *name) {
        ("general", "woocommerce_currency") => settings.currency = value.to_owned(),
        ("general", "woocommerce_price_num_decimals") => {
            settings.decimals = value.parse().unwrap_or(settings.decimals);
        }
        ("products", "woocommerce_weight_unit") => settings.weight_unit = value.to_owned(),
        ("tax", "woocommerce_prices_include_tax") => settings.prices_include_tax = value == "yes",
        _ => return Err(no_route()),
    }
    state.touch();
    let shown = root::setting(&state.settings, group, name).ok_or_else(no_route)?;
    Ok(Answer::json(200, &shown))
}
