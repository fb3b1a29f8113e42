//! `load`: columns, cells, messages.

use serde_json::{Value as Json, json};

use crate::bench::{Bench, Caller, same};
use crate::checks;

checks![
    an_external_id_creates_then_updates,
    an_external_id_without_a_dot_gets_a_module,
    an_unknown_database_id_is_a_message,
    an_archived_record_is_not_found_by_its_database_id,
    an_archived_record_is_found_by_its_external_id,
    an_unknown_column_is_an_exception,
    cells_that_do_not_fit_are_told_with_what_would,
    words_for_yes_and_no,
    an_empty_cell_empties_its_field,
    an_empty_cell_in_a_required_field_is_told,
    an_empty_category_is_refused_until_18,
    relations_that_are_not_found_are_told,
    a_name_that_fits_several_is_a_warning,
    several_tags_stand_in_one_cell,
    a_cell_of_tags_replaces_those_that_were_there,
    several_records_of_a_line_stand_in_one_cell,
    the_same_external_id_twice_is_one_record,
    an_external_id_of_another_model_is_refused,
    all_is_kept_or_nothing,
    moments_are_in_the_zone_of_the_context,
    a_moment_with_a_t_is_refused,
    a_true_that_is_no_text_is_an_exception,
    messages_are_in_the_users_language,
    a_new_contact_below_a_company_takes_an_accountant_from_18_on,
    contacts_load_below_their_company,
];

fn xmlid(bench: &Bench, word: &str) -> String {
    format!("__linkspan__.{}", bench.unique(word).replace('-', "_"))
}

/// The first message of rows that have to be refused.
async fn refused(caller: &Caller<'_>, model: &str, fields: &[&str], rows: Json) -> Result<Json, String> {
    let answer = caller.load(model, fields, rows).await?;
    same(&answer["ids"], json!(false))?;
    Ok(answer["messages"][0].clone())
}

async fn an_external_id_creates_then_updates(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let key = xmlid(bench, "p");
    let first = caller.loaded("res.partner", &["id", "name", "phone"], json!([[key, "One", "1"]])).await?;
    let again = caller.loaded("res.partner", &["id", "phone"], json!([[key, "2"]])).await?;
    same(&json!(first), json!(again))?;
    let read = caller.read("res.partner", first[0], &["name", "phone"]).await?;
    same(&json!([read["name"], read["phone"]]), json!(["One", "2"]))
}

async fn an_external_id_without_a_dot_gets_a_module(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let key = bench.unique("plain").replace('-', "_");
    let id = caller.loaded("res.partner", &["id", "name"], json!([[key, "One"]])).await?[0];
    let metadata = caller.get("res.partner", "get_metadata", json!([[id]]), json!({})).await?;
    same(&metadata[0]["xmlid"], json!(format!("__import__.{key}")))
}

async fn an_unknown_database_id_is_a_message(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let rows = json!([["99999999", "x"]]);
    let message = refused(&caller, "res.partner", &[".id", "name"], rows).await?;
    same(&message["field"], json!(".id"))?;
    same(&message["message"], json!("Unknown database identifier '99999999'"))?;
    let error =
        caller.fail("res.partner", "load", json!([[".id", "name"], [["abc", "x"]]]), json!({})).await?;
    same(&error["name"], json!("psycopg2.errors.InvalidTextRepresentation"))
}

async fn an_archived_record_is_not_found_by_its_database_id(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let id = caller.create("res.partner", json!({ "name": "Gone", "active": false })).await?;
    let rows = json!([[id.to_string(), "Back"]]);
    let message = refused(&caller, "res.partner", &[".id", "name"], rows.clone()).await?;
    same(&message["message"], json!(format!("Unknown database identifier '{id}'")))?;
    let all = json!({ "context": { "active_test": false } });
    let answer = caller.get("res.partner", "load", json!([[".id", "name"], rows]), all).await?;
    same(&answer["ids"], json!([id]))
}

async fn an_archived_record_is_found_by_its_external_id(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let key = xmlid(bench, "a");
    let fields = ["id", "name", "active"];
    let first = caller.loaded("res.partner", &fields, json!([[key, "One", "False"]])).await?;
    let again = caller.loaded("res.partner", &fields, json!([[key, "Two", "False"]])).await?;
    same(&json!(first), json!(again))
}

async fn an_unknown_column_is_an_exception(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    for column in ["zzz", "country_id/zzz"] {
        let rows = json!([["name", column], [["x", "y"]]]);
        let error = caller.fail("res.partner", "load", rows, json!({})).await?;
        let expected = if bench.series < 18 { "builtins.KeyError" } else { "builtins.ValueError" };
        same(&error["name"], json!(expected))?;
    }
    Ok(())
}

