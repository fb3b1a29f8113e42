//! What the app Inventory adds: stock, places, transfers, and their fields on products and orders. As far as a connector
//! reads it; moving goods is not simulated, tests write quantities and states themselves.

use super::field::short::{boolean, char, float, many2one, one2many, selection};
use super::{Field, Kind, Model};
use crate::odoo::spec::Series;

const TRANSFER_STATES: &[(&str, &str)] = &[
    ("draft", "Draft"),
    ("waiting", "Waiting Another Operation"),
    ("confirmed", "Waiting"),
    ("assigned", "Ready"),
    ("done", "Done"),
    ("cancel", "Cancelled"),
];

const DELIVERY_STATES: &[(&str, &str)] = &[
    ("pending", "Not Delivered"),
    ("started", "Started"),
    ("partial", "Partially Delivered"),
    ("full", "Fully Delivered"),
];

pub(super) fn models() -> Vec<Model> {
    let location = Model::new(
        "stock.location",
        "Inventory Locations",
        "complete_name, id",
        vec![
            char("name", "Location Name").required(),
            char("complete_name", "Full Location Name"),
            many2one("location_id", "Parent Location", "stock.location"),
            boolean("active", "Active").or_true(),
        ],
    );
    let quant = Model::new(
        "stock.quant",
        "Quants",
        "id",
        vec![
            many2one("product_id", "Product", "product.product").required(),
            many2one("location_id", "Location", "stock.location").required(),
            float("quantity", "Quantity"),
            float("reserved_quantity", "Reserved Quantity"),
        ],
    )
    .named_by("product_id");
    let picking = Model::new(
        "stock.picking",
        "Transfer",
        "id desc",
        vec![
            char("name", "Reference"),
            selection("state", "Status", TRANSFER_STATES).or_text("draft"),
            many2one("sale_id", "Sales Order", "sale.order"),
            char("carrier_tracking_ref", "Tracking Reference"),
        ],
    );
    vec![location, quant, picking]
}

/// Fields of products.
pub(super) fn of_product(series: Series) -> Vec<Field> {
    let mut fields = vec![
        float("free_qty", "Free To Use Quantity").computed(),
        float("qty_available", "Quantity On Hand").computed(),
        one2many("stock_quant_ids", "Stock Quant", "stock.quant", "product_id"),
    ];
    if series >= Series::V18 {
        fields.push(boolean("is_storable", "Track Inventory"));
    }
    fields
}

/// Until 17.0 stock is kept of products of a further type.
pub(super) fn storable(product: &mut Model) {
    for field in product.fields.iter_mut().filter(|field| matches!(field.name, "detailed_type" | "type")) {
        if let Kind::Selection(types) = &mut field.kind
            && !types.iter().any(|(name, _)| *name == "combo")
        {
            types.push(("product", "Storable Product"));
        }
    }
}

/// Fields of orders.
pub(super) fn of_order() -> Vec<Field> {
    vec![
        Field::new("delivery_status", "Delivery Status", Kind::Selection(DELIVERY_STATES.to_vec()))
            .computed(),
        one2many("picking_ids", "Transfers", "stock.picking", "sale_id"),
    ]
}
