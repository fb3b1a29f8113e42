//! A closed, pure subset of Python expressions: compiled once, evaluated on borrowed JSON.

mod json;

pub use json::{Json, Object};
