//! Integration tests of the program.

mod config;
mod definition;
mod store;
mod support;
mod adapter;
