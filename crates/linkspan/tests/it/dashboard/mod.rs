//! The dashboard: a real server on loopback with a real store.

mod acting;
mod guarding;
mod hostile;
mod reading;
mod signing_in;
mod site;
