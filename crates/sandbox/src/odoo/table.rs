//! The records of one model, with an index on every field that was ever searched for an exact value.

use std::collections::HashMap;

use super::pack::{Packed, Row};
use super::schema::FieldId;
use super::value::Value;

/// Records by id.
#[derive(Debug, Default)]
pub(crate) struct Table {
    width: usize,
    rows: Vec<Option<Packed>>,
    live: usize,
    next_id: u32,
    indexes: HashMap<FieldId, Index>,
}

/// Who has which value. Nearly always one record does, and a million of them shall stay small, so those with company
/// are kept apart.
#[derive(Debug, Default)]
struct Index {
    one: HashMap<u64, u32>,
    /// Sorted ids, at least two.
    many: HashMap<u64, Vec<u32>>,
}

impl Table {
    pub(crate) fn new(width: usize) -> Table {
        Table { width, next_id: 1, ..Table::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// A new id. It is not given back when the transaction fails, as with a sequence of PostgreSQL.
    pub(crate) fn take_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        self.packed(id).is_some()
    }

    pub(crate) fn row(&self, id: u32) -> Option<Row> {
        self.packed(id).map(|packed| packed.row(self.width))
    }

    pub(crate) fn field(&self, id: u32, field: FieldId) -> Value {
        self.packed(id).map(|packed| packed.field(field)).unwrap_or_default()
    }

    /// The ids of all records, ascending.
    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.rows.iter().enumerate().filter_map(|(id, row)| row.as_ref().map(|_| id as u32))
    }

    /// Puts a record in place of what was there (`None` removes it) and returns what was there.
    pub(crate) fn replace(&mut self, id: u32, new: Option<Packed>) -> Option<Packed> {
        let place = id as usize;
        if self.rows.len() <= place {
            self.rows.resize(place + 1, None);
        }
        self.next_id = self.next_id.max(id + 1);
        for (field, index) in &mut self.indexes {
            let key =
                |packed: &Option<Packed>| packed.as_ref().and_then(|packed| packed.field(*field).index_key());
            let (before, after) = (key(&self.rows[place]), key(&new));
            if before != after {
                before.into_iter().for_each(|key| index.remove(key, id));
                after.into_iter().for_each(|key| index.insert(key, id));
            }
        }
        let old = std::mem::replace(&mut self.rows[place], new);
        self.live += usize::from(self.rows[place].is_some());
        self.live -= usize::from(old.is_some());
        old
    }

    /// Makes sure that `field` has an index.
    pub(crate) fn ensure_index(&mut self, field: FieldId) {
        if self.indexes.contains_key(&field) {
            return;
        }
        let mut index = Index::default();
        for (id, row) in self.rows.iter().enumerate() {
            if let Some(key) = row.as_ref().and_then(|packed| packed.field(field).index_key()) {
                index.insert(key, id as u32);
            }
        }
        self.indexes.insert(field, index);
    }

    /// The records whose `field` is `value`, ascending; `None` without an index.
    pub(crate) fn with_value(&self, field: FieldId, value: &Value) -> Option<Vec<u32>> {
        let index = self.indexes.get(&field)?;
        let candidates = value.index_key().map(|key| index.holders(key)).unwrap_or_default();
        // Two texts may share a key.
        Some(candidates.iter().copied().filter(|id| self.field(*id, field) == *value).collect())
    }

    fn packed(&self, id: u32) -> Option<&Packed> {
        self.rows.get(id as usize)?.as_ref()
    }
}

impl Index {
    fn holders(&self, key: u64) -> &[u32] {
        match (self.one.get(&key), self.many.get(&key)) {
            (Some(id), _) => std::slice::from_ref(id),
            (None, Some(ids)) => ids,
            (None, None) => &[],
        }
    }

    fn insert(&mut self, key: u64, id: u32) {
        if let Some(ids) = self.many.get_mut(&key) {
            if let Err(place) = ids.binary_search(&id) {
                ids.insert(place, id);
            }
        } else if let Some(other) = self.one.insert(key, id)
            && other != id
        {
            self.one.remove(&key);
            self.many.insert(key, vec![other.min(id), other.max(id)]);
        }
    }

    fn remove(&mut self, key: u64, id: u32) {
        if self.one.get(&key) == Some(&id) {
            self.one.remove(&key);
        } else if let Some(ids) = self.many.get_mut(&key) {
            if let Ok(place) = ids.binary_search(&id) {
                ids.remove(place);
            }
            if let [last] = ids[..] {
                self.many.remove(&key);
                self.one.insert(key, last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(table: &mut Table, id: u32, text: &str) {
        table.replace(id, Some(Packed::new(&[Value::text(text)])));
    }

    #[test]
    fn an_index_follows_changes_and_removals() {
        let mut table = Table::new(1);
        put(&mut table, 1, "a");
        table.ensure_index(0);
        put(&mut table, 2, "a");
        put(&mut table, 3, "b");
        assert_eq!(table.with_value(0, &Value::text("a")), Some(vec![1, 2]));
        put(&mut table, 1, "b");
        table.replace(2, None);
        assert_eq!(table.with_value(0, &Value::text("a")), Some(vec![]));
        assert_eq!(table.with_value(0, &Value::text("b")), Some(vec![1, 3]));
        assert_eq!(table.len(), 2);
        assert_eq!(table.take_id(), 4);
    }
}
