//! The WooCommerce shop.

mod client;
mod lists;
