//! Integration tests of the program.

mod adapter;
mod config;
mod definition;
mod docs;
mod kill;
mod store;
mod support;
