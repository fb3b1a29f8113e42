//! What a plain salesperson may do.

use serde_json::{Value as Json, json};

use crate::bench::{Bench, same};
use crate::checks;

checks![
    a_salesperson_has_the_rights_of_one,
    a_salesperson_loads_by_external_id_without_seeing_any,
    a_salesperson_creates_no_products,
];

async fn a_salesperson_has_the_rights_of_one(bench: &Bench) -> Result<(), String> {
    let Some(plain) = &bench.plain else { return Ok(()) };
    let caller = bench.user(plain).await;
    let rights = [
        ("res.partner", "rcwu"),
        ("res.country", "r"),
        ("res.currency", "r"),
        ("product.product", "r"),
        ("product.category", "r"),
        ("product.pricelist", "r"),
        ("uom.uom", "r"),
        ("account.tax", "r"),
        ("sale.order", "rcw"),
        ("sale.order.line", "rcwu"),
        ("decimal.precision", ""),
        ("ir.model.data", ""),
    ];
    for (model, expected) in rights {
        let mut found = String::new();
        for operation in ["read", "create", "write", "unlink"] {
            let quiet = json!({ "raise_exception": false });
            if caller.get(model, "check_access_rights", json!([operation]), quiet).await? == json!(true) {
                found.push(if operation == "unlink" { 'u' } else { operation.as_bytes()[0] as char });
            }
        }
        same(&json!([model, found]), json!([model, expected]))?;
    }
    Ok(())
}

async fn a_salesperson_loads_by_external_id_without_seeing_any(bench: &Bench) -> Result<(), String> {
    let Some(plain) = &bench.plain else { return Ok(()) };
    let caller = bench.user(plain).await;
    let key = format!("__linkspan__.{}", bench.unique("plain").replace('-', "_"));
    let id = caller.loaded("res.partner", &["id", "name"], json!([[key, "A"]])).await?[0];
    same(&json!(caller.loaded("res.partner", &["id", "phone"], json!([[key, "1"]])).await?), json!([id]))?;
    same(
        &json!(caller.loaded("res.partner", &[".id", "phone"], json!([[id.to_string(), "2"]])).await?),
        json!([id]),
    )?;
    let metadata = caller.get("res.partner", "get_metadata", json!([[id]]), json!({})).await?;
    same(&metadata[0]["xmlid"], json!(key))?;
    for (method, args) in [("search_read", json!([[]])), ("create", json!([{ "name": "x" }]))] {
        let error = caller.fail("ir.model.data", method, args, json!({})).await?;
        same(&error["name"], json!("odoo.exceptions.AccessError"))?;
    }
    Ok(())
}

async fn a_salesperson_creates_no_products(bench: &Bench) -> Result<(), String> {
    let Some(plain) = &bench.plain else { return Ok(()) };
    let caller = bench.user(plain).await;
    let error = caller.fail("product.product", "create", json!([{ "name": "x" }]), json!({})).await?;
    same(&error["name"], json!("odoo.exceptions.AccessError"))?;
    let text = error["message"].as_str().unwrap_or_default();
    let start = "You are not allowed to create 'Product Variant' (product.product) records.\n\nThis operation is allowed for the following groups:\n\t- ";
    same(&json!(text.starts_with(start)), json!(true)).map_err(|_| text.to_owned())?;
    let answer = caller.load("product.product", &["name"], json!([["x"]])).await?;
    same(&json!([answer["ids"], answer["messages"][0]["message"]]), json!([false, Json::from(text)]))?;
    if bench.series >= 18 {
        let may = caller.get("product.product", "has_access", json!([[], "create"]), json!({})).await?;
        same(&may, json!(false))?;
    }
    Ok(())
}
