//! The public face: compile once, evaluate on every record.

use std::fmt;
use std::sync::Arc;

use crate::compile;
use crate::error::{CompileError, EvalError};
use crate::evaluate::Scope;
use crate::ir::Node;
use crate::json::Json;
use crate::paths::{Path, PathKey};
use crate::value::Value;

/// A compiled expression. Cloning shares it; threads may evaluate it at the same time.
///
/// ```
/// use pyexpr::{Expression, Json};
///
/// let expression = Expression::compile("decimal(record['price']) * 2", &["record"])?;
/// let record = Json::parse(br#"{"price": "149.00"}"#)?;
/// assert_eq!(expression.evaluate(&[&record])?.to_string(), "298.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Expression {
    inner: Arc<Inner>,
}

struct Inner {
    text: String,
    names: usize,
    root: Node,
    /// How many variables its comprehensions have.
    slots: usize,
    paths: Vec<Path>,
}

impl Expression {
    /// Compiles `text`, which may use the free `names`. Takes some microseconds.
    ///
    /// The error's range is in bytes of `text`.
    pub fn compile(text: &str, names: &[&str]) -> Result<Expression, CompileError> {
        let compile::Lowered { root, slots, paths } = compile::compile(text, names)?;
        let inner = Inner { text: text.to_owned(), names: names.len(), root, slots, paths };
        Ok(Expression { inner: Arc::new(inner) })
    }

    /// The value for these inputs, given in the order of the names; more than there are names may be given.
    ///
    /// Evaluation ends for every input: work and sizes are bounded, and what exceeds the bounds is an error
    /// ([`ErrorKind::Limit`](crate::ErrorKind::Limit)), as is a missing input.
    pub fn evaluate<'r>(&'r self, inputs: &[&'r Json<'r>]) -> Result<Value<'r>, EvalError> {
        if inputs.len() < self.inner.names {
            let message = format!("{} values are needed, {} are given", self.inner.names, inputs.len());
            let what = self.inner.text.clone();
            return Err(EvalError { kind: crate::ErrorKind::Limit, message, what, value: None });
        }
        Scope::new(inputs, self.inner.slots).value(&self.inner.root).map_err(|failure| {
            let parts = *failure.0;
            let (start, end) =
                parts.span.map_or((0, self.inner.text.len()), |(a, b)| (a as usize, b as usize));
            let what = self.inner.text.get(start..end).unwrap_or(&self.inner.text).to_owned();
            EvalError { kind: parts.kind, message: parts.message, what, value: parts.value }
        })
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The constant paths it reads, each as long as it is constant: `record['billing']['country']`.
    pub fn paths(&self) -> &[Path] {
        &self.inner.paths
    }

    /// The members it reads directly of the input `name`, each once: `state` for `odoo['state']`.
    pub fn field_names_of(&self, name: &str) -> Vec<String> {
        let mut fields = Vec::new();
        for path in self.inner.paths.iter().filter(|path| path.name == name) {
            if let Some(PathKey::Name(field)) = path.steps.first().map(|step| &step.key)
                && !fields.contains(field)
            {
                fields.push(field.clone());
            }
        }
        fields
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.inner.text).finish()
    }
}
