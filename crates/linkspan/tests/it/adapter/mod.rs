//! The adapter against real servers on loopback.

mod shop;
mod walking;
