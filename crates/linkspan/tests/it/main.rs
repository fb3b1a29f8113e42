//! Integration tests of the program.

mod adapter;
mod config;
mod definition;
mod mapping;
mod store;
mod support;
mod woocommerce;
