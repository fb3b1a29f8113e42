//! Products with the fields of their template, their tags, categories, pricelists, units and taxes.

use super::field::short::{
    boolean, char, digits, float, html, integer, many2many, many2one, one2many, selection, text,
};
use super::{Default, Digits, Field, Kind, Model};
use crate::odoo::spec::Series;

pub(super) fn models(series: Series) -> Vec<Model> {
    vec![product(series), product_tag(series), category(), pricelist(series), unit(series), tax(series)]
}

fn product(series: Series) -> Model {
    let price = if series >= Series::V19 {
        Digits::Shown("Product Price")
    } else {
        Digits::Precision("Product Price")
    };
    // Of several empty columns the database complains about the first.
    let mut fields = vec![
        match series {
            Series::V19 => many2one("categ_id", "Product Category", "product.category"),
            _ => many2one("categ_id", "Product Category", "product.category").required().or(Default::First),
        },
        char("name", "Name").required().translated(),
        char("default_code", "Internal Reference"),
        digits("list_price", "Sales Price", price).or_number(1.0),
        digits("lst_price", "Sales Price", price).computed(),
        digits("standard_price", "Cost", price),
        digits("weight", "Weight", Digits::Precision("Stock Weight")),
        digits("volume", "Volume", Digits::Precision("Volume")),
        char("barcode", "Barcode"),
        html("description", "Description").translated(),
        text("description_sale", "Sales Description").translated(),
        boolean("active", "Active").or_true(),
        boolean("sale_ok", if series >= Series::V18 { "Sales" } else { "Can be Sold" }).or_true(),
        boolean("purchase_ok", if series >= Series::V18 { "Purchase" } else { "Can be Purchased" }).or_true(),
        many2one("uom_id", "Unit of Measure", "uom.uom").required().or(Default::First),
        many2many("taxes_id", "Customer Taxes", "account.tax"),
        many2many(
            "product_tag_ids",
            if series >= Series::V18 { "Tags" } else { "Product Tags" },
            "product.tag",
        ),
        many2one("company_id", "Company", "res.company"),
        many2one("currency_id", "Currency", "res.currency").computed(),
        integer("sequence", "Sequence").or_number(1.0),
        integer("color", "Color Index"),
        Field::new("image_1920", "Image", Kind::Binary),
    ];
    if series >= Series::V18 {
        fields.push(
            selection(
                "type",
                "Product Type",
                &[("consu", "Goods"), ("service", "Service"), ("combo", "Combo")],
            )
            .required()
            .or_text("consu"),
        );
        fields.push(boolean("is_favorite", "Favorite"));
    } else {
        let types = [("consu", "Consumable"), ("service", "Service")];
        fields.push(selection("detailed_type", "Product Type", &types).required().or_text("consu"));
        fields.push(selection("type", "Type", &types).readonly());
        fields.push(selection("priority", "Favorite", &[("0", "Normal"), ("1", "Favorite")]).or_text("0"));
    }
    if series < Series::V19 {
        fields.push(many2one("uom_po_id", "Purchase UoM", "uom.uom").required().or(Default::First));
    }
    let order = if series >= Series::V18 {
        "default_code, name, id"
    } else {
        "priority desc, default_code, name, id"
    };
    Model::new("product.product", "Product Variant", order, fields)
}

fn product_tag(series: Series) -> Model {
    let mut fields =
        vec![char("name", if series >= Series::V18 { "Name" } else { "Tag Name" }).required().translated()];
    if series >= Series::V18 {
        fields.push(integer("sequence", "Sequence").or_number(10.0));
    }
    let order = if series >= Series::V18 { "sequence, id" } else { "id" };
    Model::new("product.tag", "Product Tag", order, fields)
}

fn category() -> Model {
    Model::new(
        "product.category",
        "Product Category",
        "complete_name",
        vec![
            char("name", "Name").required(),
            char("complete_name", "Complete Name").readonly(),
            many2one("parent_id", "Parent Category", "product.category").cascade(),
            one2many("child_id", "Child Categories", "product.category", "parent_id"),
        ],
    )
    .named_by("complete_name")
}

fn pricelist(series: Series) -> Model {
    Model::new(
        "product.pricelist",
        "Pricelist",
        if series == Series::V16 { "sequence asc, id desc" } else { "sequence, id, name" },
        vec![
            char("name", "Pricelist Name").required().translated(),
            many2one("currency_id", "Currency", "res.currency").required().or(Default::First),
            match series {
                Series::V16 => many2one("company_id", "Company", "res.company"),
                _ => many2one("company_id", "Company", "res.company").or(Default::Company),
            },
            integer("sequence", "Sequence").or_number(16.0),
            boolean("active", "Active").or_true(),
        ],
    )
}

fn unit(series: Series) -> Model {
    let mut fields = vec![
        char("name", if series >= Series::V19 { "Unit Name" } else { "Unit of Measure" })
            .required()
            .translated(),
        float("factor", "Ratio").or_number(1.0),
        boolean("active", "Active").or_true(),
    ];
    if series >= Series::V19 {
        fields.push(float("relative_factor", "Contains").required().or_number(1.0));
        fields.push(many2one("relative_uom_id", "Reference Unit", "uom.uom"));
    }
    Model::new("uom.uom", "Product Unit of Measure", "id", fields)
}

fn tax(series: Series) -> Model {
    let mut fields = vec![
        char("name", "Tax Name").required().translated(),
        selection(
            "type_tax_use",
            "Tax Type",
            &[("sale", "Sales"), ("purchase", "Purchases"), ("none", "None")],
        )
        .required()
        .or_text("sale"),
        selection(
            "amount_type",
            "Tax Computation",
            &[
                ("group", "Group of Taxes"),
                ("fixed", "Fixed"),
                ("percent", if series >= Series::V18 { "Percentage" } else { "Percentage of Price" }),
                (
                    "division",
                    if series >= Series::V18 {
                        "Percentage Tax Included"
                    } else {
                        "Percentage of Price Tax Included"
                    },
                ),
            ],
        )
        .required()
        .or_text("percent"),
        digits("amount", "Amount", Digits::Fixed(4)).required(),
        char("description", if series >= Series::V17 { "Description" } else { "Label on Invoices" }),
        many2one("company_id", "Company", "res.company").required().or(Default::Company),
        integer("sequence", "Sequence").required().or_number(1.0),
        boolean("active", "Active").or_true(),
    ];
    if series >= Series::V18 {
        fields.push(selection(
            "price_include_override",
            "Included in Price",
            &[("tax_included", "Tax Included"), ("tax_excluded", "Tax Excluded")],
        ));
        fields.push(boolean("price_include", "Price Include").computed());
    } else {
        fields.push(boolean("price_include", "Included in Price"));
    }
    Model::new("account.tax", "Tax", "sequence,id", fields)
}
