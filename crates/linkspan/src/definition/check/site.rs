//! Every place in an entity where a value is made: fields, their cases, the fields of their lines.

use crate::document::Node;

/// One such place.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// The Odoo field.
    pub(super) name: &'a str,
    /// The table that says where the value comes from.
    pub(super) field: Node<'a>,
    /// The table with `lines`, `key` and `map` that this is a field of.
    pub(super) line: Option<Node<'a>>,
    /// It is a case of `choose`.
    pub(super) in_choose: bool,
    /// It may not apply: a case with `when`, or one after it.
    pub(super) conditional: bool,
}

/// All places of `entity`.
pub(super) fn sites(entity: Node<'_>) -> Vec<Site<'_>> {
    let mut all = Vec::new();
    for (name, field) in entity.members_of("map") {
        add(Site { name, field, line: None, in_choose: false, conditional: false }, &mut all);
    }
    all
}

fn add<'a>(site: Site<'a>, all: &mut Vec<Site<'a>>) {
    all.push(site);
    for case in site.field.items_of("choose") {
        if let Some(field) = case.get("then") {
            add(Site { field, in_choose: true, conditional: true, ..site }, all);
        }
    }
    for table in line_tables(site.field) {
        for (name, field) in table.members_of("map") {
            add(Site { name, field, line: Some(table), in_choose: false, ..site }, all);
        }
    }
}

/// The tables with `lines`, `key` and `map` of a field: itself and `also`.
pub(super) fn line_tables<'a>(field: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    let itself = field.get("map").or(field.get("lines")).map(|_| field);
    itself.into_iter().chain(field.items_of("also"))
}
