//! An XML file as a tree that knows where every element and attribute stands.

use std::ops::Range;

/// Index of an element in its [`Tree`].
pub(crate) type NodeId = usize;

#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Name and value with quotes.
    pub(crate) span: Range<usize>,
    /// The value without quotes.
    pub(crate) value_span: Range<usize>,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) tag: String,
    /// From `<` to the end of the closing tag.
    pub(crate) span: Range<usize>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<NodeId>,
    pub(crate) parent: Option<NodeId>,
    /// Its first piece of text, and where that is.
    pub(crate) text: String,
    pub(crate) text_span: Range<usize>,
}

impl Node {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|attribute| attribute.value.as_str())
    }

    /// `<tag`, for messages about the whole element.
    pub(crate) fn head(&self) -> Range<usize> {
        self.span.start..self.span.start + 1 + self.tag.len()
    }

    /// The tag's name where the element opens.
    pub(crate) fn open_tag(&self) -> Range<usize> {
        self.span.start + 1..self.span.start + 1 + self.tag.len()
    }
}

#[derive(Debug)]
pub(crate) struct Comment {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

#[derive(Debug)]
pub(crate) struct Tree {
    /// In the order of the text; the root first.
    pub(crate) nodes: Vec<Node>,
    pub(crate) comments: Vec<Comment>,
}

impl Tree {
    /// # Errors
    /// Where the text is not well-formed, and why.
    pub(crate) fn parse(text: &str) -> Result<Tree, (usize, String)> {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
            let at = error.pos();
            let message = error.to_string();
            let reason = message.rsplit_once(" at ").map_or(message.as_str(), |(reason, _)| reason);
            (offset(text, at.row as usize, at.col as usize), reason.to_owned())
        })?;
        let mut tree = Tree { nodes: Vec::new(), comments: Vec::new() };
        for child in document.root().children() {
            tree.add(child, None);
        }
        Ok(tree)
    }

    fn add(&mut self, node: roxmltree::Node<'_, '_>, parent: Option<NodeId>) {
        if node.is_comment() {
            self.comments.push(Comment { span: node.range(), text: node.text().unwrap_or("").to_owned() });
            return;
        }
        if !node.is_element() {
            return;
        }
        let id = self.nodes.len();
        let attributes = node.attributes().map(|attribute| Attribute {
            name: attribute.name().to_owned(),
            value: attribute.value().to_owned(),
            span: attribute.range(),
            value_span: attribute.range_value(),
        });
        let piece = node.children().find(|child| child.is_text());
        self.nodes.push(Node {
            tag: node.tag_name().name().to_owned(),
            span: node.range(),
            attributes: attributes.collect(),
            children: Vec::new(),
            parent,
            text: piece.and_then(|piece| piece.text()).unwrap_or("").to_owned(),
            text_span: piece.map_or(node.range().end..node.range().end, |piece| piece.range()),
        });
        if let Some(parent) = parent {
            self.nodes[parent].children.push(id);
        }
        for child in node.children() {
            self.add(child, Some(id));
        }
    }

    /// The elements inside of `id`, itself left out.
    pub(crate) fn inside(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let end = self.nodes[id].span.end;
        self.nodes.iter().enumerate().skip(id + 1).take_while(move |(_, node)| node.span.start < end)
    }

    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes[id].children.iter().map(|child| (*child, &self.nodes[*child]))
    }

    /// The elements around `id`, the nearest first.
    pub(crate) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.nodes[id].parent, |at| self.nodes[*at].parent).map(|at| &self.nodes[at])
    }
}

/// The byte at a line and column, both from 1, columns in characters.
fn offset(text: &str, row: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(row.saturating_sub(1)).map(str::len).sum();
    let rest = &text[start.min(text.len())..];
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}
