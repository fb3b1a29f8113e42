//! Customers.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal, refuse};
use super::super::dates;
use super::super::kind::Kind;
use super::super::state::State;
use super::Fields;
use super::fields::{check_types, empty_address, merge_block, put_meta};

const TEXTS: [&str; 4] = ["email", "first_name", "last_name", "username"];

/// Creates a customer; a mail address is required and must be new.
pub(crate) fn create(state: &mut State, body: &Fields) -> Result<u64, Refusal> {
    let Some(email) = body.get("email").and_then(Value::as_str) else {
        let data = json!({ "status": 400, "params": ["email"] });
        let message = "Missing parameter(s): email";
        let body = json!({ "code": "rest_missing_callback_param", "message": message, "data": data });
        return Err(Box::new(Answer::json(400, &body)));
    };
    check_types(body, &TEXTS, &[])?;
    check_email(state, email, None)?;
    let id = state.new_id(Kind::Customer);
    let now = state.now();
    let username = email.split('@').next().unwrap_or_default();
    let mut record = Fields::new();
    for (name, value) in [
        ("id", json!(id)),
        ("role", json!("customer")),
        ("username", json!(username)),
        ("first_name", json!("")),
        ("last_name", json!("")),
        ("billing", empty_address(true)),
        ("shipping", empty_address(false)),
        ("is_paying_customer", json!(false)),
        ("avatar_url", json!(format!("https://secure.gravatar.example/avatar/{id}?s=96&d=mm&r=g"))),
        ("meta_data", json!([])),
    ] {
        record.insert(name.into(), value);
    }
    dates::stamp(&mut record, "date_created", Some(now), state.settings.utc_offset_secs);
    fill(state, &mut record, body);
    dates::stamp(&mut record, "date_modified", Some(now), state.settings.utc_offset_secs);
    state.put(Kind::Customer, id, record);
    Ok(id)
}

/// Changes the fields that the body names.
pub(crate) fn update(state: &mut State, id: u64, body: &Fields) -> Result<(), Refusal> {
    check_types(body, &TEXTS, &[])?;
    if let Some(email) = body.get("email").and_then(Value::as_str) {
        check_email(state, email, Some(id))?;
    }
    let Some(mut record) = state.take(Kind::Customer, id) else { return Ok(()) };
    fill(state, &mut record, body);
    let now = state.now();
    dates::stamp(&mut record, "date_modified", Some(now), state.settings.utc_offset_secs);
    state.put(Kind::Customer, id, record);
    Ok(())
}

fn fill(state: &mut State, record: &mut Fields, body: &Fields) {
    for name in TEXTS {
        if let Some(value) = body.get(name) {
            record.insert(name.into(), value.clone());
        }
    }
    merge_block(record, body, "billing");
    merge_block(record, body, "shipping");
    put_meta(state, record, body);
}

fn check_email(state: &State, email: &str, own: Option<u64>) -> Result<(), Refusal> {
    if !valid_email(email) {
        return refuse(400, "customer_invalid_email", "Invalid email address");
    }
    let held = |id: &u64| {
        Some(*id) != own
            && state.get(Kind::Customer, *id).is_some_and(|record| {
                record["email"].as_str().is_some_and(|held| held.eq_ignore_ascii_case(email))
            })
    };
    if state.ids(Kind::Customer).iter().any(held) {
        let message = "An account is already registered with your email address. \
                       <a href=\"#\" class=\"showlogin\">Please log in.</a>";
        return refuse(400, "registration-error-email-exists", message);
    }
    Ok(())
}

/// What WordPress takes for a mail address, roughly: something, an at sign, a domain with a dot.
pub(super) fn valid_email(email: &str) -> bool {
    email
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.trim_matches('.').contains('.'))
}

/// A paid order makes its customer a paying one, and a changed one.
pub(super) fn mark_paying(state: &mut State, id: u64, now: i64) {
    let Some(mut record) = state.take(Kind::Customer, id) else { return };
    record.insert("is_paying_customer".into(), true.into());
    dates::stamp(&mut record, "date_modified", Some(now), state.settings.utc_offset_secs);
    state.put(Kind::Customer, id, record);
}
