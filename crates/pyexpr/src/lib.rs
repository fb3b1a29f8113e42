//! A closed, pure subset of Python expressions: compiled once, evaluated on borrowed JSON.
//!
//! The same text also runs as Python, with `python/linkspan_expr.py` as its prelude. Both give the same value,
//! of the same type, or refuse with the same exception; `tests/it/differential.rs` holds them together.
//!
//! The language, its bounds ([`ErrorKind::Limit`]) and the known differences from CPython are in `README.md`.

mod compare;
mod compile;
mod dates;
mod decimal;
mod error;
mod evaluate;
mod expression;
mod format;
mod html;
mod ir;
mod json;
mod number;
mod paths;
mod repr;
mod unicode;
mod value;
mod vocabulary;

pub use decimal::{Decimal, DecimalError, Rounding};
pub use error::{CompileError, ErrorKind, EvalError};
pub use expression::Expression;
pub use html::html_to_text;
pub use json::{Json, Object};
pub use paths::{Path, PathKey, Step};
pub use value::Value;
