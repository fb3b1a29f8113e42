//! Sales orders: loaded, confirmed, changed, cancelled.

use serde_json::{Value as Json, json};

use crate::bench::{Bench, Caller, same};
use crate::checks;

checks![
    an_order_loads_with_its_lines_and_again_changes_nothing,
    an_order_is_updated_by_database_id_with_its_lines_by_external_id,
    lines_that_are_left_out_stay,
    a_line_that_is_refused_is_named_with_its_order_and_nothing_is_kept,
    the_second_order_is_told_by_record_and_rows,
    an_external_id_of_another_record_becomes_the_lines,
    confirming_sets_state_and_date,
    confirming_again_is_refused_from_17_on,
    a_line_of_a_confirmed_order_can_be_added_and_changed_but_not_removed,
    a_cancelled_order_is_not_confirmed,
    cancelling_a_confirmed_order_asks_back_until_18,
    a_locked_order_keeps_its_prices,
    prices_are_rounded_until_18,
    totals_follow_the_series,
    included_taxes_are_taken_out_of_the_price,
    taxes_come_from_the_product_unless_the_column_is_there,
    the_currency_is_that_of_the_pricelist,
    writing_the_same_customer_of_a_quotation_takes_another_pricelist,
    a_line_without_product_needs_one_until_17,
    the_delivery_address_is_the_customers_own,
];

const FIELDS: [&str; 7] = [
    "id",
    "client_order_ref",
    "partner_id/.id",
    "order_line/id",
    "order_line/product_id/.id",
    "order_line/product_uom_qty",
    "order_line/price_unit",
];

/// A customer, a product without taxes, and names for external ids.
struct Case<'a> {
    caller: Caller<'a>,
    partner: String,
    product: String,
    key: String,
}

impl Case<'_> {
    async fn new(bench: &Bench) -> Result<Case<'_>, String> {
        let caller = bench.manager().await;
        let partner = caller.create("res.partner", json!({ "name": bench.unique("Customer") })).await?;
        let product =
            json!({ "name": bench.unique("Product"), "list_price": 10.0, "taxes_id": [[6, 0, []]] });
        let product = caller.create("product.product", product).await?;
        let key = bench.unique("order").replace('-', "_");
        Ok(Case { caller, partner: partner.to_string(), product: product.to_string(), key })
    }

    fn xmlid(&self, suffix: &str) -> String {
        format!("__linkspan__.{}_{suffix}", self.key)
    }

    /// Rows of an order with one line per quantity and price.
    fn rows(&self, lines: &[(&str, &str)]) -> Json {
        let row = |(number, (quantity, price)): (usize, &(&str, &str))| {
            let header = if number == 0 {
                [self.xmlid("o"), self.key.clone(), self.partner.clone()]
            } else {
                Default::default()
            };
            json!([
                header[0],
                header[1],
                header[2],
                self.xmlid(&format!("l{number}")),
                self.product,
                quantity,
                price
            ])
        };
        lines.iter().enumerate().map(row).collect()
    }

    async fn order(&self, lines: &[(&str, &str)]) -> Result<u64, String> {
        Ok(self.caller.loaded("sale.order", &FIELDS, self.rows(lines)).await?[0])
    }

    async fn lines(&self, order: u64, fields: &[&str]) -> Result<Json, String> {
        let kwargs = json!({ "fields": fields, "order": "id" });
        let mut lines = self
            .caller
            .get("sale.order.line", "search_read", json!([[["order_id", "=", order]]]), kwargs)
            .await?;
        for line in lines.as_array_mut().into_iter().flatten() {
            line.as_object_mut().map(|line| line.remove("id"));
        }
        Ok(lines)
    }

    async fn confirm(&self, order: u64) -> Result<Json, String> {
        self.caller.get("sale.order", "action_confirm", json!([[order]]), json!({})).await
    }

    async fn state(&self, order: u64) -> Result<Json, String> {
        Ok(self.caller.read("sale.order", order, &["state"]).await?["state"].clone())
    }

    async fn totals(&self, lines: Json) -> Result<[Json; 3], String> {
        let commands: Vec<Json> =
            lines.as_array().into_iter().flatten().map(|line| json!([0, 0, line])).collect();
        let values = json!({ "partner_id": self.partner.parse::<u64>().ok(), "order_line": commands });
        let order = self.caller.create("sale.order", values).await?;
        let names = ["amount_untaxed", "amount_tax", "amount_total"];
        let read = self.caller.read("sale.order", order, &names).await?;
        Ok(names.map(|name| read[name].clone()))
    }

    async fn tax(&self, percent: f64, included: bool) -> Result<u64, String> {
        let series = self.caller.bench.series;
        let (key, value) = match series {
            18.. => ("price_include_override", json!(if included { "tax_included" } else { "tax_excluded" })),
            _ => ("price_include", json!(included)),
        };
        let name = self.caller.bench.unique("tax");
        let admin = self.caller.bench.administrator().await?;
        admin
            .create(
                "account.tax",
                json!({ "name": name, "amount": percent, "amount_type": "percent", key: value }),
            )
            .await
    }
}

