//! Linkspan connects any external system to Odoo 16.0 to 19.0 from one connector definition.
//!
//! `ARCHITECTURE.md` tells the way of a record; [`sync`] is the folder to start reading.

pub mod adapter;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod dashboard;
pub mod definition;
pub mod diagnostic;
pub mod document;
pub mod mapping;
pub mod module;
pub mod operations;
pub mod store;
pub mod sync;
