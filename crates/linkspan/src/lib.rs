//! Linkspan connects any external system to Odoo 16.0 to 19.0 from one connector definition.

pub mod config;
pub mod connectors;
pub mod definition;
pub mod diagnostic;
pub mod document;