async fn an_order_loads_with_its_lines_and_again_changes_nothing(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let rows = case.rows(&[("2", "12.50"), ("1", "5")]);
    let first = case.caller.loaded("sale.order", &FIELDS, rows.clone()).await?;
    let again = case.caller.loaded("sale.order", &FIELDS, rows).await?;
    same(&json!(first), json!(again))?;
    let order = case.caller.read("sale.order", first[0], &["order_line", "amount_total", "state"]).await?;
    same(&json!(order["order_line"].as_array().map(Vec::len)), json!(2))?;
    same(&order["amount_total"], json!(30.0))?;
    same(&order["state"], json!("draft"))
}

async fn an_order_is_updated_by_database_id_with_its_lines_by_external_id(
    bench: &Bench,
) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("2", "12.50")]).await?;
    let fields =
        [".id", "client_order_ref", "order_line/id", "order_line/product_id/.id", "order_line/price_unit"];
    let rows = json!([
        [order.to_string(), "changed", case.xmlid("l0"), case.product, "7"],
        ["", "", case.xmlid("new"), case.product, "8"],
    ]);
    same(&json!(case.caller.loaded("sale.order", &fields, rows).await?), json!([order]))?;
    let lines = case.lines(order, &["price_unit", "product_uom_qty"]).await?;
    same(
        &lines,
        json!([{ "price_unit": 7.0, "product_uom_qty": 2.0 }, { "price_unit": 8.0, "product_uom_qty": 1.0 }]),
    )?;
    let lines = case
        .caller
        .get("sale.order.line", "search", json!([[["order_id", "=", order]]]), json!({ "order": "id" }))
        .await?;
    let metadata = case.caller.get("sale.order.line", "get_metadata", json!([lines]), json!({})).await?;
    let mut xmlids: Vec<&Json> =
        metadata.as_array().into_iter().flatten().map(|line| &line["xmlid"]).collect();
    xmlids.sort_by_key(|xmlid| xmlid.to_string());
    same(&json!(xmlids), json!([case.xmlid("l0"), case.xmlid("new")]))
}

async fn lines_that_are_left_out_stay(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1"), ("1", "2")]).await?;
    case.order(&[("1", "3")]).await?;
    same(&case.lines(order, &["price_unit"]).await?, json!([{ "price_unit": 3.0 }, { "price_unit": 2.0 }]))
}

async fn a_line_that_is_refused_is_named_with_its_order_and_nothing_is_kept(
    bench: &Bench,
) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let answer = case.caller.load("sale.order", &FIELDS, case.rows(&[("1", "1"), ("zz", "1")])).await?;
    same(&answer["ids"], json!(false))?;
    let message = &answer["messages"][0];
    same(&message["type"], json!("error"))?;
    same(&message["record"], json!(0))?;
    same(&message["rows"], json!({ "from": 0, "to": 1 }))?;
    same(&message["field"], json!("order_line"))?;
    same(&message["message"], json!("'zz' does not seem to be a number for field 'Order Lines/Quantity'"))?;
    same(&json!(answer["messages"].as_array().map(Vec::len)), json!(1))?;
    let found = case
        .caller
        .get("sale.order", "search_count", json!([[["client_order_ref", "=", case.key]]]), json!({}))
        .await?;
    same(&found, json!(0))
}

async fn the_second_order_is_told_by_record_and_rows(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let mut rows = case.rows(&[("1", "1"), ("1", "1")]);
    let bad = json!([case.xmlid("bad"), "bad", "99999999", case.xmlid("bad_l"), case.product, "1", "1"]);
    rows.as_array_mut().into_iter().for_each(|rows| rows.push(bad.clone()));
    let answer = case.caller.load("sale.order", &FIELDS, rows).await?;
    same(&answer["ids"], json!(false))?;
    let message = &answer["messages"][0];
    same(&message["record"], json!(1))?;
    same(&message["rows"], json!({ "from": 2, "to": 2 }))?;
    same(&message["field"], json!("partner_id"))?;
    same(&message["field_name"], json!("Customer"))?;
    same(
        &message["message"],
        json!("No matching record found for database id '99999999' in field 'Customer'"),
    )
}

