//! An Odoo to run against: in process or in a process of its own, over the real protocols, with faults on request.
//!
//! What it claims about Odoo is run against a real one by the same checks (`tests/conformance`). A request goes through
//! `wire/` (envelopes, sign-in) to `methods.rs`, which works on records with `orm/`, `load/` and `business/`; those
//! follow the tables of `schema/` and keep records in `database.rs`.

mod accounts;
mod business;
mod database;
mod error;
mod inspect;
mod load;
mod messages;
mod methods;
mod orm;
mod pack;
mod schema;
mod seed;
mod server;
mod spec;
mod table;
mod value;
mod wire;

pub use server::{Odoo, RunningOdoo};
pub use spec::{Apps, OdooSpec, Rights, Series, TaxSpec, UserSpec};
