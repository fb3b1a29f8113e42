//! Integration tests of the program.

mod adapter;
mod definition;
mod kill;
mod store;
mod support;