async fn an_external_id_of_another_record_becomes_the_lines(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1")]).await?;
    let rows = json!([[case.xmlid("o2"), "x", case.partner, case.xmlid("o"), case.product, "1", "1"]]);
    case.caller.loaded("sale.order", &FIELDS, rows).await?;
    let metadata = case.caller.get("sale.order", "get_metadata", json!([[order]]), json!({})).await?;
    same(&metadata[0]["xmlid"], json!(false))?;
    let answer = case.caller.load("sale.order", &FIELDS, case.rows(&[("1", "1")])).await?;
    same(&answer["ids"], json!(false))
}

async fn confirming_sets_state_and_date(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1")]).await?;
    let write = |date: &str| json!([[order], { "date_order": date }]);
    case.caller.get("sale.order", "write", write("2020-01-02 03:04:05"), json!({})).await?;
    same(&case.confirm(order).await?, json!(true))?;
    let read = case.caller.read("sale.order", order, &["state", "date_order", "invoice_status"]).await?;
    same(&read["state"], json!("sale"))?;
    same(&json!(read["date_order"] == "2020-01-02 03:04:05"), json!(false))?;
    case.caller.get("sale.order", "write", write("2021-02-03 04:05:06"), json!({})).await?;
    let read = case.caller.read("sale.order", order, &["date_order"]).await?;
    same(&read["date_order"], json!("2021-02-03 04:05:06"))
}

async fn confirming_again_is_refused_from_17_on(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1")]).await?;
    case.confirm(order).await?;
    match case.caller.call("sale.order", "action_confirm", json!([[order]]), json!({})).await {
        Ok(answer) => same(&json!([bench.series, answer]), json!([16, true])),
        Err(error) => {
            same(&json!(bench.series > 16), json!(true))?;
            same(&error["name"], json!("odoo.exceptions.UserError"))?;
            let expected = match bench.series {
                17 => {
                    let name = case.caller.read("sale.order", order, &["name"]).await?["name"].clone();
                    let name = name.as_str().unwrap_or_default();
                    format!("The following orders are not in a state requiring confirmation: {name}")
                }
                _ => "Some orders are not in a state requiring confirmation.".to_owned(),
            };
            same(&error["message"], json!(expected))
        }
    }
}

async fn a_line_of_a_confirmed_order_can_be_added_and_changed_but_not_removed(
    bench: &Bench,
) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1"), ("1", "2")]).await?;
    case.confirm(order).await?;
    case.order(&[("4", "3"), ("1", "2"), ("1", "9")]).await?;
    let read = case.caller.read("sale.order", order, &["amount_total", "state", "order_line"]).await?;
    same(&read["amount_total"], json!(23.0))?;
    same(&read["state"], json!("sale"))?;
    let line = read["order_line"][0].clone();
    let error = case.caller.fail("sale.order.line", "unlink", json!([[line]]), json!({})).await?;
    same(&error["name"], json!("odoo.exceptions.UserError"))?;
    let remove = json!([[order], { "order_line": [[2, line, 0]] }]);
    let error = case.caller.fail("sale.order", "write", remove, json!({})).await?;
    same(&error["name"], json!("odoo.exceptions.UserError"))?;
    case.caller.get("sale.order.line", "write", json!([[line], { "product_uom_qty": 0 }]), json!({})).await?;
    let error = case.caller.fail("sale.order", "unlink", json!([[order]]), json!({})).await?;
    same(&error["name"], json!("odoo.exceptions.UserError"))
}

async fn a_cancelled_order_is_not_confirmed(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1")]).await?;
    same(&case.caller.get("sale.order", "action_cancel", json!([[order]]), json!({})).await?, json!(true))?;
    same(&case.state(order).await?, json!("cancel"))?;
    let error = case.caller.fail("sale.order", "action_confirm", json!([[order]]), json!({})).await?;
    same(&error["name"], json!("odoo.exceptions.UserError"))?;
    case.caller.get("sale.order", "action_draft", json!([[order]]), json!({})).await?;
    same(&case.state(order).await?, json!("draft"))
}

