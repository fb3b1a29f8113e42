//! Odoo modules: checked by [`lint`], edited by [`edit`].

pub mod edit;
pub mod lint;
