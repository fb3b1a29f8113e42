//! Searches: candidates from an index where the domain names exact values, then every record of them is asked.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::domain::{Leaf, Node, Operator};
use super::{Env, Operation};
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::value::Value;

/// Which part of the result is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) limit: Option<usize>,
    pub(crate) order: Option<String>,
}

impl Env<'_> {
    /// The ids that a domain means, in order.
    pub(crate) fn search(&mut self, model: ModelId, domain: &Json, page: &Page) -> Outcome<Vec<u32>> {
        self.check_access(model, Operation::Read)?;
        let node = self.domain(model, domain)?;
        let node = self.only_active(model, node);
        let order = match page.order.as_deref() {
            Some(order) if !order.trim().is_empty() => self.order(model, order)?,
            _ => self.order(model, self.model(model).order)?,
        };
        let by_id = order.first().is_some_and(|(field, descending)| *field == ID && !descending);
        let enough = by_id.then(|| page.limit.map_or(usize::MAX, |limit| page.offset.saturating_add(limit)));
        let mut found = self.filter(model, &node, enough.unwrap_or(usize::MAX));
        found.retain(|id| !self.is_hidden(model, *id));
        if !by_id {
            self.sort(model, &mut found, &order);
        }
        Ok(found.into_iter().skip(page.offset).take(page.limit.unwrap_or(usize::MAX)).collect())
    }

    /// How many records a domain means, at most `limit`.
    pub(crate) fn search_count(
        &mut self,
        model: ModelId,
        domain: &Json,
        limit: Option<usize>,
    ) -> Outcome<usize> {
        self.check_access(model, Operation::Read)?;
        let node = self.domain(model, domain)?;
        let node = self.only_active(model, node);
        Ok(self.filter(model, &node, limit.unwrap_or(usize::MAX)).len())
    }

    fn only_active(&self, model: ModelId, node: Node) -> Node {
        match self.model(model).field("active") {
            Some(active) if self.context.active_test && !self.mentions_active(model, &node) => {
                let is_active =
                    Leaf { path: vec![active], operator: Operator::In, values: vec![Value::Bool(true)] };
                Node::And(vec![node, Node::Leaf(is_active)])
            }
            _ => node,
        }
    }

    /// Matching ids, ascending, at most `enough`.
    fn filter(&mut self, model: ModelId, node: &Node, enough: usize) -> Vec<u32> {
        let candidates = match self.candidates(model, node) {
            Some(ids) => ids,
            None => self.db.table(model).ids().collect(),
        };
        let mut found = Vec::new();
        for id in candidates {
            if found.len() == enough {
                break;
            }
            if self.matches(model, id, node) {
                found.push(id);
            }
        }
        found
    }

    /// A set of ids, ascending, outside which nothing matches; `None` if all records have to be asked.
    fn candidates(&mut self, model: ModelId, node: &Node) -> Option<Vec<u32>> {
        match node {
            Node::Always(true) | Node::Not(_) => None,
            Node::Always(false) => Some(Vec::new()),
            Node::And(nodes) => {
                let sets = nodes.iter().filter_map(|node| self.candidates(model, node));
                sets.min_by_key(Vec::len)
            }
            Node::Or(nodes) => {
                let mut union = Vec::new();
                for node in nodes {
                    union.extend(self.candidates(model, node)?);
                }
                Some(sorted(union))
            }
            Node::Leaf(leaf) if leaf.operator == Operator::In => {
                self.leaf_candidates(model, &leaf.path, &leaf.values)
            }
            Node::Leaf(_) => None,
        }
    }

    fn leaf_candidates(&mut self, model: ModelId, path: &[FieldId], values: &[Value]) -> Option<Vec<u32>> {
        let (field, rest) = path.split_first()?;
        if *field == ID && rest.is_empty() {
            let ids = values.iter().filter_map(Value::id).filter(|id| self.db.table(model).contains(*id));
            return Some(sorted(ids.collect()));
        }
        let definition = self.field(model, *field);
        let values = match (&definition.kind, rest.is_empty()) {
            _ if !definition.stored => return None,
            (Kind::Many2one(target), false) => {
                let target = self.schema().known(target);
                self.leaf_candidates(target, rest, values)?.into_iter().map(Value::link).collect()
            }
            (Kind::Char | Kind::Many2one(_), true) => values.to_vec(),
            _ => return None,
        };
        let many2one = matches!(self.field(model, *field).kind, Kind::Many2one(_));
        let empty = |value: &Value| matches!(value, Value::Text(text) if text.is_empty());
        if values.iter().any(empty) {
            return None;
        }
        if values
            .iter()
            .any(|value| value.index_key().is_none() || (many2one && !matches!(value, Value::Int(_))))
        {
            return None;
        }
        let found = values.iter().flat_map(|value| self.db.with_value(model, *field, value)).collect();
        Some(sorted(found))
    }

    /// The parts of an order text: field and "descending".
    fn order(&self, model: ModelId, order: &str) -> Outcome<Vec<(FieldId, bool)>> {
        let mut parts = Vec::new();
        for part in order.split(',').map(str::trim) {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let direction = words.next().unwrap_or("asc").to_lowercase();
            if !matches!(direction.as_str(), "asc" | "desc")
                || words.next().is_some_and(|word| !word.eq_ignore_ascii_case("nulls"))
            {
                let message = format!(
                    "Invalid \"order\" specified ({order}). A valid \"order\" specification is a comma-separated list of valid field names (optionally followed by asc/desc for the direction)"
                );
                return Err(Error::new(Class::User, message));
            }
            let field = self.model(model).field(name).ok_or_else(|| {
                Error::new(
                    Class::Value,
                    format!("Invalid field '{name}' on model '{}'", self.model(model).name),
                )
            })?;
            parts.push((field, direction == "desc"));
        }
        Ok(parts)
    }

    /// Sorts ids as a search without an order would.
    pub(super) fn in_default_order(&mut self, model: ModelId, ids: &mut [u32]) {
        if ids.len() > 1
            && let Ok(order) = self.order(model, self.model(model).order)
        {
            self.sort(model, ids, &order);
        }
    }

    fn sort(&mut self, model: ModelId, ids: &mut [u32], order: &[(FieldId, bool)]) {
        let mut keyed: Vec<(Vec<Value>, u32)> = Vec::with_capacity(ids.len());
        for id in ids.iter() {
            let keys = order.iter().map(|(field, _)| self.sort_key(model, *id, *field)).collect();
            keyed.push((keys, *id));
        }
        keyed.sort_by(|(left, left_id), (right, right_id)| {
            let by_keys = left.iter().zip(right).zip(order).map(|((left, right), (_, descending))| {
                let ordering = left.compare(right);
                if *descending { ordering.reverse() } else { ordering }
            });
            by_keys.fold(Ordering::Equal, Ordering::then).then(left_id.cmp(right_id))
        });
        for (place, (_, id)) in ids.iter_mut().zip(keyed) {
            *place = id;
        }
    }

    fn sort_key(&mut self, model: ModelId, id: u32, field: FieldId) -> Value {
        let value = self.value(model, id, field);
        match (&self.field(model, field).kind, value.id()) {
            (Kind::Many2one(target), Some(linked)) => {
                let target = self.schema().known(target);
                Value::Text(self.display_name(target, linked))
            }
            (Kind::Boolean, _) => Value::Bool(value.truthy()),
            _ => value,
        }
    }
}

const ID: FieldId = 0;

fn sorted(mut ids: Vec<u32>) -> Vec<u32> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