async fn cancelling_a_confirmed_order_asks_back_until_18(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1")]).await?;
    case.confirm(order).await?;
    let answer = case.caller.get("sale.order", "action_cancel", json!([[order]]), json!({})).await?;
    if bench.series < 19 {
        same(&answer["res_model"], json!("sale.order.cancel"))?;
        same(&case.state(order).await?, json!("sale"))?;
        let quiet = json!({ "context": { "disable_cancel_warning": true } });
        same(&case.caller.get("sale.order", "action_cancel", json!([[order]]), quiet).await?, json!(true))?;
    }
    same(&case.state(order).await?, json!("cancel"))
}

async fn a_locked_order_keeps_its_prices(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("1", "1")]).await?;
    case.confirm(order).await?;
    let lock = if bench.series == 16 { "action_done" } else { "action_lock" };
    case.caller.get("sale.order", lock, json!([[order]]), json!({})).await?;
    let line = case.caller.read("sale.order", order, &["order_line"]).await?["order_line"][0].clone();
    let error =
        case.caller.fail("sale.order.line", "write", json!([[line], { "price_unit": 3 }]), json!({})).await?;
    same(
        &error["message"],
        json!("It is forbidden to modify the following fields in a locked order:\nUnit Price"),
    )
}

async fn prices_are_rounded_until_18(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let order = case.order(&[("3", "33.333333")]).await?;
    let line = case.lines(order, &["price_unit", "price_subtotal"]).await?;
    same(
        &line,
        match bench.series {
            19.. => json!([{ "price_unit": 33.333333, "price_subtotal": 100.0 }]),
            _ => json!([{ "price_unit": 33.33, "price_subtotal": 99.99 }]),
        },
    )
}

async fn totals_follow_the_series(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let (fifteen, five) = (case.tax(15.0, false).await?, case.tax(5.0, false).await?);
    let taxes = if bench.series >= 19 { "tax_ids" } else { "tax_id" };
    let product = case.product.parse::<u64>().ok();
    let line = |price: f64, quantity: f64, ids: &[u64]| json!({ "product_id": product, "price_unit": price, "product_uom_qty": quantity, taxes: [[6, 0, ids]] });
    let late = bench.series >= 19;
    let several =
        json!([line(9.99, 3.0, &[fifteen]), line(0.99, 7.0, &[fifteen]), line(1.11, 1.0, &[fifteen])]);
    let expected = if late { json!([38.01, 5.7, 43.71]) } else { json!([38.01, 5.71, 43.72]) };
    same(&json!(case.totals(several).await?), expected)?;
    let two = json!([line(10.05, 1.5, &[fifteen, five])]);
    same(&json!(case.totals(two).await?), json!([15.08, 3.01, 18.09]))?;
    let small: Vec<Json> = (0..5).map(|_| line(0.333, 1.0, &[fifteen])).collect();
    let expected = if late { json!([1.67, 0.25, 1.92]) } else { json!([1.65, 0.25, 1.9]) };
    same(&json!(case.totals(json!(small)).await?), expected)?;
    let discount = json!([{ "product_id": product, "price_unit": 9.99, "product_uom_qty": 3, "discount": 12.345, taxes: [[6, 0, [five]]] }]);
    same(&json!(case.totals(discount).await?), json!([26.27, 1.31, 27.58]))
}

async fn included_taxes_are_taken_out_of_the_price(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let tax = case.tax(15.0, true).await?;
    let taxes = if bench.series >= 19 { "tax_ids" } else { "tax_id" };
    let product = case.product.parse::<u64>().ok();
    let line = |price: f64, quantity: f64| json!({ "product_id": product, "price_unit": price, "product_uom_qty": quantity, taxes: [[6, 0, [tax]]] });
    same(&json!(case.totals(json!([line(9.99, 3.0), line(0.99, 1.0)])).await?), json!([26.92, 4.04, 30.96]))
}

