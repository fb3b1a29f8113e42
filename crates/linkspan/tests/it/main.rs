//! Integration tests of the program.

mod adapter;
mod definition;
mod store;
mod support;
