//! Records of a module's XML and CSV files, and the references between them.

use std::collections::HashMap;
use std::ops::Range;

use crate::module::lint::load::xml::{Node, NodeId, Tree};
use crate::module::lint::load::{FileId, Module};

/// A record of an XML file, or a row of a CSV file.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) file: FileId,
    /// Without the module's name in front of it; `None` when it has none.
    pub(crate) id: Option<String>,
    pub(crate) model: &'a str,
    /// Where to put a message.
    pub(crate) span: Range<usize>,
    pub(crate) values: Vec<Value<'a>>,
    pub(crate) noupdate: bool,
    /// The element in its file; `None` for a row.
    pub(crate) node: Option<NodeId>,
}

/// A field of a record.
#[derive(Debug)]
pub(crate) struct Value<'a> {
    pub(crate) name: &'a str,
    /// Text, reference or expression, whichever is there.
    pub(crate) value: &'a str,
    pub(crate) span: Range<usize>,
    /// The `<field>` element.
    pub(crate) node: Option<NodeId>,
}

impl<'a> Record<'a> {
    pub(crate) fn value(&self, name: &str) -> Option<&Value<'a>> {
        self.values.iter().find(|value| value.name == name)
    }

    pub(crate) fn get(&self, name: &str) -> &'a str {
        self.value(name).map_or("", |value| value.value)
    }
}

/// A mention of a record by its external id.
#[derive(Debug)]
pub(crate) struct Reference<'a> {
    pub(crate) file: FileId,
    pub(crate) span: Range<usize>,
    /// As it is written: `base.group_user`, or `view_x` of the same module.
    pub(crate) id: &'a str,
    /// Whether Odoo bears that it does not exist: a group in a view.
    pub(crate) is_soft: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Data<'a> {
    pub(crate) records: Vec<Record<'a>>,
    pub(crate) references: Vec<Reference<'a>>,
    /// Position of the first record with an id.
    pub(crate) by_id: HashMap<String, usize>,
    by_model: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Data<'a> {
    pub(crate) fn new(module: &'a Module) -> Data<'a> {
        let mut data = Data::default();
        for (file, held) in module.files.iter().enumerate() {
            if held.is_test() {
                continue;
            }
            if let Some(tree) = held.xml() {
                data.read_xml(module, file, tree);
            } else if let Some(table) = held.csv() {
                data.read_csv(module, file, table);
            }
        }
        for (i, record) in data.records.iter().enumerate() {
            data.by_model.entry(record.model).or_default().push(i);
            if let Some(id) = &record.id {
                data.by_id.entry(id.clone()).or_insert(i);
            }
        }
        data
    }

    pub(crate) fn of_model(&self, model: &str) -> impl Iterator<Item = &Record<'a>> {
        self.by_model.get(model).into_iter().flatten().map(|i| &self.records[*i])
    }

    fn read_xml(&mut self, module: &'a Module, file: FileId, tree: &'a Tree) {
        for (id, node) in tree.nodes.iter().enumerate() {
            let noupdate = || {
                tree.ancestors(id).any(|around| matches!(around.get("noupdate"), Some("1" | "True" | "true")))
            };
            let own_id = || node.get("id").map(|id| local(module, id));
            match node.tag.as_str() {
                "record" => self.records.push(Record {
                    file,
                    id: own_id(),
                    model: node.get("model").unwrap_or(""),
                    span: node.head(),
                    values: tree.children(id).filter_map(|(child, field)| value(child, field)).collect(),
                    noupdate: noupdate(),
                    node: Some(id),
                }),
                "menuitem" => self.records.push(plain(file, own_id(), "ir.ui.menu", id, node)),
                "template" => self.records.push(plain(file, own_id(), "ir.ui.view", id, node)),
                _ => {}
            }
            self.references.extend(references(file, node));
        }
    }

    fn read_csv(
        &mut self,
        module: &'a Module,
        file: FileId,
        table: &'a crate::module::lint::load::csv::Table,
    ) {
        let path = module.files[file].path.as_str();
        let model = path.rsplit('/').next().and_then(|name| name.strip_suffix(".csv")).unwrap_or("");
        for row in &table.rows {
            let cells = table.header.iter().zip(row);
            let values: Vec<Value<'a>> = cells
                .map(|(column, cell)| Value {
                    name: column.value.as_str(),
                    value: cell.value.as_str(),
                    span: cell.span.clone(),
                    node: None,
                })
                .collect();
            for value in
                values.iter().filter(|value| value.name.ends_with(":id") || value.name.ends_with("/id"))
            {
                let ids = value.value.split(',').map(str::trim).filter(|id| !id.is_empty());
                self.references.extend(ids.map(|id| Reference {
                    file,
                    span: value.span.clone(),
                    id,
                    is_soft: false,
                }));
            }
            let id = values.iter().find(|value| value.name == "id").map(|value| local(module, value.value));
            let span = row[0].span.start..row[row.len() - 1].span.end;
            self.records.push(Record { file, id, model, span, values, noupdate: false, node: None });
        }
    }
}

fn plain<'a>(
    file: FileId,
    id: Option<String>,
    model: &'a str,
    node_id: NodeId,
    node: &'a Node,
) -> Record<'a> {
    let values = node.attributes.iter().map(|attribute| Value {
        name: attribute.name.as_str(),
        value: attribute.value.as_str(),
        span: attribute.span.clone(),
        node: None,
    });
    let values = values.collect();
    Record { file, id, model, span: node.head(), values, noupdate: false, node: Some(node_id) }
}

fn value(id: NodeId, node: &Node) -> Option<Value<'_>> {
    let name = node.get("name").filter(|_| node.tag == "field")?;
    let value = node.get("ref").or_else(|| node.get("eval")).unwrap_or_else(|| node.text.trim());
    Some(Value { name, value, span: node.span.clone(), node: Some(id) })
}

/// The id without the module's own name in front of it.
fn local(module: &Module, id: &str) -> String {
    match id.split_once('.') {
        Some((name, rest)) if name == module.name => rest.to_owned(),
        _ => id.to_owned(),
    }
}

/// External ids that an element names.
fn references(file: FileId, node: &Node) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut add = |span: Range<usize>, id, is_soft| found.push(Reference { file, span, id, is_soft });
    for attribute in &node.attributes {
        let value = attribute.value.as_str();
        match (node.tag.as_str(), attribute.name.as_str()) {
            (_, "ref") | ("menuitem", "parent" | "action") | ("template", "inherit_id") => {
                add(attribute.value_span.clone(), value, false);
            }
            (_, "groups") => {
                for id in value.split(',').map(|id| id.trim().trim_start_matches('!')) {
                    add(attribute.value_span.clone(), id, node.tag != "menuitem");
                }
            }
            (_, "eval") => {
                for id in after_each(value, "ref('", '\'').into_iter().chain(after_each(value, "ref(\"", '"'))
                {
                    add(attribute.value_span.clone(), id, false);
                }
            }
            ("button" | "a", "name") => {
                for id in after_each(value, "%(", ')') {
                    add(attribute.value_span.clone(), id, false);
                }
            }
            _ => {}
        }
    }
    found.retain(|reference| !reference.id.is_empty());
    found
}

/// What stands between each `start` and the next `end`.
fn after_each<'t>(text: &'t str, start: &str, end: char) -> Vec<&'t str> {
    text.split(start).skip(1).filter_map(|rest| rest.split_once(end)).map(|(id, _)| id).collect()
}
