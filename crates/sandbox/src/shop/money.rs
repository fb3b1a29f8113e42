//! Amounts as PHP computes and prints them: floats, with the noise that shops really send.
//!
//! A connector must not compute like this; the sandbox must, because the recorded shop did.

use serde_json::{Number, Value};

/// Rounds half away from zero after dropping noise beyond 15 digits, as PHP's `round` does.
pub(crate) fn round(amount: f64, places: u32) -> f64 {
    let scale = 10f64.powi(places as i32);
    let scaled = amount * scale;
    let clean: f64 = format!("{scaled:.14e}").parse().unwrap_or(scaled);
    clean.round() / scale
}

/// `320.35` for 2 places: what order totals look like.
pub(crate) fn fixed(amount: f64, places: u32) -> String {
    let rounded = round(amount, places);
    // Adding 0.0 turns a negative zero into a plain one.
    format!("{:.*}", places as usize, rounded + 0.0)
}

/// `40.4955`, `6`: the shortest text that reads back as the same number.
pub(crate) fn plain(amount: f64) -> String {
    format!("{}", amount + 0.0)
}

/// A JSON number; PHP writes a float without a fraction as an integer.
pub(crate) fn number(amount: f64) -> Value {
    if amount.fract() == 0.0 && amount.abs() < 1e15 {
        return Value::from(amount as i64);
    }
    Number::from_f64(amount).map_or(Value::Null, Value::Number)
}

/// Reads an amount that may be text or number; what is neither counts as 0, as in PHP.
pub(crate) fn read(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        Value::String(text) => text.trim().parse().unwrap_or(0.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_round_and_print_as_in_the_recordings() {
        assert_eq!(fixed(1.125, 2), "1.13");
        assert_eq!(fixed(5.325, 2), "5.33");
        assert_eq!(fixed(-0.294964, 2), "-0.29");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(438.87, 0), "439");
        assert_eq!(plain(22.350), "22.35");
        assert_eq!(plain(6.0), "6");
        assert_eq!(number(149.0).to_string(), "149");
        assert_eq!(number(269.97 / 3.0).to_string(), "89.99000000000001");
    }
}
