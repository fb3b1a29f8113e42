//! The constant paths an expression reads, for checks against sample records.

use std::fmt;

/// A chain of constant subscripts: `record['lines'][0]['sku']`.
///
/// Inside a comprehension over a path the variable stands for [`PathKey::Each`] item of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The free name it starts at, such as `record`.
    pub name: String,
    /// Where it goes from there; never empty in `Expression::paths`.
    pub steps: Vec<Step>,
}

/// One subscript of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is asked for.
    pub key: PathKey,
    /// True for `.get('key')`, which does not mind when it is absent.
    pub optional: bool,
}

/// What a [`Step`] asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathKey {
    /// The member of an object.
    Name(String),
    /// The item of a list; negative numbers count from the end.
    Index(i64),
    /// Every item of a list.
    Each,
}

/// As it is written in Python, and `[*]` for every item.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for step in &self.steps {
            match (&step.key, step.optional) {
                (PathKey::Name(name), false) => write!(f, "['{name}']")?,
                (PathKey::Name(name), true) => write!(f, ".get('{name}')")?,
                (PathKey::Index(index), _) => write!(f, "[{index}]")?,
                (PathKey::Each, _) => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}
