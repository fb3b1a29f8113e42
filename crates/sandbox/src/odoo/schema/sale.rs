//! Sales orders and their lines.

use super::field::short::{
    boolean, char, date, datetime, digits, float, html, integer, many2many, many2one, monetary, one2many,
    selection, text,
};
use super::{Default, Digits, Model};
use crate::odoo::spec::Series;

pub(super) fn models(series: Series) -> Vec<Model> {
    vec![order(series), line(series), team()]
}

const INVOICE_STATUS: &[(&str, &str)] = &[
    ("upselling", "Upselling Opportunity"),
    ("invoiced", "Fully Invoiced"),
    ("to invoice", "To Invoice"),
    ("no", "Nothing to Invoice"),
];

fn states(series: Series) -> Vec<(&'static str, &'static str)> {
    let mut states = vec![("draft", "Quotation"), ("sent", "Quotation Sent"), ("sale", "Sales Order")];
    if series == Series::V16 {
        states.push(("done", "Locked"));
    }
    states.push(("cancel", "Cancelled"));
    states
}

fn order(series: Series) -> Model {
    let mut fields = vec![
        char("name", "Order Reference").required().or_text("New"),
        many2one("partner_id", "Customer", "res.partner").required(),
        many2one("partner_invoice_id", "Invoice Address", "res.partner").required(),
        many2one("partner_shipping_id", "Delivery Address", "res.partner").required(),
        datetime("date_order", "Order Date").required().or(Default::Now),
        date("validity_date", "Expiration"),
        datetime("commitment_date", "Delivery Date"),
        selection("state", "Status", &states(series)).readonly().or_text("draft"),
        char("client_order_ref", "Customer Reference"),
        char("origin", "Source Document"),
        char("reference", "Payment Ref."),
        html("note", "Terms and conditions"),
        many2one("currency_id", "Currency", "res.currency").readonly(),
        float("currency_rate", "Currency Rate").readonly().or_number(1.0),
        many2one("company_id", "Company", "res.company").required().or(Default::Company),
        many2one("pricelist_id", "Pricelist", "product.pricelist"),
        many2one("user_id", "Salesperson", "res.users").or(Default::User),
        many2one("team_id", "Sales Team", "crm.team"),
        one2many("order_line", "Order Lines", "sale.order.line", "order_id"),
        monetary("amount_untaxed", "Untaxed Amount").readonly(),
        monetary("amount_tax", "Taxes").readonly(),
        monetary("amount_total", "Total").readonly(),
        selection("invoice_status", "Invoice Status", INVOICE_STATUS).readonly().or_text("no"),
        boolean("require_signature", "Online signature"),
        boolean("require_payment", "Online payment"),
    ];
    if series >= Series::V17 {
        fields.push(boolean("locked", "Locked"));
    }
    Model::new("sale.order", "Sales Order", "date_order desc, id desc", fields)
}

fn line(series: Series) -> Model {
    let price = if series >= Series::V19 {
        Digits::Shown("Product Price")
    } else {
        Digits::Precision("Product Price")
    };
    let quantity = Digits::Precision(series.unit_precision());
    Model::new(
        "sale.order.line",
        "Sales Order Line",
        "order_id, sequence, id",
        vec![
            many2one("order_id", "Order Reference", "sale.order").required().cascade(),
            integer("sequence", "Sequence").or_number(10.0),
            many2one("product_id", "Product", "product.product"),
            text("name", "Description").required(),
            digits("product_uom_qty", "Quantity", quantity).required().or_number(1.0),
            many2one(
                series.line_unit(),
                if series >= Series::V19 { "Unit" } else { "Unit of Measure" },
                "uom.uom",
            ),
            digits("price_unit", "Unit Price", price).required(),
            digits("discount", "Discount (%)", Digits::Precision("Discount")),
            many2many(series.line_taxes(), "Taxes", "account.tax"),
            monetary("price_subtotal", "Subtotal").readonly(),
            float("price_tax", "Total Tax").readonly(),
            monetary("price_total", "Total").readonly(),
            selection("state", "Order Status", &states(series)).computed(),
            digits("qty_delivered", "Delivery Quantity", quantity),
            digits("qty_invoiced", "Invoiced Quantity", quantity).readonly(),
            many2one("order_partner_id", "Customer", "res.partner").computed(),
            many2one("currency_id", "Currency", "res.currency").computed(),
            many2one("company_id", "Company", "res.company").computed(),
            selection("display_type", "Display Type", &[("line_section", "Section"), ("line_note", "Note")])
                .or(Default::Nothing),
            float("customer_lead", "Lead Time").required(),
            boolean("is_delivery", "Is a Delivery"),
        ],
    )
}

fn team() -> Model {
    Model::new(
        "crm.team",
        "Sales Team",
        "sequence ASC, create_date DESC, id DESC",
        vec![
            char("name", "Sales Team").required().translated(),
            integer("sequence", "Sequence").or_number(10.0),
            boolean("active", "Active").or_true(),
            many2one("company_id", "Company", "res.company"),
        ],
    )
}
