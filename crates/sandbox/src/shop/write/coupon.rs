//! Coupons: percent, or an amount off the cart.

use serde_json::{Value, json};

use super::super::answer::{Refusal, refuse};
use super::super::dates;
use super::super::kind::Kind;
use super::super::state::State;
use super::Fields;
use super::fields::check_types;

/// Creates a coupon; its code is kept in lower case and must be new.
pub(super) fn create(state: &mut State, body: &Fields) -> Result<u64, Refusal> {
    check_types(body, &["code", "discount_type", "amount"], &[])?;
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    if find(state, &code).is_some() {
        return refuse(400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists");
    }
    let id = state.new_id(Kind::Coupon);
    let record = json!({
        "id": id, "code": code, "amount": "0.00", "status": "publish", "discount_type": "fixed_cart",
        "description": "", "date_expires": null, "date_expires_gmt": null, "usage_count": 0,
        "individual_use": false, "product_ids": [], "excluded_product_ids": [], "usage_limit": null,
        "usage_limit_per_user": null, "limit_usage_to_x_items": null, "free_shipping": false,
        "product_categories": [], "excluded_product_categories": [], "exclude_sale_items": false,
        "minimum_amount": "0.00", "maximum_amount": "0.00", "email_restrictions": [], "used_by": [],
        "meta_data": [],
    });
    if let Value::Object(mut record) = record {
        let now = state.now();
        dates::stamp(&mut record, "date_created", Some(now), state.settings.utc_offset_secs);
        state.put(Kind::Coupon, id, record);
    }
    update(state, id, body)?;
    Ok(id)
}

/// Changes the fields that the body names.
pub(super) fn update(state: &mut State, id: u64, body: &Fields) -> Result<(), Refusal> {
    check_types(body, &["code", "discount_type", "amount"], &[])?;
    let Some(mut record) = state.take(Kind::Coupon, id) else { return Ok(()) };
    for (name, value) in body {
        let known = record.contains_key(name) && !matches!(&**name, "id" | "code" | "amount");
        if known {
            record.insert(name.clone(), value.clone());
        }
    }
    if let Some(amount) = body.get("amount") {
        let amount = super::super::money::fixed(super::super::money::read(amount), 2);
        record.insert("amount".into(), amount.into());
    }
    let now = state.now();
    dates::stamp(&mut record, "date_modified", Some(now), state.settings.utc_offset_secs);
    state.put(Kind::Coupon, id, record);
    Ok(())
}

/// The coupon of a code, whatever its case.
pub(super) fn find(state: &State, code: &str) -> Option<u64> {
    let same = |id: &u64| {
        let record = state.get(Kind::Coupon, *id);
        record
            .is_some_and(|record| record["code"].as_str().is_some_and(|held| held.eq_ignore_ascii_case(code)))
    };
    state.ids(Kind::Coupon).into_iter().find(same)
}
