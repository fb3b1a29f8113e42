//! Integration tests, one module for each subject.
#![allow(clippy::unwrap_used, missing_docs)]

mod bounds;
mod cases;
mod differential;
mod generate;
mod interface;
mod json;
mod refusals;
