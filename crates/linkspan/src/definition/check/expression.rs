//! Expressions.
use super::Check;
use super::entity::Place;
use crate::document::Node;
impl<'a> Check<'a> {
    pub(super) fn expr_table(&mut self, table: Option<Node<'a>>, place: &Place<'a>) {
        if let Some(expr) = table.and_then(|table| table.get("expr")) {
            self.expression(expr, place);
        }
    }
    pub(super) fn expression(&mut self, _node: Node<'a>, place: &Place<'a>) {
        let _ = (place.names(), place.base("record", self.samples));
    }
}
