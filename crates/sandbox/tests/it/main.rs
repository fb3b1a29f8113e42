//! The sandbox over real loopback connections.

mod shop;
