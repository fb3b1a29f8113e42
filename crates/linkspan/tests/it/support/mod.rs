//! What several tests need.

pub(crate) mod axe;
pub(crate) mod connector;
pub(crate) mod edit;
pub(crate) mod kept;
pub(crate) mod memory;
pub(crate) mod odoo_bin;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod records;
pub(crate) mod relay;
pub(crate) mod session;
pub(crate) mod tags;
pub(crate) mod webdriver;
pub(crate) mod world;
