//! What a sync does and what it leaves alone.

mod adopting;
mod choosing;
mod graphql;
mod lines;
mod planning;
mod prestashop;
mod repeating;
mod tagging;
