//! A closed, pure subset of Python expressions: compiled once, evaluated on borrowed JSON.
//!
//! The same text also runs as Python, with `python/linkspan_expr.py` as its prelude. Both give the same value,
//! of the same type, or refuse with the same exception; `tests/it/differential.rs` holds them together.
//!
//! Where this engine refuses and Python would not ([`ErrorKind::Limit`]): whole numbers beyond 64 bits,
//! floats that are not finite, decimals beyond 34 digits, texts and lists beyond a size, too many steps, and
//! a few rare operations, each with a message of its own.
//!
//! Known differences, all outside of what records hold: two members of an object with the same name; `-0` as
//! a JSON number is a float here; letters and digits added to Unicode after version 13; `sum()` of floats from
//! Python 3.12 on, which may differ in the last digit (sum decimals instead).

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
