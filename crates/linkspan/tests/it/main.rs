//! Integration tests of the program.

mod store;
mod support;
