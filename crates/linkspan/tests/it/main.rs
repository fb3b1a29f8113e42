//! Integration tests of the program.
#![allow(clippy::print_stdout, reason = "a test with random moments prints its seed and what it did")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod adapter;
mod add;
mod addons;
mod bad_input;
mod cli;
mod config;
mod dashboard;
mod definition;
mod docs;
mod export;
mod http_server;
mod init;
mod inside;
mod kill;
mod lint;
mod live;
mod mapping;
mod secrets;
mod service;
mod store;
mod support;
mod sync;
mod verify;
mod webhook;
mod woocommerce;
