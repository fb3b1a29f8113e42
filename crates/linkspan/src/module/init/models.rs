//! What generated modules need to know of Odoo: which addon has a model, and which model a field's lines have.

use super::super::Series;

/// The Community addon that has `model`; `None` if it is not known.
pub(super) fn addon_of_model(model: &str) -> Option<&'static str> {
    Some(match model {
        "product.supplierinfo" | "product.pricelist" | "product.tag" => "product",
        "purchase.order" | "purchase.order.line" => "purchase",
        "delivery.carrier" => "delivery",
        "mail.activity" | "mail.activity.type" => "mail",
        "crm.team" => "sales_team",
        "project.project" | "project.task" => "project",
        "calendar.event" => "calendar",
        "hr.employee" | "hr.department" => "hr",
        "uom.uom" | "uom.category" => "uom",
        "utm.source" | "utm.medium" | "utm.campaign" => "utm",
        model => match model.split('.').next().unwrap_or_default() {
            "res" => "base",
            "product" => "product",
            "sale" => "sale",
            "stock" => "stock",
            "account" => "account",
            "crm" => "crm",
            _ => return None,
        },
    })
}

/// The addon that adds `field` to a model of another addon.
pub(super) fn addon_of_field(model: &str, field: &str, series: Series) -> Option<&'static str> {
    match (model, field) {
        ("stock.picking", "carrier_id" | "carrier_tracking_ref") => {
            Some(if series >= Series::V17 { "stock_delivery" } else { "delivery" })
        }
        ("sale.order", "carrier_id") => Some("delivery"),
        ("stock.picking", "sale_id") => Some("sale_stock"),
        ("product.product" | "product.template", "is_storable" | "tracking") => Some("stock"),
        ("res.partner", "property_account_receivable_id" | "property_account_payable_id") => Some("account"),
        _ => None,
    }
}

/// Model of the lines in `field`; `None` if it is not known.
pub(super) fn line_model(model: &str, field: &str) -> Option<&'static str> {
    Some(match (model, field) {
        ("sale.order", "order_line") => "sale.order.line",
        ("purchase.order", "order_line") => "purchase.order.line",
        ("account.move", "invoice_line_ids" | "line_ids") => "account.move.line",
        ("stock.picking", "move_ids" | "move_ids_without_package") => "stock.move",
        ("stock.picking", "move_line_ids") => "stock.move.line",
        ("res.partner", "bank_ids") => "res.partner.bank",
        ("res.partner", "child_ids") => "res.partner",
        ("product.product" | "product.template", "seller_ids") => "product.supplierinfo",
        ("product.template", "attribute_line_ids") => "product.template.attribute.line",
        ("product.pricelist", "item_ids") => "product.pricelist.item",
        ("project.project", "task_ids") => "project.task",
        _ => return None,
    })
}