async fn cells_that_do_not_fit_are_told_with_what_would(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let cases = [
        ("sequence", "1.5", "'1.5' does not seem to be an integer for field 'Sequence'", json!(null)),
        ("list_price", "1,5", "'1,5' does not seem to be a number for field 'Sales Price'", json!(null)),
        (
            "active",
            "maybe",
            "Unknown value 'maybe' for boolean field 'Active'",
            json!("Use '1' for yes and '0' for no"),
        ),
    ];
    for (column, cell, text, more) in cases {
        let rows = json!([[xmlid(bench, "c"), "x", cell]]);
        let message = refused(&caller, "product.product", &["id", "name", column], rows).await?;
        same(&message["field"], json!(column))?;
        same(&message["message"], json!(text))?;
        same(&message["moreinfo"], more)?;
    }
    let rows = json!([["x", "zz"]]);
    let message = refused(&caller, "res.partner", &["name", "type"], rows).await?;
    same(&message["message"], json!("Value 'zz' not found in selection field 'Address Type'"))?;
    same(&message["moreinfo"][0], json!("Contact"))?;
    let rows = json!([["x", "2026-13-01"]]);
    let message = refused(&caller, "sale.order", &["client_order_ref", "validity_date"], rows).await?;
    same(&message["message"], json!("'2026-13-01' does not seem to be a valid date for field 'Expiration'"))?;
    same(&message["moreinfo"], json!("Use the format '2012-12-31'"))
}

async fn words_for_yes_and_no(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    for (word, meant) in
        [("yes", true), ("No", false), ("TRUE", true), ("1", true), ("0", false), ("false", false)]
    {
        let ids = caller.loaded("product.product", &["name", "sale_ok"], json!([["x", word]])).await?;
        let read = caller.read("product.product", ids[0], &["sale_ok"]).await?;
        same(&read["sale_ok"], json!(meant)).map_err(|why| format!("{word}: {why}"))?;
    }
    Ok(())
}

async fn an_empty_cell_empties_its_field(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let key = xmlid(bench, "e");
    let fields = ["id", "name", "default_code", "list_price", "weight", "description_sale"];
    caller.loaded("product.product", &fields, json!([[key, "One", "C", "5", "2", "D"]])).await?;
    let id = caller.loaded("product.product", &fields, json!([[key, "One", "", "", "", ""]])).await?[0];
    let read = caller
        .read("product.product", id, &["default_code", "list_price", "weight", "description_sale"])
        .await?;
    let values = json!([read["default_code"], read["list_price"], read["weight"], read["description_sale"]]);
    same(&values, json!([false, 0.0, 0.0, false]))
}

async fn an_empty_cell_in_a_required_field_is_told(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let message = refused(&caller, "sale.order", &["client_order_ref"], json!([["x"]])).await?;
    same(&message["field"], json!("partner_id"))?;
    let text = message["message"].as_str().unwrap_or_default();
    same(
        &json!(text.starts_with("Missing required value for the field 'Customer' (partner_id)")),
        json!(true),
    )?;
    let message = refused(&caller, "product.product", &["name", "default_code"], json!([["", "x"]])).await?;
    same(&message["field"], json!(null))?;
    let expected = match bench.series {
        16 | 17 => "Missing required value for the field 'name'",
        18 => "Missing required value for the field 'name' on a linked model [product_template]",
        _ => "Missing required value for the field 'Name' (name).\nModel: Unknown",
    };
    let text = message["message"].as_str().unwrap_or_default();
    let holds = if bench.series < 19 { text == expected } else { text.starts_with(expected) };
    same(&json!(holds), json!(true)).map_err(|_| format!("{text:?} instead of {expected:?}"))
}

async fn an_empty_category_is_refused_until_18(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let answer = caller.load("product.product", &["name", "categ_id/.id"], json!([["x", ""]])).await?;
    same(&json!(answer["ids"] == json!(false)), json!(bench.series < 19))
}

async fn relations_that_are_not_found_are_told(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let cases = [
        (
            "country_id/.id",
            "99999999",
            "No matching record found for database id '99999999' in field 'Country'",
        ),
        ("country_id/.id", "abc", "Invalid database id 'abc' for the field 'Country'"),
        ("country_id/id", "no.such", "No matching record found for external id 'no.such' in field 'Country'"),
        ("country_id", "Nowhere", "No matching record found for name 'Nowhere' in field 'Country'"),
        (
            "country_id/name",
            "US",
            "Can not create Many-To-One records indirectly, import the field separately",
        ),
        (
            "category_id/.id",
            "99999999",
            "No matching record found for database id '99999999' in field 'Tags'",
        ),
    ];
    for (column, cell, text) in cases {
        let message = refused(&caller, "res.partner", &["name", column], json!([["x", cell]])).await?;
        same(&message["message"], json!(text))?;
        same(&message["field"], json!(column.split('/').next()))?;
    }
    Ok(())
}

