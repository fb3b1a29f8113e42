//! Linkspan connects any external system to Odoo 16.0 to 19.0 from one connector definition.
//!
//! `ARCHITECTURE.md` tells the way of a record; [`sync`] is the folder to start reading.

pub mod adapter;
mod backend;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod dashboard;
pub mod definition;
pub mod diagnostic;
pub mod document;
mod epoch;
pub mod http_server;
pub mod mapping;
pub mod module;
pub mod operations;
pub mod queue;
pub mod service;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod webhook;
