//! Integration tests of the program.

mod adapter;
mod config;
mod definition;
mod kill;
mod store;
mod support;
