//! Wrong exports, as `bad` has them.

use super::bad::{Bad, assert_all};

/// An edit of the sketch's export of products.
fn export(with: &'static str, code: &'static str, at: &'static str, help: &'static str) -> Bad {
    Bad {
        replace: "export = { create = \"create_product\", update = \"update_product\" }",
        with,
        code,
        at,
        help,
    }
}

#[test]
fn what_an_export_lacks_or_has_too_much_is_told_at_its_place() {
    assert_all(&[
        export(
            "export = { create = \"create_product\", update = \"create_product\" }",
            "LS0204",
            "\"/products\"",
            "{id}",
        ),
        Bad {
            replace: "create_product = { method = \"POST\", path = \"/products\",      repeat",
            with: "create_product = { method = \"POST\", path = \"/products/{shelf}\", params = [\"shelf\"], repeat",
            code: "LS0204",
            at: "\"shelf\"",
            help: "`export.instead`",
        },
        export(
            "export = { update = \"update_product\", create = \"create_product\", archive = { operation = \"update_produkt\" } }",
            "LS0201",
            "\"update_produkt\"",
            "update_product",
        ),
        export(
            "export = { update = \"update_product\", create = \"create_product\", look_up = { operation = \"list_products\", param = \"sku\", from = \"\", external = \"sku\" } }",
            "LS0212",
            "\"\"",
            "a name",
        ),
        export(
            "export = { update = \"update_product\", create = \"create_product\", watch = [{ model = \"Stock\", path = \"product_id\" }] }",
            "LS0212",
            "\"Stock\"",
            "stock.quant",
        ),
        export(
            "export = { update = \"update_product\", create = \"create_product\", read = { picking_ids = { fields = [] } } }",
            "LS0212",
            "{ fields",
            "fields = ",
        ),
        export(
            "export = { update = \"update_product\", create = \"create_product\", instead = [{ when = { expr = \"True\" }, update = \"update_product\", params = { parent = \"parent_id\" } }] }",
            "LS0204",
            "parent",
            "parameter",
        ),
        export(
            "export = { update = \"update_product\", create = \"create_product\", owner = \"odoo\" }",
            "LS0101",
            "owner",
            "Allowed",
        ),
    ]);
}

#[test]
fn where_an_external_field_comes_from_is_checked_at_its_place() {
    let field = |with: &'static str, code, at, help| export(with, code, at, help);
    assert_all(&[
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { status = {} } }",
            "LS0220",
            "{}",
            "`from`, `expr`, `value`",
        ),
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { status = { from = \"active\", value = 1 } } }",
            "LS0220",
            "value",
            "Keep one of",
        ),
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { status = { expr = \"record['x']\" } } }",
            "LS0240",
            "record",
            "odoo",
        ),
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { status = { expr = \"odoo['x']\", as = \"text\" } } }",
            "LS0222",
            "as",
            "expression",
        ),
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { status = { from = \"x\", as = \"country\" } } }",
            "LS0212",
            "\"country\"",
            "`decimal`",
        ),
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { \"a[0].b\" = { from = \"x\" } } }",
            "LS0230",
            "\"a[0].b\"",
            "meta_data[key=_tracking].value",
        ),
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { status = { from = \"x\", context = { location = \"stok\" } } } }",
            "LS0203",
            "\"stok\"",
            "store_url",
        ),
        field(
            "export = { create = \"create_product\", update = \"update_product\", map = { status = { from = \"x\", owner = \"shop\" } } }",
            "LS0104",
            "\"shop\"",
            "`shared`",
        ),
        field(
            "export = { update = \"update_product\", map = { status = { from = \"x\", owner = \"external\" } } }",
            "LS0221",
            "\"external\"",
            "with `create`",
        ),
        field(
            "export = { update = \"update_product\", map = { status = { from = \"x\", compare = \"a[0]\" } } }",
            "LS0230",
            "\"a[0]\"",
            "meta_data[key=_tracking].value",
        ),
        field(
            "export = { update = \"update_product\", domain = { sale_ok = true } }",
            "LS0221",
            "domain",
            "create",
        ),
        field("export = { create = \"create_product\", along = [\"sku\"] }", "LS0221", "along", "`update`"),
        field(
            "export = { update = \"update_product\", along = [\"a[0]\"] }",
            "LS0230",
            "\"a[0]\"",
            "meta_data[key=_tracking].value",
        ),
        field(
            "export = { update = \"update_product\", along = [\"*\", \"sku\"] }",
            "LS0222",
            "\"sku\"",
            "`*` alone",
        ),
        field(
            "export = { update = \"update_product\", along = [\"id\"], without = [\"stock\"] }",
            "LS0221",
            "without",
            "along = [\"*\"]",
        ),
    ]);
}
