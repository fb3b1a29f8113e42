//! What a sync does and what it leaves alone.

mod adopting;
mod choosing;
mod fetch_each;
mod graphql;
mod lines;
mod planning;
mod prestashop;
mod repeating;
mod tagging;
