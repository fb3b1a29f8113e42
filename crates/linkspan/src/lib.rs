//! Linkspan

pub mod store;