async fn a_name_that_fits_several_is_a_warning(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let name = bench.unique("Cat");
    caller.create("product.category", json!({ "name": name })).await?;
    caller.create("product.category", json!({ "name": name })).await?;
    let answer = caller.load("product.product", &["name", "categ_id"], json!([["x", name]])).await?;
    same(&json!(answer["ids"].as_array().map(Vec::len)), json!(1))?;
    same(&answer["messages"][0]["type"], json!("warning"))
}

async fn several_tags_stand_in_one_cell(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let one = caller.create("res.partner.category", json!({ "name": bench.unique("Tag") })).await?;
    let two = caller.create("res.partner.category", json!({ "name": bench.unique("Tag") })).await?;
    let rows = json!([["x", format!("{one},{two}")]]);
    let id = caller.loaded("res.partner", &["name", "category_id/.id"], rows).await?[0];
    let read = caller.read("res.partner", id, &["category_id"]).await?;
    same(&json!(read["category_id"].as_array().map(Vec::len)), json!(2))
}

async fn a_cell_of_tags_replaces_those_that_were_there(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    for (model, field, tag) in [
        ("res.partner", "category_id", "res.partner.category"),
        ("product.product", "product_tag_ids", "product.tag"),
    ] {
        let mut tags = Vec::new();
        for _ in 0..3 {
            tags.push(caller.create(tag, json!({ "name": bench.unique("Tag") })).await?);
        }
        let [a, b, c] = tags[..] else { return Err("three tags are made".to_owned()) };
        let column = format!("{field}/.id");
        let key = xmlid(bench, "tagged");
        let mut id = 0;
        for (cell, expected) in [
            (format!("{a},{b}"), vec![a, b]),
            (format!("{c},{b}"), vec![b, c]),
            // One that stands there twice is there once.
            (format!("{a},{a}"), vec![a]),
            (String::new(), vec![]),
            (format!("{b}"), vec![b]),
        ] {
            let rows = json!([[key, key, cell]]);
            id = caller.loaded(model, &["id", "name", &column], rows).await?[0];
            let read = caller.read(model, id, &[field]).await?;
            let mut shown: Vec<u64> =
                read[field].as_array().into_iter().flatten().filter_map(Json::as_u64).collect();
            shown.sort_unstable();
            same(&json!(shown), json!(expected)).map_err(|why| format!("{model} {cell:?}: {why}"))?;
        }
        // One that is not there refuses the record, and what it had stays.
        let rows = json!([[key, format!("{a},99999999")]]);
        let message = refused(&caller, model, &["id", &column], rows).await?;
        same(&message["field"], json!(field))?;
        let text = message["message"].as_str().unwrap_or_default();
        let expected = "No matching record found for database id '99999999' in field ";
        same(&json!(text.starts_with(expected)), json!(true)).map_err(|why| format!("{text}: {why}"))?;
        same(&caller.read(model, id, &[field]).await?[field], json!([b]))?;
    }
    Ok(())
}

async fn several_records_of_a_line_stand_in_one_cell(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let (one, two) = (
        caller.create("res.partner.category", json!({ "name": bench.unique("Tag") })).await?,
        caller.create("res.partner.category", json!({ "name": bench.unique("Tag") })).await?,
    );
    let (parent, child) = (xmlid(bench, "parent"), xmlid(bench, "child"));
    let fields =
        ["id", "name", "child_ids/id", "child_ids/name", "child_ids/type", "child_ids/category_id/.id"];
    for (cell, count) in [(format!("{one},{two}"), 2), (String::new(), 0)] {
        let rows = json!([[parent, "Parent", child, "Child", "invoice", cell]]);
        let id = caller.loaded("res.partner", &fields, rows).await?[0];
        let children = caller.read("res.partner", id, &["child_ids"]).await?;
        let line = children["child_ids"][0].as_u64().ok_or_else(|| format!("no line: {children:?}"))?;
        let read = caller.read("res.partner", line, &["category_id"]).await?;
        same(&json!(read["category_id"].as_array().map(Vec::len)), json!(count))?;
    }
    Ok(())
}

async fn the_same_external_id_twice_is_one_record(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let key = xmlid(bench, "twice");
    let ids = caller.loaded("res.partner", &["id", "name"], json!([[key, "A"], [key, "B"]])).await?;
    same(&json!(ids[0] == ids[1] && ids.len() == 2), json!(true))
}

