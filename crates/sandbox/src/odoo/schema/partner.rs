//! Contacts and their tags.

use super::field::short::{boolean, char, html, integer, many2many, many2one, one2many, selection};
use super::{Default, Model};
use crate::odoo::spec::Series;

pub(super) fn models(series: Series) -> Vec<Model> {
    vec![partner(series), category()]
}

fn partner(series: Series) -> Model {
    let mut types = vec![
        ("contact", "Contact"),
        ("invoice", if series >= Series::V19 { "Invoice" } else { "Invoice Address" }),
        ("delivery", if series >= Series::V19 { "Delivery" } else { "Delivery Address" }),
    ];
    if series == Series::V16 {
        types.extend([("private", "Private Address"), ("other", "Other Address")]);
    } else {
        types.push(("other", if series >= Series::V19 { "Other" } else { "Other Address" }));
    }
    let mut fields = vec![
        char("name", "Name"),
        char("email", "Email"),
        char("email_normalized", "Normalized Email").readonly(),
        char("phone", "Phone"),
        char("street", "Street"),
        char("street2", "Street2"),
        char("zip", "Zip"),
        char("city", "City"),
        many2one("state_id", "State", "res.country.state"),
        many2one("country_id", "Country", "res.country"),
        char("country_code", "Country Code").computed(),
        char("vat", "Tax ID"),
        char("ref", "Reference"),
        char("barcode", "Barcode"),
        char("function", "Job Position"),
        char("website", "Website Link"),
        html("comment", "Notes"),
        // The installed languages are the real options; the base has a handful.
        selection("lang", "Language", LANGUAGES).or(Default::Lang),
        char("tz", "Timezone"),
        selection("type", "Address Type", &types).or_text("contact"),
        many2one("parent_id", "Related Company", "res.partner"),
        one2many("child_ids", "Contact", "res.partner", "parent_id"),
        many2one("commercial_partner_id", "Commercial Entity", "res.partner").readonly(),
        boolean("is_company", "Is a Company"),
        selection("company_type", "Company Type", &[("person", "Individual"), ("company", "Company")])
            .computed(),
        char("company_name", "Company Name"),
        boolean("active", "Active").or_true(),
        many2one("company_id", "Company", "res.company"),
        many2one("user_id", "Salesperson", "res.users"),
        many2many("category_id", "Tags", "res.partner.category"),
        integer("color", "Color Index"),
        integer("customer_rank", "Customer Rank"),
        integer("supplier_rank", "Supplier Rank"),
        many2one("property_product_pricelist", "Pricelist", "product.pricelist").computed(),
        one2many("sale_order_ids", "Sales Order", "sale.order", "partner_id"),
    ];
    if series >= Series::V17 {
        fields.push(char("complete_name", "Complete Name").readonly());
    }
    if series < Series::V19 {
        fields.push(char("mobile", "Mobile"));
    }
    let order =
        if series == Series::V16 { "display_name ASC, id DESC" } else { "complete_name ASC, id DESC" };
    Model::new("res.partner", "Contact", order, fields)
}

const LANGUAGES: &[(&str, &str)] =
    &[("ar_001", "Arabic / الْعَرَبيّة"), ("en_US", "English (US)"), ("fr_FR", "French / Français")];

fn category() -> Model {
    Model::new(
        "res.partner.category",
        "Partner Tags",
        "name",
        vec![
            char("name", "Tag Name").required().translated(),
            integer("color", "Color"),
            many2one("parent_id", "Parent Category", "res.partner.category").cascade(),
            boolean("active", "Active").or_true(),
        ],
    )
}
