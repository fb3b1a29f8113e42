//! The shipped WooCommerce definition against what a real shop sent: every recorded order, product, customer and
//! category is a case.

mod catalogue;
mod history;
mod import;
mod lines;
mod oddities;
mod orders;
mod recorded;
mod shop;
