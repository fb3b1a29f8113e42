//! The WooCommerce shop.

mod changes;
mod client;
mod generated;
mod lists;
mod misbehaviour;
mod replay;
mod webhooks;
mod writes;
