//! The connector definition: parse, model, check.

pub mod entity;
pub mod model;
