//! A WooCommerce shop and an Odoo to run against: in process, on loopback, with faults on request.

mod faults;
pub mod odoo;
pub mod serve;
pub mod shop;

pub use faults::{Fault, Faults};
