//! Wrong definitions: each is the good one with one edit, and each problem must be told with its code, at its
//! place, with what to write instead.

use linkspan::definition::{self, Report};
use linkspan::diagnostic::Severity;

use super::SKETCH;

/// One edit and what must be said about it.
pub(super) struct Bad {
    /// This part of the sketch ...
    pub(super) replace: &'static str,
    /// ... becomes this.
    pub(super) with: &'static str,
    pub(super) code: &'static str,
    /// The text at the line and column that are told.
    pub(super) at: &'static str,
    pub(super) help: &'static str,
}

fn edited(replace: &str, with: &str) -> String {
    assert!(SKETCH.contains(replace), "the sketch has no {replace:?}");
    SKETCH.replacen(replace, with, 1)
}

fn errors(text: &str) -> Report {
    let report = definition::parse(text, "connector.toml", None).expect_err("the definition is wrong");
    Report::new(report.diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect())
}

/// The text from a line and column on, found without the code under test.
fn text_at(text: &str, line: usize, column: usize) -> String {
    text.lines().nth(line - 1).unwrap_or_default().chars().skip(column - 1).collect()
}

pub(super) fn assert_all(cases: &[Bad]) {
    let wrong: Vec<String> = cases.iter().filter_map(|case| complaint(case).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn complaint(case: &Bad) -> Result<(), String> {
    let text = edited(case.replace, case.with);
    let report = errors(&text);
    let [problem] = report.diagnostics.as_slice() else {
        return Err(format!("{:?} gives {} problems:\n{report}", case.with, report.diagnostics.len()));
    };
    let at = text_at(&text, problem.line(), problem.column());
    let help = problem.help.as_deref().unwrap_or_default();
    if problem.code == case.code && at.starts_with(case.at) && help.contains(case.help) {
        return Ok(());
    }
    Err(format!(
        "expected {} at {:?} with help {:?}, found it at {at:?}:\n{report}",
        case.code, case.at, case.help
    ))
}

#[test]
fn what_the_schema_refuses_is_told_at_its_place() {
    assert_all(&[
        Bad {
            replace: "title = \"WooCommerce\"",
            with: "titel = \"WooCommerce\"\ntitle = \"W\"",
            code: "LS0101",
            at: "titel",
            help: "Allowed: `description`",
        },
        Bad {
            replace: "verify = \"system_status\"",
            with: "verfy = \"system_status\"",
            code: "LS0101",
            at: "verfy",
            help: "Did you mean `verify`?",
        },
        Bad {
            replace: "[http]",
            with: "[http]\nerror_if = { path = \"success\" }",
            code: "LS0102",
            at: "{ path",
            help: "Add `is`",
        },
        Bad {
            replace: "size_param = \"per_page\", ",
            with: "sizeparam = \"per_page\", ",
            code: "LS0101",
            at: "sizeparam",
            help: "Did you mean `size_param`?",
        },
        Bad {
            replace: "version = \"1.0.0\"\n",
            with: "",
            code: "LS0102",
            at: "[connector]",
            help: "Add `version`: Version of this definition",
        },
        Bad {
            replace: "title = \"Store URL\"",
            with: "optional = false",
            code: "LS0102",
            at: "{ type",
            help: "Add `title`",
        },
        Bad {
            replace: "timeout_ms = 30_000",
            with: "timeout_ms = \"30000\"",
            code: "LS0103",
            at: "\"30000\"",
            help: "without quotes: 30000",
        },
        Bad {
            replace: "title = \"WooCommerce\"",
            with: "title = \"Woo\\nimport os\"",
            code: "LS0212",
            at: "\"Woo\\nimport os\"",
            help: "the system's name",
        },
        Bad {
            replace: "title = \"WooCommerce\"",
            with: "title = 'Woo\"\"\" + print(1) + \"\"\"'",
            code: "LS0212",
            at: "'Woo\"\"\" + print(1) + \"\"\"'",
            help: "the system's name",
        },
        Bad {
            replace: "version = \"1.0.0\"",
            with: "version = 1.0",
            code: "LS0103",
            at: "1.0",
            help: "in quotes: \"1.0\"",
        },
        Bad {
            replace: "hint = \"Check",
            with: "hint = 401 #",
            code: "LS0103",
            at: "401",
            help: "in quotes: \"401\"",
        },
        Bad {
            replace: "required = true",
            with: "required = \"true\"",
            code: "LS0103",
            at: "\"true\"",
            help: "without quotes: true",
        },
        Bad {
            replace: "required = true",
            with: "required = 1",
            code: "LS0103",
            at: "1 }",
            help: "`true` or `false`",
        },
        Bad {
            replace: "odoo = { model = \"sale.order\" }",
            with: "odoo = \"sale.order\"",
            code: "LS0103",
            at: "\"sale.order\"",
            help: "{ model = ... }",
        },
        Bad {
            replace: "match = [{ external = \"sku\", odoo = \"default_code\" }]",
            with: "match = { external = \"sku\", odoo = \"default_code\" }",
            code: "LS0103",
            at: "{ external",
            help: "[{ ... }]",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = \"sku\"",
            code: "LS0103",
            at: "\"sku\"",
            help: "{ also = ...",
        },
        Bad { replace: "lines = \"line_items\"", with: "lines = 7", code: "LS0103", at: "7", help: "" },
        Bad {
            replace: "values = { publish = true, draft = false }",
            with: "values = { publish = 2026-11-21, draft = false }",
            code: "LS0103",
            at: "2026-11-21",
            help: "",
        },
        Bad {
            replace: "repeat = \"idempotent\"",
            with: "repeat = \"idempotant\"",
            code: "LS0104",
            at: "\"idempotant\"",
            help: "Did you mean `idempotent`?",
        },
        Bad {
            replace: "kind = \"basic\"",
            with: "kind = \"saml\"",
            code: "LS0104",
            at: "\"saml\"",
            help: "`bearer`",
        },
        Bad {
            replace: "as = \"decimal\", owner",
            with: "as = \"money\", owner",
            code: "LS0104",
            at: "\"money\"",
            help: "`decimal`",
        },
        Bad {
            replace: "type = \"ecommerce\"",
            with: "type = \"shop\"",
            code: "LS0104",
            at: "\"shop\"",
            help: "`ecommerce`",
        },
        Bad {
            replace: "method = \"GET\",  path = \"/products/{id}\"",
            with: "method = \"get\", path = \"/products/{id}\"",
            code: "LS0104",
            at: "\"get\"",
            help: "`GET`",
        },
        Bad {
            replace: "status = 401",
            with: "status = 70000",
            code: "LS0105",
            at: "70000",
            help: "from 0 to 65535",
        },
        Bad { replace: "rate = 10", with: "rate = -1", code: "LS0105", at: "-1", help: "from 0 to" },
        Bad {
            replace: "kind = \"page\", param = \"page\"",
            with: "param = \"page\"",
            code: "LS0102",
            at: "{ param",
            help: "`link_header`",
        },
    ]);
}

#[test]
fn names_that_nobody_declared_are_told_at_their_place() {
    assert_all(&[
        Bad {
            replace: "verify = \"system_status\"",
            with: "verify = \"sistem_status\"",
            code: "LS0201",
            at: "\"sistem_status\"",
            help: "Did you mean `system_status`?",
        },
        Bad {
            replace: "list = \"list_products\"",
            with: "list = \"products\"",
            code: "LS0201",
            at: "\"products\"",
            help: "Did you mean `list_products`?",
        },
        Bad {
            replace: "get = \"get_order\"",
            with: "get = \"fetch_order\"",
            code: "LS0201",
            at: "\"fetch_order\"",
            help: "`get_order`",
        },
        Bad {
            replace: "update = \"update_product\"",
            with: "update = \"change_it\"",
            code: "LS0201",
            at: "\"change_it\"",
            help: "`update_product`",
        },
        Bad {
            replace: "relation = \"category\"",
            with: "relation = \"categori\"",
            code: "LS0202",
            at: "\"categori\"",
            help: "Did you mean `category`?",
        },
        Bad {
            replace: "import = \"order\"",
            with: "import = \"orders\"",
            code: "LS0202",
            at: "\"orders\"",
            help: "Did you mean `order`?",
        },
        Bad {
            replace: "username = \"consumer_key\"",
            with: "username = \"consumer_kee\"",
            code: "LS0203",
            at: "\"consumer_kee\"",
            help: "Did you mean `consumer_key`?",
        },
        Bad {
            replace: "password = \"consumer_secret\"",
            with: "password = \"store_url\"",
            code: "LS0203",
            at: "\"store_url\"",
            help: "`store_url` is a setting",
        },
        Bad {
            replace: "secret = \"webhook_secret\"",
            with: "secret = \"hook\"",
            code: "LS0203",
            at: "\"hook\"",
            help: "`webhook_secret`",
        },
        Bad {
            replace: "{store_url}/wp-json",
            with: "{shop_url}/wp-json",
            code: "LS0204",
            at: "{shop_url}/wp",
            help: "`store_url`",
        },
        Bad {
            replace: "{store_url}/wp-json",
            with: "{store_url}/{id}/wp-json",
            code: "LS0204",
            at: "{id}/wp",
            help: "`store_url`",
        },
        Bad {
            replace: "\"/orders/{id}\"",
            with: "\"/ör\\u0064ers/{idd}/{id}\"",
            code: "LS0204",
            at: "{idd}/{id}",
            help: "Did you mean `id`?",
        },
        Bad {
            replace: "\"/orders/{id}\"",
            with: "\"/orders/{id\"",
            code: "LS0204",
            at: "{id\"",
            help: "both braces",
        },
        Bad {
            replace: "query = { role = \"all\" }",
            with: "query = { role = \"{consumer_key}\" }",
            code: "LS0204",
            at: "{consumer_key}",
            help: "is a secret",
        },
        Bad {
            replace: "timeout_ms = 30_000",
            with: "headers = { X-Tenant = \"{tenant}\" }",
            code: "LS0204",
            at: "{tenant}",
            help: "Declare a setting",
        },
        Bad {
            replace: "path = \"/orders\"",
            with: "path = \"/orders/{id}\"",
            code: "LS0204",
            at: "{id}\"",
            help: "without `{id}`",
        },
        Bad {
            replace: "path = \"/orders/{id}\"",
            with: "path = \"/orders/one\"",
            code: "LS0204",
            at: "\"/orders/one\"",
            help: "/orders/one/{id}",
        },
        Bad {
            replace: "{ call = \"action_confirm\",",
            with: "{ write = [\"date_ordr\", \"client_order_ref\"],",
            code: "LS0205",
            at: "\"date_ordr\"",
            help: "`client_order_ref`",
        },
        Bad {
            replace: "zone = \"utc\" } }\nodoo = { model = \"product.product\" }",
            with: "zone = \"Asia/Riad\" } }\nodoo = { model = \"product.product\" }",
            code: "LS0206",
            at: "\"Asia/Riad\"",
            help: "`Asia/Riyadh`",
        },
    ]);
}

#[test]
fn values_that_cannot_work_are_told_at_their_place() {
    assert_all(&[
        Bad { replace: "schema = 1", with: "schema = 2", code: "LS0210", at: "2", help: "newer linkspan" },
        Bad {
            replace: "id = \"woocommerce\"",
            with: "id = \"Woo-Commerce\"",
            code: "LS0211",
            at: "\"Woo-Commerce\"",
            help: "small letters",
        },
        Bad {
            replace: "version = \"1.0.0\"",
            with: "version = \"1.0\"",
            code: "LS0212",
            at: "\"1.0\"",
            help: "\"1.0.0\"",
        },
        Bad {
            replace: "base_url = \"{store_url}/",
            with: "base_url = \"example.com{store_url}/",
            code: "LS0212",
            at: "\"example.com",
            help: "https://",
        },
        Bad { replace: "rate = 10", with: "rate = 0", code: "LS0212", at: "0", help: "1 or more" },
        Bad { replace: "status = 401", with: "status = 42", code: "LS0212", at: "42", help: "100 to 599" },
        Bad {
            replace: "path = \"/orders\"",
            with: "path = \"orders\"",
            code: "LS0212",
            at: "\"orders\"",
            help: "\"/orders\"",
        },
        Bad {
            replace: "model = \"sale.order\"",
            with: "model = \"Sale Order\"",
            code: "LS0212",
            at: "\"Sale Order\"",
            help: "`res.partner`",
        },
        Bad {
            replace: "values = { publish = true, draft = false }",
            with: "values = {}",
            code: "LS0212",
            at: "{}",
            help: "external value = Odoo value",
        },
        Bad {
            replace: "product_uom_qty = { from = \"quantity\", as = \"decimal\" }",
            with: "product_uom_qty = { choose = [] }",
            code: "LS0212",
            at: "[] }",
            help: "when",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", series = [] }",
            code: "LS0212",
            at: "[] }",
            help: "all series",
        },
        Bad {
            replace: "store_url = { type = \"url\"",
            with: "days = { type = \"integer\", title = \"Days\", default = \"3\" }\nstore_url = { type = \"url\"",
            code: "LS0225",
            at: "\"3\"",
            help: "whole number without quotes",
        },
        Bad {
            replace: "as = \"decimal\", owner",
            with: "as = \"decimal\", default = \"0\", owner",
            code: "LS0225",
            at: "\"0\"",
            help: "number without quotes",
        },
        Bad {
            replace: "[[errors]]",
            with: "[[limits]]\nname = \"api\"\nrate = 1\nper_ms = 1\n[[errors]]",
            code: "LS0226",
            at: "\"api\"",
            help: "another name",
        },
        Bad {
            replace: "webhook_secret  = {",
            with: "store_url = { title = \"x\" }\nwebhook_secret = {",
            code: "LS0226",
            at: "store_url",
            help: "another name",
        },
    ]);
}

#[test]
fn keys_that_do_not_fit_each_other_are_told_at_their_place() {
    assert_all(&[
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { optional = true }",
            code: "LS0220",
            at: "{ optional",
            help: "`choose`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", value = 1 }",
            code: "LS0220",
            at: "value",
            help: "Keep one of",
        },
        Bad {
            replace: "{ call = \"action_confirm\",",
            with: "{ call = \"action_confirm\", write = [\"partner_id\"],",
            code: "LS0220",
            at: "write",
            help: "`call`, `write`",
        },
        Bad {
            replace: "kind = \"basic\"\nusername = \"consumer_key\"\npassword = \"consumer_secret\"",
            with: "kind = \"api_key\"\nsecret = \"consumer_secret\"",
            code: "LS0220",
            at: "[auth]",
            help: "`header`, `query`",
        },
        Bad {
            replace: "[webhooks]",
            with: "[entities.order.check]\namount_total = {}\n[webhooks]",
            code: "LS0220",
            at: "{}",
            help: "`from`, `expr`",
        },
        Bad {
            replace: "when = { status = 401 }",
            with: "when = { status = 401, code = \"x\" }",
            code: "LS0221",
            at: "code",
            help: "`error_code`",
        },
        Bad {
            replace: "when = { status = 401 }",
            with: "when = {}",
            code: "LS0221",
            at: "{}",
            help: "`status`",
        },
        Bad {
            replace: "key = \"id\"                                   # re-import updates the line, never adds it twice\n",
            with: "",
            code: "LS0221",
            at: "order_line]",
            help: "so that a repeat changes it",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", zone = \"utc\" }",
            code: "LS0221",
            at: "zone",
            help: "as = \"datetime\"",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", country = \"c\" }",
            code: "LS0221",
            at: "country",
            help: "as = \"state\"",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", as = \"state\" }",
            code: "LS0221",
            at: "\"state\"",
            help: "`country`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", missing = \"wait\" }",
            code: "LS0221",
            at: "missing",
            help: "`relation`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"tags[].name\" }",
            code: "LS0221",
            at: "[]",
            help: "`relation`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { expr = \"record['tags']\", many = true }",
            code: "LS0221",
            at: "many",
            help: "`relation`",
        },
        Bad {
            replace: "categ_id     = { from = \"categories[0].id\",",
            with: "categ_id     = { from = \"categories[].id\", many = true,",
            code: "LS0222",
            at: "many",
            help: "`[]` behind a list",
        },
        Bad {
            replace: "lines = \"line_items\"",
            with: "many = true\nlines = \"line_items\"",
            code: "LS0222",
            at: "many",
            help: "`expr`",
        },
        Bad {
            replace: "match = [{ external = \"sku\"",
            with: "match = [{ external = \"skus[]\"",
            code: "LS0230",
            at: "[]",
            help: "`[0]`",
        },
        Bad {
            replace: "lines = \"line_items\"",
            with: "lines = \"parcels[].items\"",
            code: "LS0230",
            at: "[]",
            help: "`[0]`",
        },
        Bad {
            replace: "categ_id     = { from = \"categories[0].id\", relation",
            with: "categ_id     = { from = \"shops[].categories[].id\", owner = \"shared\", relation",
            code: "LS0230",
            at: "\"shops[].categories[].id\"",
            help: "`export.map`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", empty = \"default\" }",
            code: "LS0221",
            at: "\"default\"",
            help: "`default`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { embed = \"sku\" }",
            code: "LS0221",
            at: "embed",
            help: "`relation`",
        },
        Bad {
            replace: "get = \"get_category\" }",
            with: "batch = 10 }",
            code: "LS0221",
            at: "\"category\"",
            help: "`missing = \"wait\"`",
        },
        Bad {
            replace: "topic = { header = \"X-WC-Webhook-Topic\" }\n",
            with: "",
            code: "LS0221",
            at: "topics",
            help: "header = ",
        },
        Bad {
            replace: "export = { create = \"create_product\", update = \"update_product\" }",
            with: "export = {}",
            code: "LS0221",
            at: "{}",
            help: "`create`",
        },
        Bad {
            replace: "values = { publish = true, draft = false }",
            with: "values = { publish = true }, as = \"boolean\"",
            code: "LS0222",
            at: "as",
            help: "convert in the table",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { value = \"x\", as = \"trim\" }",
            code: "LS0222",
            at: "as",
            help: "`from` or `expr`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", key = \"id\" }",
            code: "LS0222",
            at: "key",
            help: "`lines`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"sku\", default = \"x\", optional = true }",
            code: "LS0222",
            at: "optional",
            help: "absent anyway",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { choose = [{ then = { value = 1 } }], required = true }",
            code: "LS0222",
            at: "required",
            help: "`then`",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { choose = [{ then = { value = 1 } }, { then = { value = 2 } }] }",
            code: "LS0222",
            at: "{ then = { value = 2",
            help: "last",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { choose = [{ then = { value = 1, owner = \"odoo\" } }] }",
            code: "LS0222",
            at: "owner",
            help: "beside",
        },
        Bad {
            replace: "product_uom_qty = { from = \"quantity\", as = \"decimal\" }",
            with: "product_uom_qty = { from = \"quantity\", owner = \"odoo\" }",
            code: "LS0222",
            at: "owner",
            help: "beside",
        },
        Bad {
            replace: "product_uom_qty = { from = \"quantity\", as = \"decimal\" }",
            with: "product_uom_qty = { lines = \"x\", key = \"id\", map = {} }",
            code: "LS0222",
            at: "lines",
            help: "own field",
        },
        Bad {
            replace: "path = \"/orders\"\nrepeat = \"safe\"\npaginate = { kind = \"page\", param = \"page\", size_param = \"per_page\", size = 100, last_page_header = \"X-WP-TotalPages\" }",
            with: "path = \"/orders\"\nrepeat = \"safe\"",
            code: "LS0223",
            at: "[operations.list_orders]",
            help: "`link_header`",
        },
        Bad {
            replace: "last_page_header = \"X-WP-TotalPages\" }",
            with: "last_page_header = \"X-WP-TotalPages\", last_page = \"pages\" }",
            code: "LS0222",
            at: "last_page =",
            help: "the server tells",
        },
        Bad {
            replace: "paginate = { kind = \"page\", param = \"page\", size_param = \"per_page\", size = 100, last_page_header = \"X-WP-TotalPages\" }",
            with: "paginate = { kind = \"offset\", param = \"limit\", value = \"{size}\", size = 100 }",
            code: "LS0204",
            at: "\"{size}\"",
            help: "`{offset}`",
        },
        Bad {
            replace: "method = \"GET\",  path = \"/products/{id}\", repeat = \"safe\"",
            with: "method = \"GET\",  path = \"/products/{id}\", repeat = \"safe\", idempotency_key = { header = \"Key\" }",
            code: "LS0222",
            at: "idempotency_key",
            help: "Leave `idempotency_key` out",
        },
        Bad {
            replace: "path = \"/products\",      repeat = \"look_up_first\"",
            with: "path = \"/products\", repeat = \"look_up_first\", idempotency_key = { header = \"Key\", body = \"key\" }",
            code: "LS0220",
            at: "body = ",
            help: "Keep one of",
        },
        Bad {
            replace: "path = \"/products\",      repeat = \"look_up_first\"",
            with: "path = \"/products\", repeat = \"look_up_first\", body = { a = 1 }, idempotency_key = { body = \"a.key\" }",
            code: "LS0212",
            at: "key\" }",
            help: "Write a path",
        },
        Bad {
            replace: "path = \"/products\",      repeat = \"look_up_first\"",
            with: "path = \"/products\", repeat = \"look_up_first\", idempotency_key = { header = \"\", lasts_ms = 1 }",
            code: "LS0212",
            at: "\"\", lasts_ms",
            help: "",
        },
        Bad {
            replace: "method = \"PUT\",  path = \"/products/{id}\", repeat = \"idempotent\"",
            with: "method = \"PUT\",  path = \"/products\", repeat = \"idempotent\", body = { id = \"{id}\", of = [\"{stor_url}\"], a = \"{ b }\" }",
            code: "LS0204",
            at: "{stor_url}",
            help: "`store_url`",
        },
        Bad {
            replace: "path = \"/orders\"\nrepeat = \"safe\"",
            with: "path = \"/orders\"\nrepeat = \"safe\"\nparams_in = \"body\"",
            code: "LS0222",
            at: "params_in",
            help: "method = \"POST\"",
        },
        Bad {
            replace: "method = \"GET\"\npath = \"/orders\"\nrepeat = \"safe\"\npaginate = { kind = \"page\", param = \"page\"",
            with: "method = \"POST\"\npath = \"/orders\"\nrepeat = \"safe\"\nparams_in = \"body\"\npaginate = { kind = \"page\", param = \"page[\"",
            code: "LS0230",
            at: "[\"",
            help: "dots",
        },
        Bad {
            replace: "method = \"GET\"\npath = \"/orders\"\nrepeat = \"safe\"\npaginate = { kind = \"page\", param = \"page\"",
            with: "method = \"POST\"\npath = \"/orders\"\nrepeat = \"safe\"\nparams_in = \"body\"\nbody = { a = [{}], b = \"x\" }\npaginate = { kind = \"page\", param = \"a[2].page\"",
            code: "LS0212",
            at: "[2].page",
            help: "behind",
        },
        Bad {
            replace: "method = \"PUT\",  path = \"/products/{id}\", repeat = \"idempotent\"",
            with: "method = \"PUT\",  path = \"/products/{id}\", repeat = \"idempotent\", body = { a = \"x\", b = [nan] }",
            code: "LS0212",
            at: "nan",
            help: "finite",
        },
        Bad {
            replace: "method = \"PUT\",  path = \"/products/{id}\", repeat = \"idempotent\"",
            with: "method = \"PUT\",  path = \"/products/{id}\", repeat = \"idempotent\", wrap = \"a.b\", body = { a = \"x\" }",
            code: "LS0212",
            at: "b\"",
            help: "`body`",
        },
        Bad {
            replace: "since = { param = \"modified_after\", overlap_ms = 300_000 } }\nexport = { create = \"create_product\", update = \"update_product\" }",
            with: "since = { param = \"after\", always = true } }\nexport = { create = \"create_product\", update = \"update_product\", look_up = { operation = \"list_products\", param = \"sku\", from = \"default_code\", external = \"sku\" } }",
            code: "LS0212",
            at: "\"list_products\"",
            help: "`since`",
        },
        Bad {
            replace: "since = { param = \"modified_after\", overlap_ms = 300_000 } }",
            with: "since = { param = \"after\", header = \"If-Modified-Since\" } }",
            code: "LS0220",
            at: "header",
            help: "",
        },
        Bad {
            replace: "path = \"/system_status\", repeat",
            with: "path = \"/system_status\", error_if = { path = \"ok[\", is = false }, repeat",
            code: "LS0230",
            at: "[\"",
            help: "dots",
        },
        Bad {
            replace: "[http]",
            with: "[http]\nerror_if = { path = \"ok[-1]\", is = false }",
            code: "LS0230",
            at: "[-1]",
            help: "from 0",
        },
        Bad {
            replace: "[http]",
            with: "[http]\nerror_message = [\"Message\", \"Elements[\"]",
            code: "LS0230",
            at: "[\"]",
            help: "dots",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = \"skus[-1]\" }",
            code: "LS0230",
            at: "[-1]",
            help: "from 0",
        },
        Bad {
            replace: "default_code = { from = \"sku\" }",
            with: "default_code = { from = '[\"sku.code]' }",
            code: "LS0230",
            at: "[\"sku",
            help: "quotes",
        },
        Bad {
            replace: "since = { param = \"modified_after\", overlap_ms = 300_000 } }",
            with: "since = { param = \"filter\", value = \"after\" } }",
            code: "LS0204",
            at: "\"after\"",
            help: "`{time}`",
        },
        Bad {
            replace: "categ_id     = { from = \"categories[0].id\", relation = \"category\",",
            with: "categ_id     = { from = \"categories[0].id\", owner = \"shared\", relation = \"category\",",
            code: "LS0230",
            at: "\"categories[0].id\"",
            help: "`export.map`",
        },
        Bad {
            replace: "[webhooks]",
            with: "[entities.charge]\nexternal = { id = \"id\" }\nodoo = { model = \"product.product\" }\nmap = {}\n[entities.order.map.one]\nfrom = \"one\"\nrelation = \"charge\"\n[webhooks]",
            code: "LS0224",
            at: "\"charge\"",
            help: "`embed`",
        },
        Bad {
            replace: "from = \"customer_id\", relation",
            with: "embed = \"customer\", relation",
            code: "LS0224",
            at: "\"customer\"",
            help: "`from`",
        },
    ]);
}

#[test]
fn a_login_that_cannot_work_is_told_at_its_place() {
    const BASIC: &str = "kind = \"basic\"\nusername = \"consumer_key\"\npassword = \"consumer_secret\"";
    macro_rules! login {
        ($more:literal) => {
            concat!("kind = \"login\"\nusername = \"consumer_key\"\npassword = \"consumer_secret\"\n", $more)
        };
    }
    assert!(definition::parse(&edited(BASIC, login!("path = \"/login\"")), "connector.toml", None).is_ok());
    assert_all(&[
        Bad {
            replace: BASIC,
            with: login!("path = \"login\""),
            code: "LS0212",
            at: "\"login\"",
            help: "/login",
        },
        Bad {
            replace: BASIC,
            with: login!("path = \"/login/{consumer_key}\""),
            code: "LS0204",
            at: "{consumer_key}",
            help: "secret",
        },
        Bad {
            replace: BASIC,
            with: login!(
                "path = \"/login\"\nbody = { user = \"{consumer_key}\", key = \"{consumer_secret}\", again = \"{consumer_secre}\" }"
            ),
            code: "LS0204",
            at: "{consumer_secre}\"",
            help: "`consumer_secret`",
        },
        Bad {
            replace: BASIC,
            with: login!("path = \"/login\"\nbody = { key = \"{consumer_secret}\" }"),
            code: "LS0212",
            at: "\"consumer_key\"",
            help: "{consumer_key}",
        },
        Bad {
            replace: BASIC,
            with: login!(
                "path = \"/login\"\nform = true\nbody = { a = [\"{consumer_key}\"], b = \"{consumer_secret}\" }"
            ),
            code: "LS0222",
            at: "[\"{consumer_key}\"]",
            help: "`form`",
        },
        Bad {
            replace: BASIC,
            with: login!("path = \"/login\"\ntoken = \"data[\""),
            code: "LS0230",
            at: "[\"",
            help: "dots",
        },
        Bad {
            replace: BASIC,
            with: login!("path = \"/login\"\nlifetime = 0"),
            code: "LS0212",
            at: "0",
            help: "1",
        },
    ]);
}

#[test]
fn records_that_are_fetched_each() {
    let import = "import = { list = \"list_categories\", get = \"get_category\" }";
    // Another field of the sketch wants to fetch a category too, and says so.
    let text = edited(import, "import = { list = \"list_categories\", fetch = \"each\" }");
    let report = errors(&text);
    let told = report.diagnostics.iter().find(|problem| text[problem.span.clone()] == *"\"each\"");
    assert!(told.is_some_and(|problem| problem.code == "LS0221"), "{report}");
    assert!(told.and_then(|problem| problem.help.as_deref()).is_some_and(|help| help.contains("`get`")));
    assert_all(&[
        Bad {
            replace: import,
            with: "import = { list = \"list_categories\", get = \"get_category\", fetch = \"each\", include = { param = \"ids\" } }",
            code: "LS0222",
            at: "include",
            help: "`include`",
        },
        Bad {
            replace: import,
            with: "import = { list = \"list_categories\", get = \"get_category\", fetch = \"all\" }",
            code: "LS0104",
            at: "\"all\"",
            help: "`each`",
        },
    ]);
}

#[test]
fn nothing_is_put_into_an_item_that_may_not_be_there() {
    assert_all(&[Bad {
        replace: "[operations.list_orders]\n",
        with: "[operations.two]\nmethod = \"POST\"\npath = \"/two\"\nrepeat = \"safe\"\nwrap = \"a[b=c]\"\n[operations.list_orders]\n",
        code: "LS0212",
        at: "[b=c]",
        help: "path",
    }]);
}

#[test]
fn wrong_formats() {
    let http =
        |with| Bad { replace: "timeout_ms = 30_000", with, code: "LS0221", at: "lists", help: "`format`" };
    assert_all(&[
        http("lists = [\"order\"]"),
        Bad { code: "LS0104", at: "\"soap\"", help: "`xml`", ..http("format = \"soap\"") },
        Bad {
            replace: "timeout_ms = 30_000\n",
            with: "format = \"xml\"\n[operations.two]\nmethod = \"POST\"\npath = \"/two\"\nrepeat = \"safe\"\nbody = { one = 1, other = 2 }\n",
            code: "LS0212",
            at: "other",
            help: "one table",
        },
    ]);
}
