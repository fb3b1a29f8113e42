//! Integration tests of the program.

mod adapter;
mod config;
mod definition;
mod docs;
mod store;
mod support;
