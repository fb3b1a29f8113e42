//! Integration tests of the program.

mod definition;
mod store;
mod support;
mod adapter;
