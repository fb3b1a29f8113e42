//! Against a real Odoo: `cargo test -p linkspan --test it live -- --ignored`.
//!
//! `LINKSPAN_ODOO_URL`, `LINKSPAN_ODOO_DB`, `LINKSPAN_ODOO_LOGIN`, `LINKSPAN_ODOO_SECRET` name it; take a database for
//! tests, the records stay there. `LINKSPAN_KILLS` says how many kills (default 10).

mod demo;
mod exports;
mod kills;
pub(crate) mod real;
