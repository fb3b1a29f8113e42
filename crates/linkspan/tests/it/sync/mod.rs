//! What a sync does and what it leaves alone.

mod adopting;
mod choosing;
mod dead_links;
mod fetch_each;
mod graphql;
mod left_to_odoo;
mod lines;
mod planning;
mod prestashop;
mod repeating;
mod tagging;
mod walking;
