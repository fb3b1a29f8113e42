//! The WooCommerce shop.

mod client;
mod lists;
mod replay;
