//! Linkspan

pub mod config;
pub mod connectors;
pub mod definition;
pub mod diagnostic;
pub mod document;
pub mod store;