async fn taxes_come_from_the_product_unless_the_column_is_there(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let tax = case.tax(15.0, false).await?;
    let taxes = if bench.series >= 19 { "tax_ids" } else { "tax_id" };
    let product = json!({ "name": bench.unique("Taxed"), "list_price": 4, "taxes_id": [[6, 0, [tax]]] });
    let product = case.caller.create("product.product", product).await?.to_string();
    let fields = ["id", "partner_id/.id", "order_line/id", "order_line/product_id/.id"];
    let row = json!([[case.xmlid("t"), case.partner, case.xmlid("tl"), product]]);
    let order = case.caller.loaded("sale.order", &fields, row).await?[0];
    let unit = json!({ taxes: [tax], "price_unit": 4.0, "product_uom_qty": 1.0 });
    same(&case.lines(order, &[taxes, "price_unit", "product_uom_qty"]).await?, json!([unit]))?;
    let column = format!("order_line/{taxes}/.id");
    let fields = [fields[0], fields[1], fields[2], fields[3], &column];
    let row = json!([[case.xmlid("t2"), case.partner, case.xmlid("t2l"), product, ""]]);
    let order = case.caller.loaded("sale.order", &fields, row).await?[0];
    same(&case.lines(order, &[taxes]).await?, json!([{ taxes: [] }]))
}

async fn the_currency_is_that_of_the_pricelist(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let any = json!({ "context": { "active_test": false } });
    let yen =
        case.caller.get("res.currency", "search", json!([[["name", "=", "JPY"]]]), any).await?[0].clone();
    let pricelist = json!({ "name": bench.unique("Yen"), "currency_id": yen, "sequence": 99 });
    let pricelist = case.caller.create("product.pricelist", pricelist).await?;
    let mut fields = FIELDS.to_vec();
    fields.push("pricelist_id/.id");
    let mut rows = case.rows(&[("3", "33.33")]);
    rows[0].as_array_mut().into_iter().for_each(|row| row.push(json!(pricelist.to_string())));
    let order = case.caller.loaded("sale.order", &fields, rows).await?[0];
    let read = case.caller.read("sale.order", order, &["currency_id", "amount_total"]).await?;
    same(&read["currency_id"], json!([yen, "JPY"]))?;
    same(&read["amount_total"], json!(100.0))
}

async fn writing_the_same_customer_of_a_quotation_takes_another_pricelist(
    bench: &Bench,
) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let any = json!({ "context": { "active_test": false } });
    let yen =
        case.caller.get("res.currency", "search", json!([[["name", "=", "JPY"]]]), any).await?[0].clone();
    let own = case.caller.read("res.company", 1, &["currency_id"]).await?["currency_id"].clone();
    let first = json!({ "name": bench.unique("First"), "currency_id": own[0], "sequence": 0 });
    case.caller.create("product.pricelist", first).await?;
    let last = json!({ "name": bench.unique("Yen"), "currency_id": yen, "sequence": 99 });
    let last = case.caller.create("product.pricelist", last).await?;
    let fields = ["id", "partner_id/.id", "pricelist_id/.id"];
    let row = json!([[case.xmlid("c"), case.partner, last.to_string()]]);
    let order = case.caller.loaded("sale.order", &fields, row).await?[0];
    let currency = case.caller.read("sale.order", order, &["currency_id"]).await?["currency_id"].clone();
    same(&currency, json!([yen, "JPY"]))?;
    case.caller
        .loaded("sale.order", &["id", "partner_id/.id"], json!([[case.xmlid("c"), case.partner]]))
        .await?;
    same(&case.caller.read("sale.order", order, &["currency_id"]).await?["currency_id"], own)
}

async fn a_line_without_product_needs_one_until_17(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let partner = case.partner.parse::<u64>().ok();
    let values =
        json!({ "partner_id": partner, "order_line": [[0, 0, { "name": "Text", "price_unit": 1 }]] });
    match case.caller.call("sale.order", "create", json!([values]), json!({})).await {
        Ok(_) => same(&json!(bench.series > 17), json!(true)),
        Err(error) => {
            same(&json!(bench.series < 18), json!(true))?;
            same(&error["name"], json!("odoo.exceptions.ValidationError"))
        }
    }
}

async fn the_delivery_address_is_the_customers_own(bench: &Bench) -> Result<(), String> {
    let case = Case::new(bench).await?;
    let partner: u64 = case.partner.parse().map_err(|_| "no id")?;
    let child = json!({ "name": bench.unique("Door"), "type": "delivery", "parent_id": partner });
    let child = case.caller.create("res.partner", child).await?;
    let order = case.order(&[("1", "1")]).await?;
    let read = case.caller.read("sale.order", order, &["partner_shipping_id", "partner_invoice_id"]).await?;
    same(&json!([read["partner_shipping_id"][0], read["partner_invoice_id"][0]]), json!([child, partner]))
}
