//! Linkspan connects any external system to Odoo 16.0 to 19.0 from one connector definition.

pub mod adapter;
pub mod definition;
