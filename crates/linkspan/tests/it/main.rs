//! Integration tests of the program.

mod adapter;
mod config;
mod definition;
mod store;
mod support;
mod woocommerce;
