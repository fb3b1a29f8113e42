//! The sandbox over real loopback connections.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod shop;
