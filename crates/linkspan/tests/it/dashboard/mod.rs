//! The dashboard: a real server on loopback with a real store.

mod acting;
mod api;
mod browser;
pub(crate) mod guarding;
mod hostile;
mod reading;
mod signing_in;
pub(crate) mod site;
