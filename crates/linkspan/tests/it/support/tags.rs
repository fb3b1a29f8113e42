//! The shop's categories as product tags of Odoo, of which a product has several.

use super::program::Program;

/// Changes the definition beside the configuration: categories become tags, and products have them as `field` says.
pub(crate) fn map(program: &Program, field: &str) {
    let edit = |old: &str, new: &str| program.edit_file("connector/connector.toml", old, new);
    edit("model = \"product.category\"", "model = \"product.tag\"");
    edit(
        "parent_id = { expr = \"record['parent'] or None\", relation = \"category\", missing = \"fetch\" }\n",
        "",
    );
    let one = "categ_id = { expr = \"record['categories'][0]['id'] if record['categories'] else None\", relation = \"category\", missing = \"fetch\", null = \"skip\" }";
    edit(one, &format!("product_tag_ids = {field}"));
}
