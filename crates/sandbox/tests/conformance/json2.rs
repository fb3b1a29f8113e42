//! JSON-2, from 19.0 on.

use serde_json::{Value as Json, json};

use crate::bench::{Bench, same};
use crate::checks;

checks![json2_takes_named_arguments, json2_refuses_with_statuses, json2_wants_a_key];

/// Status and body of a call; `None` before 19.0 and without a key.
async fn call(bench: &Bench, path: &str, body: Json) -> Option<(u16, Json)> {
    let key = bench.api_key.as_ref().filter(|_| bench.series >= 19)?;
    let request = bench.http.post(format!("{}/json/2/{path}", bench.url)).bearer_auth(key).json(&body);
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    Some((status, answer.json().await.unwrap_or(Json::Null)))
}

async fn json2_takes_named_arguments(bench: &Bench) -> Result<(), String> {
    let name = bench.unique("J2");
    let Some((status, ids)) =
        call(bench, "res.partner/create", json!({ "vals_list": [{ "name": name }] })).await
    else {
        return Ok(());
    };
    same(&json!([status, ids.as_array().map(Vec::len)]), json!([200, 1]))?;
    let cases = [
        ("res.partner/create", json!({ "vals_list": { "name": name, "active": false } }), None),
        ("res.partner/search", json!({ "domain": [["name", "=", name]] }), Some(ids.clone())),
        (
            "res.partner/search_count",
            json!({ "domain": [["name", "=", name]], "context": { "active_test": false } }),
            Some(json!(2)),
        ),
        ("res.partner/write", json!({ "ids": ids, "vals": { "phone": "1" } }), Some(json!(true))),
        (
            "res.partner/read",
            json!({ "ids": ids, "fields": ["phone"] }),
            Some(json!([{ "id": ids[0], "phone": "1" }])),
        ),
        ("res.partner/action_archive", json!({ "ids": ids }), Some(Json::Null)),
        ("res.partner/unlink", json!({ "ids": ids }), Some(json!(true))),
    ];
    for (path, body, expected) in cases {
        let Some((status, found)) = call(bench, path, body).await else { return Ok(()) };
        same(&json!(status), json!(200)).map_err(|why| format!("{path}: {why} {found}"))?;
        same(&found, expected.unwrap_or_else(|| found.clone())).map_err(|why| format!("{path}: {why}"))?;
    }
    Ok(())
}

async fn json2_refuses_with_statuses(bench: &Bench) -> Result<(), String> {
    let cases = [
        (
            "res.partner/write",
            json!({ "ids": [99_999_999], "vals": { "name": "x" } }),
            404,
            "odoo.exceptions.MissingError",
        ),
        ("res.partner/create", json!({ "vals_list": [{}] }), 422, "odoo.exceptions.ValidationError"),
        ("res.partner/create", json!({ "vals_list": [{ "zzz": 1 }] }), 500, "builtins.ValueError"),
        ("ir.model.data/create", json!({ "vals_list": [{}] }), 403, "odoo.exceptions.AccessError"),
        ("zzz.model/search", json!({ "domain": [] }), 404, "werkzeug.exceptions.NotFound"),
        ("res.partner/zzz", json!({}), 404, "werkzeug.exceptions.NotFound"),
        ("res.partner/_compute_display_name", json!({}), 403, "odoo.exceptions.AccessError"),
        (
            "res.partner/search",
            json!({ "ids": [1], "domain": [] }),
            422,
            "werkzeug.exceptions.UnprocessableEntity",
        ),
        ("res.partner/search", json!({}), 422, "werkzeug.exceptions.UnprocessableEntity"),
        (
            "res.partner/search",
            json!({ "domain": [], "context": { "allowed_company_ids": [999] } }),
            403,
            "odoo.exceptions.AccessError",
        ),
    ];
    for (path, body, expected, name) in cases {
        let Some((status, found)) = call(bench, path, body).await else { return Ok(()) };
        same(&json!([status, found["name"]]), json!([expected, name]))
            .map_err(|why| format!("{path}: {why}"))?;
    }
    Ok(())
}

async fn json2_wants_a_key(bench: &Bench) -> Result<(), String> {
    if bench.series < 19 {
        return Ok(());
    }
    let path = format!("{}/json/2/res.partner/search", bench.url);
    let answer = bench.http.post(path).bearer_auth("wrong").json(&json!({ "domain": [] })).send().await;
    let answer = answer.map_err(|error| error.to_string())?;
    let header =
        answer.headers().get("www-authenticate").and_then(|value| value.to_str().ok()).unwrap_or_default();
    same(&json!(header.trim().to_lowercase()), json!("bearer"))?;
    same(&json!(answer.status().as_u16()), json!(401))
}