async fn an_external_id_of_another_model_is_refused(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let key = xmlid(bench, "model");
    caller.loaded("product.product", &["id", "name"], json!([[key, "A"]])).await?;
    let message = refused(&caller, "res.partner", &["id", "name"], json!([[key, "A"]])).await?;
    let text = format!(
        "For external id {key} when trying to create/update a record of model res.partner found record of different model product.product"
    );
    same(&json!(message["message"].as_str().is_some_and(|found| found.starts_with(&text))), json!(true))
}

async fn all_is_kept_or_nothing(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let (good, bad) = (xmlid(bench, "good"), xmlid(bench, "bad"));
    let fields = ["id", "name", "country_id/.id"];
    let message =
        refused(&caller, "res.partner", &fields, json!([[good, good, ""], [bad, "B", "99999999"]])).await?;
    same(&message["record"], json!(1))?;
    let found = caller.get("res.partner", "search_count", json!([[["name", "=", good]]]), json!({})).await?;
    same(&found, json!(0))
}

async fn moments_are_in_the_zone_of_the_context(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let partner = caller.create("res.partner", json!({ "name": bench.unique("P") })).await?.to_string();
    for (zone, expected) in
        [(json!(false), "2026-01-02 03:04:05"), (json!("Asia/Riyadh"), "2026-01-02 00:04:05")]
    {
        let rows = json!([["partner_id/.id", "date_order"], [[partner, "2026-01-02 03:04:05"]]]);
        let answer = caller.get("sale.order", "load", rows, json!({ "context": { "tz": zone } })).await?;
        let id = answer["ids"][0].as_u64().ok_or_else(|| format!("{answer}"))?;
        same(&caller.read("sale.order", id, &["date_order"]).await?["date_order"], json!(expected))?;
    }
    Ok(())
}

async fn a_moment_with_a_t_is_refused(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let partner = caller.create("res.partner", json!({ "name": bench.unique("P") })).await?;
    let rows = json!([[partner.to_string(), "2026-01-02T03:04:05"]]);
    let message = refused(&caller, "sale.order", &["partner_id/.id", "date_order"], rows).await?;
    let text = "'2026-01-02T03:04:05' does not seem to be a valid datetime for field 'Order Date'";
    same(&message["message"], json!(text))?;
    let values = json!([{ "partner_id": partner, "date_order": "2026-01-02T03:04:05" }]);
    let error = caller.fail("sale.order", "create", values, json!({})).await?;
    same(&error["name"], json!("builtins.ValueError"))
}

async fn a_true_that_is_no_text_is_an_exception(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let error =
        caller.fail("res.partner", "load", json!([["name", "active"], [["x", true]]]), json!({})).await?;
    same(&error["name"], json!("builtins.AttributeError"))?;
    caller
        .loaded("product.product", &["name", "list_price", "active"], json!([["x", 5, false]]))
        .await
        .map(drop)
}

async fn messages_are_in_the_users_language(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let rows = json!([["name", "country_id/.id"], [["x", "99999999"]]]);
    let answer = caller.get("res.partner", "load", rows, json!({ "context": { "lang": "ar_001" } })).await?;
    let text = answer["messages"][0]["message"].as_str().unwrap_or_default();
    same(&json!(text.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c))), json!(true))
}

async fn a_new_contact_below_a_company_takes_an_accountant_from_18_on(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let parent = caller.create("res.partner", json!({ "name": bench.unique("Parent") })).await?;
    let fields = ["id", "name", "type", "parent_id/.id"];
    let rows = json!([[xmlid(bench, "kid"), "Kid", "delivery", parent.to_string()]]);
    let answer = caller.load("res.partner", &fields, rows).await?;
    same(&json!(answer["ids"] == json!(false)), json!(bench.series >= 18))?;
    // What works instead, in every series.
    let values = json!({ "name": "Kid", "type": "delivery", "parent_id": parent });
    let child = caller.create("res.partner", values).await?.to_string();
    let rows = json!([[child, "Kid 2", parent.to_string()]]);
    caller.loaded("res.partner", &[".id", "name", "parent_id/.id"], rows).await.map(drop)
}

async fn contacts_load_below_their_company(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let fields = ["id", "name", "child_ids/id", "child_ids/name", "child_ids/type"];
    let rows = json!([
        [xmlid(bench, "par"), bench.unique("Parent"), xmlid(bench, "a"), "A", "invoice"],
        ["", "", xmlid(bench, "b"), "B", "delivery"],
    ]);
    let id = caller.loaded("res.partner", &fields, rows).await?[0];
    let read = caller.read("res.partner", id, &["child_ids"]).await?;
    same(&json!(read["child_ids"].as_array().map(Vec::len)), json!(2))
}
