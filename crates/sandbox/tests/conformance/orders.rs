//! Sales orders: loaded, confirmed, changed.

use serde_json::json;

use crate::bench::{Bench, Caller};
use crate::checks;

checks![an_order_loads_with_its_lines_and_again_changes_nothing, confirming_sets_state_and_date_once];

/// A customer and a product of the check's own.
async fn customer_and_product(caller: &Caller<'_>) -> Result<(u64, u64), String> {
    let bench = caller.bench;
    let partner = caller.create("res.partner", json!({ "name": bench.unique("Customer") })).await?;
    let product = json!({ "name": bench.unique("Product"), "list_price": 10.0, "taxes_id": [[6, 0, []]] });
    Ok((partner, caller.create("product.product", product).await?))
}

async fn an_order_loads_with_its_lines_and_again_changes_nothing(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let (partner, product) = customer_and_product(&caller).await?;
    let key = bench.unique("order");
    let fields = [
        "id",
        "client_order_ref",
        "partner_id/.id",
        "order_line/id",
        "order_line/product_id/.id",
        "order_line/name",
        "order_line/product_uom_qty",
        "order_line/price_unit",
    ];
    let xmlid = |name: &str| format!("__linkspan__.{name}");
    let (partner, product) = (partner.to_string(), product.to_string());
    let rows = json!([
        [xmlid(&key), key, partner, xmlid(&format!("{key}_1")), product, "First", "2", "12.50"],
        ["", "", "", xmlid(&format!("{key}_2")), product, "Second", "1", "5"],
    ]);
    let first = caller.loaded("sale.order", &fields, rows.clone()).await?;
    let again = caller.loaded("sale.order", &fields, rows).await?;
    assert_same(&first, &again)?;
    let order = caller.read("sale.order", first[0], &["order_line", "amount_total", "state"]).await?;
    assert_same(&order["order_line"].as_array().map(Vec::len), &Some(2))?;
    assert_same(&order["amount_total"], &json!(30.0))?;
    assert_same(&order["state"], &json!("draft"))
}

async fn confirming_sets_state_and_date_once(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let (partner, product) = customer_and_product(&caller).await?;
    let line = json!([0, 0, { "product_id": product, "product_uom_qty": 1 }]);
    let values = json!({ "partner_id": partner, "date_order": "2020-01-02 03:04:05", "order_line": [line] });
    let order = caller.create("sale.order", values).await?;
    caller.get("sale.order", "action_confirm", json!([[order]]), json!({})).await?;
    let read = caller.read("sale.order", order, &["state", "date_order", "order_line"]).await?;
    assert_same(&read["state"], &json!("sale"))?;
    if read["date_order"] == "2020-01-02 03:04:05" {
        return Err("the date of the quotation was kept".to_owned());
    }
    let error = caller.fail("sale.order", "action_confirm", json!([[order]]), json!({})).await?;
    assert_same(&error["name"], &json!("odoo.exceptions.UserError"))
}

/// Two values that have to be equal.
pub(crate) fn assert_same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) }
}
