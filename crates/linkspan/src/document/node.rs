//! A value in the tree, with its key, its place, and the way to it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value of a TOML file. Cheap to copy; gives `None` for everything that is not there or of another type, so
/// checks say what they look for and pass over what the structure check has reported already.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    value: Value<'a>,
    key: Option<&'a Spanned<std::borrow::Cow<'a, str>>>,
}

/// A place of one tree, as long as the tree lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(usize);

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Root(&'a DeTable<'a>),
    Inner(&'a Spanned<DeValue<'a>>),
}

impl<'a> Node<'a> {
    pub(super) fn root(table: &'a DeTable<'a>) -> Self {
        Node { value: Value::Root(table), key: None }
    }

    /// The value itself; `None` for the whole file.
    pub fn value(self) -> Option<&'a DeValue<'a>> {
        match self.value {
            Value::Root(_) => None,
            Value::Inner(value) => Some(value.get_ref()),
        }
    }

    /// The table, if it is one.
    pub fn table(self) -> Option<&'a DeTable<'a>> {
        match self.value {
            Value::Root(table) => Some(table),
            Value::Inner(value) => value.get_ref().as_table(),
        }
    }

    /// The text, if it is one.
    pub fn text(self) -> Option<&'a str> {
        self.value()?.as_str()
    }

    /// The whole number, if it is one that fits.
    pub fn integer(self) -> Option<i64> {
        let integer = self.value()?.as_integer()?;
        i64::from_str_radix(integer.as_str(), integer.radix()).ok()
    }

    /// Whether it is `true`.
    pub fn is_true(self) -> bool {
        self.value().and_then(DeValue::as_bool) == Some(true)
    }

    /// The member `key` of a table.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        let (key, value) = self.table()?.get_key_value(key)?;
        Some(Node { value: Value::Inner(value), key: Some(key) })
    }

    /// The member's text.
    pub fn text_of(self, key: &str) -> Option<&'a str> {
        self.get(key)?.text()
    }

    /// The members of a table, none for everything else.
    pub fn members(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.table()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.get_ref().as_ref(), Node { value: Value::Inner(value), key: Some(key) }))
    }

    /// The members of the table under `key`, none if there is none.
    pub fn members_of(self, key: &str) -> impl Iterator<Item = (&'a str, Node<'a>)> + use<'a> {
        self.get(key).into_iter().flat_map(Node::members)
    }

    /// The items of a list, none for everything else.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        let list = self.value().and_then(DeValue::as_array);
        list.into_iter()
            .flat_map(|list| list.iter())
            .map(|item| Node { value: Value::Inner(item), key: None })
    }

    /// The items of the list under `key`, none if there is none.
    pub fn items_of(self, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.get(key).into_iter().flat_map(Node::items)
    }

    /// Place of the value: for `[a.b]` its header, for a table made by dotted keys its key, for the file its
    /// start.
    pub fn span(self) -> Range<usize> {
        match self.value {
            Value::Root(_) => 0..0,
            Value::Inner(value) => value.span(),
        }
    }

    /// Place of the key; of the value where there is none.
    pub fn key_span(self) -> Range<usize> {
        self.key.map_or_else(|| self.span(), Spanned::span)
    }

    /// Which place of the tree this is.
    pub fn id(self) -> NodeId {
        NodeId(match self.value {
            Value::Root(table) => std::ptr::from_ref(table).addr(),
            Value::Inner(value) => std::ptr::from_ref(value).addr(),
        })
    }

    /// What kind of value this is, as a person calls it.
    pub fn kind(self) -> &'static str {
        match self.value() {
            None | Some(DeValue::Table(_)) => "a table",
            Some(DeValue::String(_)) => "text",
            Some(DeValue::Integer(_)) => "a whole number",
            Some(DeValue::Float(_)) => "a decimal number",
            Some(DeValue::Boolean(_)) => "true/false",
            Some(DeValue::Datetime(_)) => "a date or time",
            Some(DeValue::Array(_)) => "a list",
        }
    }
}
